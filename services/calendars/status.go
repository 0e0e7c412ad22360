package calendars

import (
	"context"
	"slices"
	"time"

	"switchyard/access"
)

const (
	// maxStatuses bounds what is remembered of readings.
	maxStatuses = 20_000
	// refreshPause is how long a reading counts for somebody who asks for another one: whoever clicks
	// again and again troubles nobody else's server with it.
	refreshPause = 10 * time.Second
)

// Status is what came of reading a calendar the last time. It is in memory only: after a start there is
// none until a calendar is read again.
type Status struct {
	At      time.Time `json:"at"`
	Problem Problem   `json:"problem,omitempty"` // "": it could be read
	Text    string    `json:"text,omitempty"`
}

// note remembers how a reading went.
func (s *Service) note(id string, err *ConnectError) {
	now := Status{At: s.now().UTC().Truncate(time.Microsecond)}
	if err != nil {
		now.Problem, now.Text = err.Problem, err.Text
	}
	s.statuses.put(key{calendar: id}, now, 1, time.Time{}) // it does not get old: it says when it was
}

// status is how the last reading of a calendar went; nil: it was not read since the start.
func (s *Service) status(id string) *Status {
	if last, there, _ := s.statuses.get(key{calendar: id}, time.Time{}); there {
		return &last
	}
	return nil
}

// Refresh reads a calendar now, whatever is remembered of it, and tells how that went. access.ErrNotFound.
func (s *Service) Refresh(ctx context.Context, c Caller, id string) (Calendar, error) {
	if err := s.allow(c); err != nil {
		return Calendar{}, err
	}
	rows, err := s.rows(ctx, c)
	if err != nil {
		return Calendar{}, err
	}
	i := slices.IndexFunc(rows, func(r calendarRow) bool { return r.ID == id })
	if i < 0 {
		return Calendar{}, access.ErrNotFound
	}
	if last := s.status(id); last == nil || s.now().Sub(last.At) >= refreshPause {
		s.results.drop(id)
		s.files.drop(id)
		s.read(ctx, &rows[i], s.now(), s.now().AddDate(0, 1, 0))
	}
	if ctx.Err() != nil {
		return Calendar{}, ctx.Err()
	}
	rows[i].Last = s.status(id)
	return rows[i].Calendar, nil
}
