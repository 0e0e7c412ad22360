package calendars

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// tokenSource gives what lets one in at Graph.
type tokenSource interface {
	Token(ctx context.Context) (string, error)
	// Refused: the token that was given is not good any more.
	Refused()
}

// graphConnector reads Microsoft 365. The server expands recurrences.
type graphConnector struct {
	f      fetcher
	base   string
	tokens tokenSource
	links  links
}

// graphTime is a time in the zone that was asked for, UTC.
type graphTime struct {
	DateTime string `json:"dateTime"`
}

func (t graphTime) time() (time.Time, error) {
	return time.Parse("2006-01-02T15:04:05.999999999", strings.TrimSuffix(t.DateTime, "Z"))
}

type graphEvent struct {
	UID         string    `json:"iCalUId"`
	Subject     string    `json:"subject"`
	Start       graphTime `json:"start"`
	End         graphTime `json:"end"`
	IsAllDay    bool      `json:"isAllDay"`
	IsCancelled bool      `json:"isCancelled"`
	Location    struct {
		DisplayName string `json:"displayName"`
	} `json:"location"`
	Organizer struct {
		EmailAddress struct {
			Name    string `json:"name"`
			Address string `json:"address"`
		} `json:"emailAddress"`
	} `json:"organizer"`
	OnlineMeeting struct {
		JoinURL string `json:"joinUrl"`
	} `json:"onlineMeeting"`
	OnlineMeetingURL string `json:"onlineMeetingUrl"`
	Body             struct {
		Content string `json:"content"`
	} `json:"body"`
}

const (
	graphFields = "iCalUId,subject,start,end,isAllDay,isCancelled,location,organizer,onlineMeeting,onlineMeetingUrl,body"
	graphPage   = "100"
	maxPages    = 50
)

func (c *graphConnector) Events(ctx context.Context, from, to time.Time) ([]Entry, error) {
	query := url.Values{
		// A day more on both sides: all-day events are days of somebody's zone.
		"startDateTime": {from.UTC().Add(-24 * time.Hour).Format(time.RFC3339)}, "endDateTime": {to.UTC().Add(24 * time.Hour).Format(time.RFC3339)},
		"$select": {graphFields}, "$top": {graphPage}, "$orderby": {"start/dateTime"},
	}
	next := c.base + "/me/calendarView?" + query.Encode()
	var entries []Entry
	for range maxPages {
		var page struct {
			Value []graphEvent `json:"value"`
			Next  string       `json:"@odata.nextLink"`
		}
		if err := c.get(ctx, next, &page); err != nil {
			return nil, err
		}
		for i := range page.Value {
			if e, ok := c.entry(&page.Value[i], from.Location()); ok && overlaps(e.Start, e.End, from, to) {
				entries = append(entries, e)
			}
		}
		if page.Next == "" || len(entries) > maxExpanded {
			return entries, nil
		}
		if !strings.HasPrefix(page.Next, c.base+"/") { // the token goes nowhere else
			return nil, problem(ProblemFormat, nil, "the server's next page is somewhere else")
		}
		next = page.Next
	}
	return entries, nil
}

func (c *graphConnector) entry(g *graphEvent, local *time.Location) (Entry, bool) {
	start, err := g.Start.time()
	if err != nil || g.IsCancelled {
		return Entry{}, false
	}
	end, err := g.End.time()
	if err != nil || end.Before(start) {
		end = start
	}
	if g.IsAllDay {
		start = time.Date(start.Year(), start.Month(), start.Day(), 0, 0, 0, 0, local)
		end = time.Date(end.Year(), end.Month(), end.Day(), 0, 0, 0, 0, local)
	}
	e := Entry{UID: g.UID, Title: trim(g.Subject), Start: start, End: end, AllDay: g.IsAllDay, Location: trim(g.Location.DisplayName), Organiser: trim(g.Organizer.EmailAddress.Name)}
	if e.Organiser == "" {
		e.Organiser = trim(g.Organizer.EmailAddress.Address)
	}
	var meant []string
	for _, link := range []string{g.OnlineMeeting.JoinURL, g.OnlineMeetingURL} {
		if link != "" {
			meant = append(meant, link)
		}
	}
	// The body is HTML, in which addresses have their & escaped.
	e.Link, e.LinkKind, e.Number = c.links.find(meant, []string{g.Location.DisplayName, strings.ReplaceAll(g.Body.Content, "&amp;", "&")})
	return e, true
}

// get asks once more with another token if the one it had is refused.
func (c *graphConnector) get(ctx context.Context, address string, into any) error {
	for try := 0; ; try++ {
		token, err := c.tokens.Token(ctx)
		if err != nil {
			return err
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return fmt.Errorf("ask for a calendar: %w", err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		request.Header.Set("Prefer", `outlook.timezone="UTC"`)
		answer, err := c.f.Do(request)
		if err != nil {
			return err
		}
		if answer.StatusCode == http.StatusUnauthorized && try == 0 {
			answer.Body.Close()
			c.tokens.Refused()
			continue
		}
		defer answer.Body.Close()
		if err := judge(answer.StatusCode); err != nil {
			return err
		}
		if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
			return problemOf(err)
		}
		return nil
	}
}
