package calendars

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-webdav/caldav"
)

const maxCollections = 30 // calendars of one server

// Collection is one calendar of a CalDAV server.
type Collection struct {
	Path string `json:"path"`
	Name string `json:"name"`
}

// Discover lists the calendars of a CalDAV server, from which Connect can be told to take some.
func (s *Service) Discover(ctx context.Context, c Caller, n NewCalendar) ([]Collection, error) {
	if err := s.allow(c); err != nil {
		return nil, err
	}
	if n.Kind != CalDAV {
		return nil, fault("kind", string(n.Kind), "is not caldav")
	}
	if err := n.check(); err != nil {
		return nil, err
	}
	var all []Collection
	err := s.fetching(ctx, func(ctx context.Context) (err error) {
		own := n.credentials()
		_, all, err = s.connector("", CalDAV, &own).(*caldavConnector).discover(ctx)
		return err
	})
	if err != nil {
		return nil, problemOf(err)
	}
	return all, nil
}

// caldavConnector asks a server for what happens in a time (RFC 4791).
type caldavConnector struct {
	f           fetcher
	url         string
	collections []string // paths; none: all
	links       links
}

// statusKeeper remembers the worst status, which the library's errors do not all tell.
type statusKeeper struct {
	f      fetcher
	failed error
}

func (k *statusKeeper) Do(r *http.Request) (*http.Response, error) {
	answer, err := k.f.Do(r)
	if err != nil {
		k.failed = err
		return nil, err
	}
	k.failed = judge(answer.StatusCode)
	return answer, nil
}

// discover finds the calendars: from the address that was given, or where the server says that its service is (RFC 6764).
func (c *caldavConnector) discover(ctx context.Context) (*url.URL, []Collection, error) {
	base, err := url.Parse(c.url)
	if err != nil {
		return nil, nil, fmt.Errorf("read the address: %w", err)
	}
	found, err := c.calendarsAt(ctx, base)
	var failed *ConnectError
	if errors.As(err, &failed) && (failed.Problem == ProblemNotFound || failed.Problem == ProblemServer || failed.Problem == ProblemFormat) {
		if elsewhere, known := c.wellKnown(ctx, base); known != nil {
			return base, nil, err
		} else if more, known := c.calendarsAt(ctx, elsewhere); known == nil {
			return elsewhere, more, nil
		}
	}
	return base, found, err
}

func (c *caldavConnector) calendarsAt(ctx context.Context, base *url.URL) ([]Collection, error) {
	keeper := &statusKeeper{f: c.f}
	explain := func(err error, what string) error {
		if keeper.failed != nil {
			return keeper.failed
		}
		return problem(ProblemFormat, err, "the server does not %s as CalDAV has it", what)
	}
	client, err := caldav.NewClient(keeper, base.String())
	if err != nil {
		return nil, fmt.Errorf("read the address: %w", err)
	}
	principal, err := client.FindCurrentUserPrincipal(ctx)
	if err != nil {
		return nil, explain(err, "say who has signed in")
	}
	home, err := client.FindCalendarHomeSet(ctx, principal)
	if err != nil {
		return nil, explain(err, "say where the user's calendars are")
	}
	all, err := client.FindCalendars(ctx, home)
	if err != nil {
		return nil, explain(err, "list the user's calendars")
	}
	var found []Collection
	for _, one := range all {
		if len(one.SupportedComponentSet) > 0 && !slices.Contains(one.SupportedComponentSet, "VEVENT") || len(found) == maxCollections {
			continue // tasks, for instance
		}
		name := one.Name
		if name == "" {
			name = strings.Trim(one.Path, "/")
		}
		found = append(found, Collection{one.Path, trim(name)})
	}
	return found, nil
}

// wellKnown asks where the service is, which the server answers with a redirect.
func (c *caldavConnector) wellKnown(ctx context.Context, base *url.URL) (*url.URL, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, base.ResolveReference(&url.URL{Path: "/.well-known/caldav"}).String(), nil)
	if err != nil {
		return nil, err
	}
	still := *c.f.client
	still.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	answer, err := fetcher{&still, c.f.user, c.f.password}.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	where, err := answer.Location()
	if err != nil || where.Host != base.Host || where.Scheme != base.Scheme { // the password goes nowhere else
		return nil, problem(ProblemNotFound, err, "the server does not say where its calendars are")
	}
	return where, nil
}

func (c *caldavConnector) Events(ctx context.Context, from, to time.Time) ([]Entry, error) {
	base, paths := (*url.URL)(nil), c.collections
	if len(paths) == 0 {
		at, found, err := c.discover(ctx)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, problem(ProblemNotFound, nil, "the user has no calendar there")
		}
		base = at
		for _, one := range found {
			paths = append(paths, one.Path)
		}
	} else {
		at, err := url.Parse(c.url)
		if err != nil {
			return nil, fmt.Errorf("read the address: %w", err)
		}
		base = at
	}
	var entries []Entry
	for _, path := range paths {
		texts, err := c.report(ctx, base, path, from, to)
		if err != nil {
			return nil, err
		}
		var events []*event
		for _, text := range texts {
			some, err := parse(text, from.Location(), c.links)
			if err == nil { // one that can't be read does not hide the others
				events = append(events, some...)
			}
		}
		some, err := expand(events, from, to)
		if err != nil {
			return nil, err
		}
		entries = append(entries, some...)
	}
	return entries, nil
}

// multistatus is what of an answer to a REPORT counts (RFC 4918 section 14.16).
type multistatus struct {
	XMLName   xml.Name `xml:"DAV: multistatus"`
	Responses []struct {
		Data []string `xml:"propstat>prop>calendar-data"`
	} `xml:"DAV: response"`
}

// report asks for the events of a calendar in a time. The library's own query fails as a whole if one event is garbled.
func (c *caldavConnector) report(ctx context.Context, base *url.URL, path string, from, to time.Time) ([]string, error) {
	const stamp = "20060102T150405Z"
	// All-day events are days of somebody's zone.
	start, end := from.UTC().Add(-24*time.Hour).Format(stamp), to.UTC().Add(24*time.Hour).Format(stamp)
	query := `<?xml version="1.0" encoding="utf-8"?><C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">` +
		`<D:prop><D:getetag/><C:calendar-data/></D:prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">` +
		`<C:time-range start="` + start + `" end="` + end + `"/></C:comp-filter></C:comp-filter></C:filter></C:calendar-query>`
	request, err := http.NewRequestWithContext(ctx, "REPORT", base.ResolveReference(&url.URL{Path: path}).String(), bytes.NewReader([]byte(query)))
	if err != nil {
		return nil, fmt.Errorf("ask for a calendar: %w", err)
	}
	request.Header.Set("Content-Type", `application/xml; charset="utf-8"`)
	request.Header.Set("Depth", "1")
	answer, err := c.f.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if err := judge(answer.StatusCode); err != nil {
		return nil, err
	}
	var all multistatus
	if err := xml.NewDecoder(answer.Body).Decode(&all); err != nil {
		var known *ConnectError
		if errors.As(err, &known) {
			return nil, err
		}
		return nil, problem(ProblemFormat, err, "the server does not answer as CalDAV has it")
	}
	var texts []string
	for _, r := range all.Responses {
		for _, data := range r.Data {
			if strings.TrimSpace(data) != "" {
				texts = append(texts, data)
			}
		}
	}
	return texts, nil
}
