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
	// refreshPause is how long a reading counts, from when it began, for somebody who asks for another
	// one: whoever clicks again and again troubles nobody else's server with it.
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

// Refresh reads a calendar now, though what is remembered of it may still be fresh, and tells how that went, or how it went before if that
// was just now or the sign-in failed not long ago. Who asks while it is being read waits for that. access.ErrNotFound.
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
	done, others := s.beginRefresh(id)
	switch {
	case done != nil:
		defer done()
		s.results.drop(id)
		s.files.drop(id)
		s.read(ctx, &rows[i], s.now(), s.now().AddDate(0, 1, 0))
	case others != nil:
		select {
		case <-others:
		case <-ctx.Done():
		}
	}
	if ctx.Err() != nil {
		return Calendar{}, ctx.Err()
	}
	rows[i].Last = s.status(id)
	return rows[i].Calendar, nil
}

// beginRefresh returns done if the calendar is to be read now, or what is closed when the reading that goes on ends; neither if it
// is too early for another one.
func (s *Service) beginRefresh(id string) (done func(), others <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if going := s.reading[id]; going != nil {
		return nil, going
	}
	now := s.now()
	if last := s.status(id); last != nil && (now.Sub(last.At) < refreshPause || s.locked(last)) {
		return nil, nil
	}
	// Nobody may have waited for the last one, which has no status then.
	if began, there, _ := s.began.get(key{calendar: id}, now); there && now.Sub(began) < refreshPause {
		return nil, nil
	}
	s.began.put(key{calendar: id}, now, 1, time.Time{})
	ended := make(chan struct{})
	s.reading[id] = ended
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.reading, id)
		close(ended)
	}, nil
}

// locked reports whether a calendar is left alone since its password was refused: trying a wrong one often locks accounts. It
// cannot be changed here, only connected anew, as another calendar.
func (s *Service) locked(last *Status) bool {
	return last.Problem == ProblemSignIn && s.now().Sub(last.At) < freshness
}
