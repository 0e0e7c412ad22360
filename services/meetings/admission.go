package meetings

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
)

// Entrant is somebody at the door of a room, as its token says.
type Entrant struct {
	RoomKey  string
	Identity string
	Name     string
	Kind     string // browser, whip, phone …
}

// Decision is how somebody comes in.
type Decision struct {
	Role     Role
	Name     string
	Grants   []string
	Metadata string // JSON for the room's roster: role, user, avatar, muted
}

// door is what the rules look at.
type door struct {
	identity string
	role     Role
	user     bool // of the meeting's tenant
	invited  bool // by name
}

// Wait is what somebody who waits is told.
type Wait struct {
	Reason   string // host, lobby or locked
	Message  string // the same in the language of who waits
	Position int    // in the lobby
}

// Why somebody waits.
const (
	waitHost   = "host"   // no host has been there yet
	waitLobby  = "lobby"  // a host has to say yes
	waitLocked = "locked" // the same, of a locked room
)

// judge applies the rules of admission: both results empty lets in; otherwise a reason to wait or the code of a refusal.
func (l *live) judge(m *meetingRow, d door) (wait, refused string) {
	switch {
	case m.cancelled != 0:
		return "", "cancelled"
	case l.removed[d.identity]:
		return "", "removed"
	case d.role.hosts():
		return "", ""
	case l.admitted[d.identity], l.present[d.identity] != nil:
		return "", ""
	case l.locked:
		return waitLocked, ""
	case d.user && m.Public:
		return "", ""
	case !l.opened:
		return waitHost, ""
	case d.invited:
		return "", ""
	case m.Public && !m.Lobby && !l.wary:
		return "", ""
	}
	return waitLobby, ""
}

// Admit decides whether somebody comes in. It returns when that is decided, which may take as long as somebody waits in
// the lobby, or when ctx ends; waiting is told why and at which place whenever that changes. *Refusal, ErrNotAMeeting,
// access.ErrNotFound if there is no such meeting, db.ErrUnavailable if it cannot be known.
func (s *Service) Admit(ctx context.Context, e Entrant, waiting func(Wait)) (Decision, error) {
	id, isOne := MeetingOf(e.RoomKey)
	if !isOne {
		return Decision{}, ErrNotAMeeting
	}
	w, m, err := s.entrant(ctx, id, e)
	if err != nil {
		return Decision{}, err
	}
	s.mu.Lock()
	l := s.room(id)
	if l.m == nil || l.m.Version < m.Version {
		l.know(m)
		l.wake()
	}
	s.mu.Unlock()
	defer s.leaveLobby(l, w)
	patience := time.NewTimer(s.patience)
	defer patience.Stop()
	told, toldAt := "", -1
	for {
		why, at, decided, err := s.look(l, w)
		if decided || err != nil {
			return w.decision, err
		}
		if why != told || at != toldAt {
			told, toldAt = why, at
			waiting(Wait{Reason: why, Message: waitingText(why, w.language), Position: at})
		}
		select {
		case <-w.woken:
		case <-patience.C:
			return Decision{}, refuse("waiting_ended", w.language, time.Minute)
		case <-ctx.Done():
			return Decision{}, ctx.Err()
		}
	}
}

// look judges somebody once more, who waits from then on if that is the verdict.
func (s *Service) look(l *live, w *waiter) (why string, position int, decided bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l = s.room(l.id) // it may have been forgotten meanwhile
	if l.m == nil {
		l.know(w.m)
	}
	w.door.role = l.roleOf(w.identity)
	w.door.invited = l.invited(w.identity)
	wait, refused := l.judge(l.m, w.door)
	if w.refused != "" {
		refused = w.refused
	}
	if s.suspended[l.m.Tenant] {
		refused = "suspended"
	}
	switch {
	case refused != "":
		return "", 0, false, refuse(refused, w.language, retryAfter(refused))
	case wait == "":
		w.decide(l.m)
		return "", 0, true, nil
	}
	position, fits := l.enqueue(w)
	if !fits {
		return "", 0, false, refuse("lobby_full", w.language, retryAfter("lobby_full"))
	}
	if w.reason != wait {
		w.reason = wait
		s.deps.Live.Publish(l.m.Tenant, l.id, "lobby.knock", l.m.hosts(), w.knock())
	}
	return wait, position, false, nil
}

func retryAfter(code string) time.Duration {
	switch code {
	case "lobby_full":
		return 30 * time.Second
	case "waiting_refused":
		return time.Minute
	}
	return 0
}

// entrant finds out who is at the door of which meeting.
func (s *Service) entrant(ctx context.Context, id string, e Entrant) (*waiter, *meetingRow, error) {
	m, p, err := s.atDoor(ctx, id, e.Identity)
	if err != nil {
		return nil, nil, err
	}
	w := newWaiter(e, s.now())
	w.m = m
	switch _, isUser := cutUser(e.Identity); {
	case !isUser:
		w.language = language(m.organiser.Language)
		if g := m.guest(strings.TrimPrefix(e.Identity, guestPrefix)); g != nil {
			w.language = language(g.Language)
			if w.name == "" {
				w.name = g.Name
			}
		}
	case p == nil: // its token was made when it was known
		w.door.user = true
	case p.Tenant != m.Tenant:
		return nil, nil, access.ErrNotFound
	case p.active == 0:
		return nil, nil, refuse("inactive", language(p.Language), 0)
	default:
		w.door.user, w.name, w.avatar, w.language = true, p.Name, p.Avatar, language(p.Language)
	}
	return w, m, nil
}

// threshold is what has to be read at the door of a meeting that is known: whether it is still as it was, and who comes.
type threshold struct {
	version   int64
	suspended int64
	person
}

func (t *threshold) columns() []any {
	return append([]any{&t.version, &t.suspended}, t.person.columns()...)
}

// atDoor returns a meeting and, if a user's identity is at its door, the user. The whole meeting is read only when it has
// changed since the last time. While the database is gone, it is as it was last read if somebody is in its room, and
// the user is nil.
func (s *Service) atDoor(ctx context.Context, id, identity string) (*meetingRow, *person, error) {
	user, isUser := cutUser(identity)
	s.mu.Lock()
	l := s.rooms[id]
	var m *meetingRow
	inside := false
	if l != nil {
		m, inside = l.m, l.run != ""
	}
	s.mu.Unlock()
	var t threshold
	err := s.deps.DB.Glance(ctx, func(q db.Querier) (err error) {
		t, err = db.One(ctx, q, (*threshold).columns, `SELECT m.version, coalesce(o.suspended, 0), coalesce(p.id, ''), coalesce(p.tenant, ''), coalesce(p.name, ''), coalesce(p.email, ''),
			coalesce(p.language, ''), coalesce(p.avatar, ''), coalesce(p.active, 0) FROM meeting m
			LEFT JOIN meeting_tenant o ON o.tenant = m.tenant LEFT JOIN meeting_person p ON p.id = $2 WHERE m.id = $1`, id, user)
		return err
	})
	if err == nil && (m == nil || m.Version != t.version) {
		err = s.deps.DB.Read(ctx, func(q db.Querier) (err error) {
			m, err = oneMeeting(ctx, q, `m.id = $1`, id)
			return err
		})
	}
	switch {
	case errors.Is(err, db.ErrNone), err == nil && isUser && t.ID == "": // no such meeting, or no such user
		return nil, nil, access.ErrNotFound
	case errors.Is(err, db.ErrUnavailable) && m != nil && inside:
		return m, nil, nil
	case err != nil:
		return nil, nil, err
	case t.suspended != 0:
		return nil, nil, refuse("suspended", language(m.organiser.Language), 0)
	case !isUser:
		return m, nil, nil
	}
	return m, &t.person, nil
}

// invited reports whether an identity was invited by name.
func (l *live) invited(identity string) bool {
	if user, isUser := cutUser(identity); isUser {
		return l.m.roleOf(user) != RoleNone
	}
	return l.m.guest(strings.TrimPrefix(identity, guestPrefix)) != nil
}

// decide fills in how w comes in.
func (w *waiter) decide(m *meetingRow) {
	user, _ := cutUser(w.identity)
	metadata, err := json.Marshal(struct {
		Role   Role   `json:"role"`
		User   string `json:"user,omitempty"`
		Avatar string `json:"avatar,omitempty"`
		Muted  bool   `json:"muted,omitempty"` // on entry
	}{w.door.role, user, w.avatar, m.MuteOnEntry && !w.door.role.hosts()})
	if err != nil {
		metadata = nil // texts can always be written
	}
	w.decision = Decision{Role: w.door.role, Name: w.name, Grants: grantsOf(w.door.role), Metadata: string(metadata)}
}

// cutUser is the user that an identity is of.
func cutUser(identity string) (user string, isUser bool) {
	if user, isUser = strings.CutPrefix(identity, userPrefix); isUser {
		return user, true
	}
	return "", false
}
