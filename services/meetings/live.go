package meetings

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
)

// live is what is of the moment about one meeting. Service.mu guards it.
type live struct {
	id      string
	m       *meetingRow // as it was last read: what decides while the database is gone; nil: never read
	touched time.Time   // when somebody last stood at the door

	run     string // id of the instance; "": nobody is in
	started time.Time
	present map[string]*stay // by identity
	opened  bool             // a host has been there in this run
	said    map[string]int   // messages to everybody in this run, by identity and, under "", together

	locked   bool
	wary     bool            // a stranger was removed: strangers knock
	removed  map[string]bool // identities
	admitted map[string]bool // identities that a host let in or invited again in this run

	waiting []*waiter // in the order in which they came
}

// stay is one participant in the room.
type stay struct {
	id                         string
	identity, name, kind, user string
	role                       Role
	joined                     time.Time
	quiet                      time.Time // since when its share of the chat is counted
}

// idle is for how long a meeting is remembered in which nobody is and for which nobody waits.
const idle = 5 * time.Minute

// room returns what is of the moment about a meeting. Service.mu is held.
func (s *Service) room(id string) *live {
	l := s.rooms[id]
	if l == nil {
		l = &live{id: id}
		l.reset()
		s.rooms[id] = l
	}
	l.touched = s.now()
	return l
}

// reset forgets what belongs to a run.
func (l *live) reset() {
	l.run, l.started, l.opened, l.locked, l.wary = "", time.Time{}, false, false, false
	l.said = map[string]int{}
	l.present, l.removed, l.admitted = map[string]*stay{}, map[string]bool{}, map[string]bool{}
}

// roleOf is what an identity is in the room.
func (l *live) roleOf(identity string) Role {
	user, isUser := cutUser(identity)
	switch {
	case !isUser:
		return RoleGuest
	case l.m == nil:
		return RoleParticipant
	}
	if r := l.m.roleOf(user); r != RoleNone {
		return r
	}
	return RoleParticipant
}

// stays are those in the room in the order in which they came.
func (l *live) stays() []*stay {
	return slices.SortedFunc(maps.Values(l.present), func(a, b *stay) int {
		return cmp.Or(a.joined.Compare(b.joined), cmp.Compare(a.id, b.id))
	})
}

// know takes the meeting as it was last read, by which those in the room are what they are.
func (l *live) know(m *meetingRow) {
	l.m = m
	for _, st := range l.present {
		st.role = l.roleOf(st.identity)
		l.opened = l.opened || st.role.hosts()
	}
}

// wake has everybody who waits look again.
func (l *live) wake() {
	for _, w := range l.waiting {
		w.poke()
	}
}

// Moment tells the hosts of a meeting what is of the moment in its room.
func (s *Service) Moment(roomKey, kind string, body any) {
	id, isOne := MeetingOf(roomKey)
	if !isOne {
		return
	}
	s.mu.Lock()
	var m *meetingRow
	if l := s.rooms[id]; l != nil {
		m = l.m
	}
	s.mu.Unlock()
	if m != nil {
		s.deps.Live.Publish(m.Tenant, id, kind, m.hosts(), body)
	}
}

// changed takes what a meeting has become to those who are at its door or in its room.
func (s *Service) changed(r *meetingRow) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.rooms[r.ID]; l != nil {
		l.know(r)
		l.wake()
	}
}

// known reads a meeting; while the database is gone, as it was last read if somebody is in its room.
func (s *Service) known(ctx context.Context, id string) (*meetingRow, error) {
	var r *meetingRow
	err := s.deps.DB.Read(ctx, func(q db.Querier) (err error) {
		r, err = oneMeeting(ctx, q, `m.id = $1`, id)
		return err
	})
	if errors.Is(err, db.ErrNone) {
		return nil, access.ErrNotFound
	}
	if errors.Is(err, db.ErrUnavailable) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if l := s.rooms[id]; l != nil && l.m != nil && l.run != "" {
			return l.m, nil
		}
	}
	return r, err
}

// prune forgets meetings of which nothing is of the moment any more.
func (s *Service) prune() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, l := range s.rooms {
		if l.run == "" && len(l.waiting) == 0 && s.now().Sub(l.touched) > idle {
			delete(s.rooms, id)
		}
	}
}

// closeRoom ends what goes on in a meeting's room.
func (s *Service) closeRoom(id string) {
	if err := s.deps.Rooms.Close(RoomKey(id)); err != nil {
		s.deps.Log.Warn("a meeting's room could not be closed", "meeting", id, "error", err)
	}
}
