package meetings

import (
	"context"
	"slices"
	"time"

	"switchyard/access"
)

// maxWaiting is how many may wait for one meeting.
const maxWaiting = 500

// Knock is somebody who waits for a meeting.
type Knock struct {
	Identity string    `json:"identity"`
	Name     string    `json:"name"`
	User     bool      `json:"user"`                            // has an account in the organisation
	Reason   string    `json:"reason" enum:"host,lobby,locked"` // host: none has been there yet; lobby; locked
	Since    time.Time `json:"since"`
}

// waiter is somebody at the door. What is below the line is guarded by Service.mu.
type waiter struct {
	identity, name, avatar, language string
	since                            time.Time
	woken                            chan struct{} // 1: look again
	m                                *meetingRow   // as it was when w came
	decision                         Decision      // once it is let in

	door    door
	reason  string // why it waits; "": it does not
	refused string // code of a refusal that was decided
}

func newWaiter(e Entrant, now time.Time) *waiter {
	return &waiter{
		identity: e.Identity, name: e.Name, since: now, woken: make(chan struct{}, 1), language: "en",
		door: door{identity: e.Identity},
	}
}

func (w *waiter) poke() {
	select {
	case w.woken <- struct{}{}:
	default:
	}
}

func (w *waiter) knock() Knock {
	return Knock{Identity: w.identity, Name: w.name, User: w.door.user, Reason: w.reason, Since: w.since.UTC()}
}

// enqueue puts w into the queue if it is not there, and returns its place from 1. One that comes again takes the place of
// its former self, which is turned away.
func (l *live) enqueue(w *waiter) (position int, fits bool) {
	if i := slices.Index(l.waiting, w); i >= 0 {
		return i + 1, true
	}
	if i := slices.IndexFunc(l.waiting, func(o *waiter) bool { return o.identity == w.identity }); i >= 0 {
		l.waiting[i].refused = "replaced"
		l.waiting[i].poke()
		w.since, w.reason = l.waiting[i].since, l.waiting[i].reason
		l.waiting[i] = w
		return i + 1, true
	}
	if len(l.waiting) >= maxWaiting {
		return 0, false
	}
	l.waiting = append(l.waiting, w)
	return len(l.waiting), true
}

// leaveLobby takes w out of the queue, in which all others move up.
func (s *Service) leaveLobby(l *live, w *waiter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l = s.room(l.id)
	i := slices.Index(l.waiting, w)
	if i < 0 {
		return
	}
	l.waiting = slices.Delete(l.waiting, i, i+1)
	for _, behind := range l.waiting[i:] {
		behind.poke()
	}
	s.deps.Live.Publish(w.m.Tenant, l.id, "lobby.left", w.m.hosts(), map[string]string{"identity": w.identity})
}

// Lobby lists who waits for a meeting, the first first.
func (s *Service) Lobby(ctx context.Context, c Caller, meeting string) ([]Knock, error) {
	if _, err := s.hosted(ctx, c, meeting); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	knocks := []Knock{}
	if l := s.rooms[meeting]; l != nil {
		for _, w := range l.waiting {
			knocks = append(knocks, w.knock())
		}
	}
	return knocks, nil
}

// AdmitKnock lets in somebody who waits; it stays let in for this run of the meeting. access.ErrNotFound if nobody of that identity waits.
func (s *Service) AdmitKnock(ctx context.Context, c Caller, meeting, identity string) error {
	return one(s.answer(ctx, c, meeting, "host.admitted", func(w *waiter) bool { return w.identity == identity }, admit))
}

func admit(l *live, w *waiter) { l.admitted[w.identity] = true }

// one is the error of an answer that was meant for one who waits.
func one(n int, err error) error {
	if err == nil && n == 0 {
		return access.ErrNotFound
	}
	return err
}

// AdmitAll lets in everybody who waits.
func (s *Service) AdmitAll(ctx context.Context, c Caller, meeting string) error {
	_, err := s.answer(ctx, c, meeting, "host.admitted", func(*waiter) bool { return true }, admit)
	return err
}

// RefuseKnock turns away somebody who waits, who may knock again a minute later.
func (s *Service) RefuseKnock(ctx context.Context, c Caller, meeting, identity string) error {
	return one(s.answer(ctx, c, meeting, "host.refused", func(w *waiter) bool { return w.identity == identity }, func(_ *live, w *waiter) {
		w.refused = "waiting_refused"
	}))
}

// answer does something to those in the lobby who match, and returns how many they are.
func (s *Service) answer(ctx context.Context, c Caller, meeting, what string, match func(*waiter) bool, do func(*live, *waiter)) (n int, err error) {
	m, err := s.hosted(ctx, c, meeting)
	if err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.rooms[meeting]
	if l == nil {
		return 0, nil
	}
	for _, w := range l.waiting {
		if match(w) {
			n++
			do(l, w)
			w.poke()
			s.hostEvent(c, m, what, map[string]any{"identity": w.identity, "name": w.name})
		}
	}
	return n, nil
}

// hosted reads a meeting whose host the caller is.
func (s *Service) hosted(ctx context.Context, c Caller, meeting string) (*meetingRow, error) {
	m, err := s.known(ctx, meeting)
	if err != nil {
		return nil, err
	}
	if err := s.allow(c, access.MeetingRead, m.target()); err != nil {
		return nil, err
	}
	return m, s.allow(c, access.MeetingHost, m.target())
}
