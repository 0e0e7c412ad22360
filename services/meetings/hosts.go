package meetings

import (
	"context"
	"slices"
	"strings"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

// hostEvent has what a host did written down; it has taken effect already.
func (s *Service) hostEvent(c Caller, m *meetingRow, what string, detail map[string]any, more ...string) {
	at, actor, meeting := s.now(), c.Actor(), m.ID
	body := map[string]any{"meeting": meeting}
	for k, v := range detail {
		body[k] = v
	}
	audience := m.audience()
	audience.Users = append(audience.Users, more...)
	tenant, subject := m.Tenant, m.subject()
	s.submit("", func(_ context.Context, tx *db.Tx, late bool) error {
		return s.emit(tx, eventlog.Event{Tenant: tenant, Type: what, Subject: subject, Actor: actor, At: at, Late: late, Audience: audience}, body)
	})
}

// AssignCoOrganiser gives a user of the organisation all rights of a host but to delete the meeting. It is how a host who leaves hands its
// role on, too.
func (s *Service) AssignCoOrganiser(ctx context.Context, c Caller, meeting, user string) (Meeting, error) {
	var m Meeting
	err := s.change(ctx, c, meeting, access.MeetingHost, 0, func(tx *db.Tx, r *meetingRow) (effect, error) {
		if r.roleOf(user).hosts() {
			return effect{}, nil
		}
		others := slices.DeleteFunc(idsOf(r.participants), func(id string) bool { return id == user })
		return effect{}, r.setMembers(ctx, tx, append(idsOf(r.coOrganisers), user), others)
	}, &m)
	if err != nil {
		return m, err
	}
	s.mu.Lock()
	l := s.rooms[meeting]
	var row *meetingRow
	if l != nil {
		delete(l.removed, userPrefix+user)
		row = l.m
		if st := l.present[userPrefix+user]; st != nil {
			st.role, l.opened = RoleCoOrganiser, true
			l.wake()
		}
	}
	s.mu.Unlock()
	if row != nil {
		s.hostEvent(c, row, "host.assigned", map[string]any{"user": user})
	}
	return m, s.deps.Rooms.UpdateGrants(RoomKey(meeting), userPrefix+user, string(RoleCoOrganiser))
}

// Remove turns somebody out of the room, or of the lobby, and keeps it out until the instance ends or it is invited again. The
// organiser cannot be removed.
func (s *Service) Remove(ctx context.Context, c Caller, meeting, identity string) error {
	m, err := s.hosted(ctx, c, meeting)
	if err != nil {
		return err
	}
	user, isUser := cutUser(identity)
	if isUser && m.roleOf(user) == RoleHost {
		return fault("identity", identity, "is the host")
	}
	s.mu.Lock()
	l := s.rooms[meeting]
	if l == nil || l.run == "" && len(l.waiting) == 0 {
		s.mu.Unlock()
		return ErrNotRunning
	}
	l.removed[identity] = true
	delete(l.admitted, identity)
	stranger := !isUser && m.guest(strings.TrimPrefix(identity, guestPrefix)) == nil
	l.wary = l.wary || stranger // it could come again under another identity
	name := ""
	if st := l.present[identity]; st != nil {
		name = st.name
	}
	l.wake()
	s.mu.Unlock()
	s.hostEvent(c, m, "host.removed", map[string]any{"identity": identity, "name": name})
	return s.deps.Rooms.Remove(RoomKey(meeting), identity, refusalText("removed", "en"))
}

// Reinvite lets somebody who was removed come again, and calls somebody who was invited and is not there: a user by the event
// host.invited, a guest by mail.
func (s *Service) Reinvite(ctx context.Context, c Caller, meeting, identity string) error {
	m, err := s.hosted(ctx, c, meeting)
	if err != nil {
		return err
	}
	user, isUser := cutUser(identity)
	guest := m.guest(strings.TrimPrefix(identity, guestPrefix))
	s.mu.Lock()
	known := false
	if l := s.rooms[meeting]; l != nil {
		known = l.removed[identity]
		delete(l.removed, identity)
		if isUser || guest != nil {
			l.admitted[identity] = true
		}
		l.wake()
	}
	s.mu.Unlock()
	switch {
	case isUser && m.roleOf(user) == RoleNone && !known:
		return access.ErrNotFound
	case isUser:
		s.hostEvent(c, m, "host.invited", map[string]any{"identity": identity, "user": user}, user)
		return nil
	case guest != nil:
		s.hostEvent(c, m, "host.invited", map[string]any{"identity": identity, "name": guest.Name})
		return s.ResendGuest(ctx, c, meeting, guest.ID)
	case !known:
		return access.ErrNotFound
	}
	return nil
}

// MakePublic lets everybody in the organisation in, from now on.
func (s *Service) MakePublic(ctx context.Context, c Caller, meeting string) (Meeting, error) {
	var m Meeting
	var row *meetingRow
	err := s.change(ctx, c, meeting, access.MeetingHost, 0, func(_ *db.Tx, r *meetingRow) (effect, error) {
		r.Public = true
		row = r
		return effect{}, nil
	}, &m)
	if err != nil {
		return m, err
	}
	s.hostEvent(c, row, "host.public", nil)
	return m, s.deps.Rooms.SetPublic(RoomKey(meeting), true)
}

// Lock keeps everybody but hosts waiting at the door, or ends that.
func (s *Service) Lock(ctx context.Context, c Caller, meeting string, locked bool) error {
	m, err := s.hosted(ctx, c, meeting)
	if err != nil {
		return err
	}
	s.mu.Lock()
	l := s.rooms[meeting]
	if l == nil || l.run == "" {
		s.mu.Unlock()
		return ErrNotRunning
	}
	l.locked = locked
	if locked {
		clear(l.admitted) // who is in is in; others knock, also those who were let in before
	}
	l.wake()
	s.mu.Unlock()
	what := "host.unlocked"
	if locked {
		what = "host.locked"
	}
	s.hostEvent(c, m, what, nil)
	return s.deps.Rooms.SetLocked(RoomKey(meeting), locked)
}

// Mute mutes a participant, or with the identity "" everybody but the caller.
func (s *Service) Mute(ctx context.Context, c Caller, meeting, identity string) error {
	m, err := s.hosted(ctx, c, meeting)
	if err != nil {
		return err
	}
	by := ""
	if c.Kind == access.User {
		by = userPrefix + c.ID
	}
	if err := s.deps.Rooms.Mute(RoomKey(meeting), identity, by); err != nil {
		return err
	}
	s.hostEvent(c, m, "host.muted", map[string]any{"identity": identity})
	return nil
}

// AskUnmute asks a participant to unmute itself: nobody else can.
func (s *Service) AskUnmute(ctx context.Context, c Caller, meeting, identity string) error {
	if _, err := s.hosted(ctx, c, meeting); err != nil {
		return err
	}
	return s.deps.Rooms.AskUnmute(RoomKey(meeting), identity)
}

// LowerHand lowers the hand of a participant, or with the identity "" all hands. It is of the moment: no event is written down.
func (s *Service) LowerHand(ctx context.Context, c Caller, meeting, identity string) error {
	if _, err := s.hosted(ctx, c, meeting); err != nil {
		return err
	}
	return s.deps.Rooms.LowerHand(RoomKey(meeting), identity)
}

// EndForAll ends the instance. The room's end is told by RoomClosed.
func (s *Service) EndForAll(ctx context.Context, c Caller, meeting string) error {
	m, err := s.hosted(ctx, c, meeting)
	if err != nil {
		return err
	}
	s.hostEvent(c, m, "host.ended", nil)
	return s.deps.Rooms.Close(RoomKey(meeting))
}

// Presence is somebody who was invited or is in the room.
type Presence struct {
	Identity string     `json:"identity"`
	User     string     `json:"user,omitempty"`
	Name     string     `json:"name"`
	Role     Role       `json:"role" enum:"host,co_organiser,participant,guest,"`
	State    string     `json:"state" enum:"invited,waiting,joined,removed"` // invited, waiting, joined, removed
	Since    *time.Time `json:"since,omitempty"`
}

// People lists who is invited to a meeting and who is in its room, for the panel of participants.
func (s *Service) People(ctx context.Context, c Caller, meeting string) ([]Presence, error) {
	m, err := s.known(ctx, meeting)
	if err != nil {
		return nil, err
	}
	if err := s.allow(c, access.MeetingRead, m.target()); err != nil {
		return nil, err
	}
	all := []Presence{}
	for _, p := range m.users() {
		all = append(all, Presence{Identity: userPrefix + p.ID, User: p.ID, Name: p.Name, Role: m.roleOf(p.ID), State: "invited"})
	}
	for _, g := range m.guests {
		all = append(all, Presence{Identity: guestPrefix + g.ID, Name: g.Name, Role: RoleGuest, State: "invited"})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.rooms[meeting]
	if l == nil {
		return all, nil
	}
	mark := func(identity, name, user, state string, role Role, since time.Time) {
		i := slices.IndexFunc(all, func(p Presence) bool { return p.Identity == identity })
		if i < 0 {
			all = append(all, Presence{Identity: identity, User: user, Name: name, Role: role})
			i = len(all) - 1
		}
		all[i].State = state
		if !since.IsZero() {
			since = since.UTC()
			all[i].Since = &since
		}
	}
	for _, w := range l.waiting {
		mark(w.identity, w.name, "", "waiting", RoleNone, w.since)
	}
	for identity := range l.removed {
		if i := slices.IndexFunc(all, func(p Presence) bool { return p.Identity == identity }); i >= 0 {
			all[i].State = "removed"
		}
	}
	for _, st := range l.stays() {
		mark(st.identity, st.name, st.user, "joined", st.role, st.joined)
	}
	return all, nil
}
