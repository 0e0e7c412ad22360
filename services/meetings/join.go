package meetings

import (
	"context"
	"errors"
	"strings"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
)

// Identities in rooms: user-ID, guest-ID of who was invited by name, guest-ULID of others.
const (
	userPrefix  = "user-"
	guestPrefix = "guest-"
	roomPrefix  = "m-"
)

// ticketAge is for how long a ticket opens the room.
const ticketAge = time.Hour

// RoomKey is the key of a meeting's room.
func RoomKey(meeting string) string { return roomPrefix + meeting }

// MeetingOf is the meeting whose room a key is of.
func MeetingOf(roomKey string) (meeting string, isOne bool) {
	return strings.CutPrefix(roomKey, roomPrefix)
}

// JoinRequest is how somebody wants to join: the meeting by ID or by Number.
type JoinRequest struct {
	Meeting    string
	Number     string
	Name       string // of who has no account
	Passcode   string // may be left out; if it is given it has to be right
	GuestToken string // of a personal link
}

// Ticket says as what somebody may go to a room's door. Whoever signs tokens makes one of it.
type Ticket struct {
	MeetingID   string        `json:"meeting"`
	Number      string        `json:"number"`
	Subject     string        `json:"subject"`
	RoomKey     string        `json:"room"`
	Identity    string        `json:"identity"`
	Name        string        `json:"name"`
	Role        Role          `json:"role" enum:"host,co_organiser,participant,guest"`
	Grants      []string      `json:"grants"`
	MuteOnEntry bool          `json:"mute_on_entry"`
	Record      bool          `json:"record"` // the host wants it recorded
	TTL         time.Duration `json:"-"`
}

// grantsOf are the names of what a role may do in a room.
func grantsOf(r Role) []string {
	grants := []string{"publish", "subscribe", "message"}
	if r.hosts() {
		grants = append(grants, "moderate")
	}
	return grants
}

// Join decides as what somebody joins a meeting: by who it is, never by the link that it followed.
// ErrLink, ErrPasscode, *WaitError, *Refusal if the meeting was cancelled or its organisation is suspended.
func (s *Service) Join(ctx context.Context, c Caller, in JoinRequest) (Ticket, error) {
	if in.GuestToken != "" {
		p, err := s.GuestFromToken(ctx, c, in.GuestToken)
		if err != nil {
			return Ticket{}, err
		}
		if in.Number == "" && in.Meeting == "" {
			in.Meeting = p.Meeting
		}
		if c.Kind != access.User || c.Tenant != p.Tenant { // a user is a user, whatever link it followed
			c.Principal = p
		}
	}
	r, err := s.wanted(ctx, c, in)
	if err != nil {
		return Ticket{}, err
	}
	role, identity, name := RoleNone, "", ""
	switch {
	case c.Kind == access.User && c.Tenant == r.Tenant:
		role, identity, name = r.roleOf(c.ID), userPrefix+c.ID, c.Name
		if role == RoleNone {
			role = RoleParticipant
		}
		if p := r.user(c.ID); p != nil {
			name = p.Name
		}
	case c.Kind == access.Guest && c.Meeting == r.ID:
		role, identity, name = RoleGuest, c.ID, c.Name
		if in.Name != "" {
			name = in.Name
		}
	default: // anybody else, users of other organisations among them
		role, identity, name = RoleGuest, guestPrefix+newID(), in.Name
		if name == "" {
			name = c.Name
		}
		c.Principal = access.Principal{Kind: access.Guest, Tenant: r.Tenant, ID: identity, Name: name, Meeting: r.ID}
	}
	target := r.target()
	if c.Kind == access.Guest {
		target.Participants = append(target.Participants, identity)
	}
	if err := s.allow(c, access.MeetingJoin, target); err != nil {
		return Ticket{}, err
	}
	if err := checkText("name", name, 1, maxName, false); err != nil {
		return Ticket{}, err
	}
	if r.cancelled != 0 {
		return Ticket{}, refuse("cancelled", c.language(r), 0)
	}
	if r.suspended != 0 {
		return Ticket{}, refuse("suspended", c.language(r), 0)
	}
	return Ticket{
		MeetingID: r.ID, Number: r.Number, Subject: r.Subject, RoomKey: RoomKey(r.ID), Identity: identity, Name: name, Role: role, Grants: grantsOf(role),
		MuteOnEntry: r.MuteOnEntry && !role.hosts(), Record: r.Record, TTL: ticketAge,
	}, nil
}

// wanted finds the meeting that somebody wants to join. Unknown numbers and wrong passcodes count as guesses.
func (s *Service) wanted(ctx context.Context, c Caller, in JoinRequest) (*meetingRow, error) {
	var r *meetingRow
	try := func() error {
		return s.deps.DB.Read(ctx, func(q db.Querier) (err error) {
			if in.Meeting != "" {
				r, err = oneMeeting(ctx, q, `m.id = $1`, in.Meeting)
			} else {
				r, err = byNumber(ctx, q, in.Number)
			}
			if errors.Is(err, db.ErrNone) {
				return access.ErrNotFound
			}
			if err != nil {
				return err
			}
			if in.Meeting != "" && r.Tenant != c.Tenant {
				return access.ErrNotFound
			}
			if in.Passcode != "" {
				return s.checkCode(r, in.Passcode)
			}
			return nil
		})
	}
	if c.Kind == access.User && in.Meeting != "" && in.Passcode == "" {
		err := try()
		return r, err
	}
	err := s.guess(c, try, access.ErrNotFound, ErrPasscode)
	return r, err
}

// byNumber finds the meeting that has a number. db.ErrNone if none has.
func byNumber(ctx context.Context, q db.Querier, number string) (*meetingRow, error) {
	if !validNumber(number) {
		return nil, db.ErrNone
	}
	return oneMeeting(ctx, q, `m.id = (SELECT n.meeting FROM meeting_number n WHERE n.number = $1 AND n.freed = 0)`, number)
}

// Card is what a meeting's number tells before one joins.
type Card struct {
	Number  string `json:"number"`
	Subject string `json:"subject"`
	Host    string `json:"host"`
	Status  Status `json:"status" enum:"not_started,in_progress,ended,cancelled"`
}

// Lookup tells what a number is of. Wrong numbers count as guesses: *WaitError. *Refusal if the organisation is suspended.
func (s *Service) Lookup(ctx context.Context, c Caller, number string) (Card, error) {
	r, err := s.wanted(ctx, c, JoinRequest{Number: number})
	if err != nil {
		return Card{}, err
	}
	if c.Kind != access.User || c.Tenant != r.Tenant {
		c.Principal = access.Principal{Kind: access.Anonymous, Tenant: r.Tenant}
	}
	if err := s.allow(c, access.MeetingLookup, r.target()); err != nil {
		return Card{}, err
	}
	if r.suspended != 0 {
		return Card{}, refuse("suspended", c.language(r), 0)
	}
	card := Card{Number: r.Number, Host: r.organiser.Name, Status: r.status(r.occurrences(), s.now())}
	if r.Public || c.Kind == access.User && r.roleOf(c.ID) != RoleNone {
		card.Subject = r.Subject
	}
	return card, nil
}

// user is the copy of a user who was invited, or nil.
func (r *meetingRow) user(id string) *person {
	for _, p := range r.users() {
		if p.ID == id {
			return &p
		}
	}
	return nil
}

// guest is an invited guest by id, or nil.
func (r *meetingRow) guest(id string) *guestRow {
	for i := range r.guests {
		if r.guests[i].ID == id {
			return &r.guests[i]
		}
	}
	return nil
}

// language is the one in which the caller is told something about a meeting.
func (c Caller) language(r *meetingRow) string {
	if p := r.user(c.ID); p != nil && c.Kind == access.User {
		return language(p.Language)
	}
	if g := r.guest(strings.TrimPrefix(c.ID, guestPrefix)); g != nil {
		return language(g.Language)
	}
	return language(r.organiser.Language)
}
