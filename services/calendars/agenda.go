package calendars

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// MaxEntries bounds what an agenda holds.
	MaxEntries = 1000
	// MaxSpan bounds the time that it is about.
	MaxSpan = 93 * 24 * time.Hour

	freshness        = 5 * time.Minute
	failureFreshness = time.Minute      // before a server that failed is asked again
	sizeFreshness    = 30 * time.Minute // before a calendar that is too much work is read again
	maxCachedEntries = 200_000
	maxCachedBytes   = 64 << 20
)

// Entry is something that happens, as a calendar elsewhere says.
type Entry struct {
	Calendar  string    `json:"calendar"` // id of the connection
	UID       string    `json:"uid"`      // of the event there; occurrences share it
	Title     string    `json:"title"`
	Start     time.Time `json:"start"`
	End       time.Time `json:"end"`
	AllDay    bool      `json:"all_day"` // start and end are midnights
	Location  string    `json:"location,omitempty"`
	Link      string    `json:"link,omitempty"`      // to the meeting
	LinkKind  LinkKind  `json:"link_kind,omitempty"` // own, foreign
	Number    string    `json:"number,omitempty"`    // of an own meeting
	Organiser string    `json:"organiser,omitempty"`
}

// CalendarError says why a calendar's entries are not in an agenda.
type CalendarError struct {
	Calendar string  `json:"calendar"`
	Name     string  `json:"name"`
	Problem  Problem `json:"problem"`
	Text     string  `json:"text"`
}

// Agenda is what all calendars of somebody say.
type Agenda struct {
	Entries   []Entry         `json:"entries"` // by start
	Errors    []CalendarError `json:"errors"`
	Truncated bool            `json:"truncated"` // there is more than MaxEntries
}

// result is what a fetch came to.
type result struct {
	entries []Entry
	err     *ConnectError
}

// Agenda merges what the caller's calendars say of a time. All-day events, and times that name no zone, are those of from's
// location, which should be the caller's. A calendar that fails is an entry in Errors.
func (s *Service) Agenda(ctx context.Context, c Caller, from, to time.Time) (Agenda, error) {
	if err := s.allow(c); err != nil {
		return Agenda{}, err
	}
	switch span := to.Sub(from); {
	case span <= 0:
		return Agenda{}, fault("to", to.Format(time.RFC3339), "is not after from")
	case span > MaxSpan:
		return Agenda{}, fault("to", to.Format(time.RFC3339), "is more than %d days after from", MaxSpan/24/time.Hour)
	}
	rows, err := s.rows(ctx, c)
	if err != nil {
		return Agenda{}, err
	}
	results := make([]result, len(rows))
	room := make(chan struct{}, maxOfOne)
	var all sync.WaitGroup
	for i := range rows {
		all.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			results[i] = s.read(ctx, &rows[i], from, to)
		})
	}
	all.Wait()
	if ctx.Err() != nil {
		return Agenda{}, ctx.Err()
	}
	a := Agenda{Entries: []Entry{}, Errors: []CalendarError{}}
	for i, r := range results {
		if r.err != nil {
			a.Errors = append(a.Errors, CalendarError{rows[i].ID, rows[i].Name, r.err.Problem, r.err.Text})
			continue
		}
		for _, e := range r.entries {
			if overlaps(e.Start, e.End, from, to) {
				e.Calendar = rows[i].ID
				a.Entries = append(a.Entries, e)
			}
		}
	}
	slices.SortFunc(a.Entries, func(x, y Entry) int {
		return cmp.Or(x.Start.Compare(y.Start), x.End.Compare(y.End), strings.Compare(x.UID, y.UID), strings.Compare(x.Calendar, y.Calendar))
	})
	if len(a.Entries) > MaxEntries {
		a.Entries, a.Truncated = a.Entries[:MaxEntries], true
	}
	return a, nil
}

// overlaps: what ends when the other begins does not; what takes no time counts where it starts.
func overlaps(start, end, from, to time.Time) bool {
	return start.Before(to) && (end.After(from) || !start.Before(from))
}

// read reads whole days, so that what was asked a minute later is the same, and remembers them for a while.
func (s *Service) read(ctx context.Context, r *calendarRow, from, to time.Time) result {
	zone := from.Location()
	y, m, d := from.Date()
	first := time.Date(y, m, d, 0, 0, 0, 0, zone)
	y, m, d = to.In(zone).Date()
	last := time.Date(y, m, d+1, 0, 0, 0, 0, zone)
	k := key{r.ID, fmt.Sprintf("%d %d %s", first.Unix(), last.Unix(), zone)}
	if known, there, fresh := s.results.get(k, s.now()); there && fresh {
		return known
	}
	var fetched result
	err := s.fetching(ctx, func(ctx context.Context) error {
		own, err := s.open(r.ID, r.sealed)
		if err != nil {
			return err
		}
		fetched.entries, err = s.connector(r.ID, r.Kind, &own).Events(ctx, first, last)
		return err
	})
	if ctx.Err() != nil {
		return result{err: &ConnectError{ProblemTimeout, "nobody waits for it any more", ctx.Err()}}
	}
	fresh := freshness
	if err != nil {
		fetched = result{err: problemOf(err)}
		fresh = failureFreshness
		switch fetched.err.Problem {
		case ProblemSignIn:
			fresh = freshness // trying a wrong password often locks accounts
		case ProblemSize:
			fresh = sizeFreshness
		}
		if !errors.Is(err, context.Canceled) {
			s.deps.Log.Info("a calendar could not be read", "calendar", r.ID, "problem", string(fetched.err.Problem), "error", fetched.err.Text)
		}
	}
	s.note(r.ID, fetched.err)
	s.results.put(k, fetched, 1+len(fetched.entries), s.now().Add(fresh))
	return fetched
}
