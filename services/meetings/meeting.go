package meetings

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

// Kind says how a meeting comes about.
type Kind string

// The kinds.
const (
	Instant   Kind = "instant"   // begins when it is made
	Scheduled Kind = "scheduled" // has a time, or a series of them
	Personal  Kind = "personal"  // a user's own room, always there
)

// Status says how far a meeting has come.
type Status string

// The states.
const (
	NotStarted Status = "not_started"
	InProgress Status = "in_progress"
	Ended      Status = "ended"
	Cancelled  Status = "cancelled"
)

// Role is what somebody is in a meeting.
type Role string

// The roles, the strongest first. RoleNone is that of somebody who was not invited.
const (
	RoleHost        Role = "host"
	RoleCoOrganiser Role = "co_organiser"
	RoleParticipant Role = "participant"
	RoleGuest       Role = "guest"
	RoleNone        Role = ""
)

// hosts reports whether r may do what a host may.
func (r Role) hosts() bool { return r == RoleHost || r == RoleCoOrganiser }

// Person is a user as others see it.
type Person struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Email  string `json:"email,omitempty"` // not for guests
	Avatar string `json:"avatar,omitempty"`
}

// Guest is somebody from outside who was invited by mail.
type Guest struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Email    string `json:"email,omitempty"` // only for those who may edit the meeting
	Language string `json:"language,omitempty"`
}

// Meeting is one meeting or series of meetings.
type Meeting struct {
	ID           string      `json:"id"`
	Tenant       string      `json:"tenant"`
	Number       string      `json:"number"` // nine digits, zeros in front count
	Kind         Kind        `json:"kind" enum:"instant,scheduled,personal"`
	Subject      string      `json:"subject"`
	Description  string      `json:"description"`
	Organiser    Person      `json:"organiser"`
	CoOrganisers []Person    `json:"co_organisers"`
	Participants []Person    `json:"participants"`
	Guests       []Guest     `json:"guests"`
	Public       bool        `json:"public"`
	Lobby        bool        `json:"lobby"`
	MuteOnEntry  bool        `json:"mute_on_entry"`
	Record       bool        `json:"record"`
	Start        string      `json:"start_local,omitempty"` // wall-clock time in Zone
	Zone         string      `json:"zone,omitempty"`
	Duration     int         `json:"duration,omitempty"`   // minutes
	Recurrence   string      `json:"recurrence,omitempty"` // RFC 5545 RRULE; its UNTIL is wall-clock time in Zone
	Exceptions   []Exception `json:"exceptions,omitempty"`
	Next         *Occurrence `json:"next,omitempty"` // the one that runs or comes next
	Status       Status      `json:"status" enum:"not_started,in_progress,ended,cancelled"`
	Role         Role        `json:"role" enum:"host,co_organiser,participant,guest,"` // of the one who asks
	Sequence     int64       `json:"sequence"`
	Created      time.Time   `json:"created"`
	Version      int64       `json:"version"`
}

// guestRow is a Guest as it is stored.
type guestRow struct {
	Guest
	meeting string
	link    int64
}

func (g *guestRow) columns() []any {
	return []any{&g.ID, &g.meeting, &g.Name, &g.Email, &g.Language, &g.link}
}

const guestColumns = `g.id, g.meeting, g.name, g.email, g.language, g.link`

// meetingRow is a Meeting as it is stored, with what never leaves the service.
type meetingRow struct {
	Meeting
	public, lobby, mute, record, cancelled, created, running, ran, suspended int64
	duration                                                                 int64
	hostCode, guestCode, exceptions                                          string
	coOrganisers, participants                                               []person
	organiser                                                                person
	guests                                                                   []guestRow
}

const meetingColumns = `m.id, m.tenant, m.number, m.kind, m.subject, m.description, m.organiser, m.public, m.lobby, m.mute_on_entry, m.record,
	m.host_code, m.guest_code, m.start_local, m.zone, m.duration, m.recurrence, m.exceptions, m.sequence, m.cancelled, m.created, m.version,
	(SELECT count(*) FROM meeting_instance i WHERE i.meeting = m.id AND i.ended = 0),
	(SELECT count(*) FROM meeting_instance i WHERE i.meeting = m.id AND i.ended <> 0),
	coalesce((SELECT t.suspended FROM meeting_tenant t WHERE t.tenant = m.tenant), 0)`

func (r *meetingRow) columns() []any {
	return []any{&r.ID, &r.Tenant, &r.Number, &r.Kind, &r.Subject, &r.Description, &r.organiser.ID, &r.public, &r.lobby, &r.mute, &r.record,
		&r.hostCode, &r.guestCode, &r.Start, &r.Zone, &r.duration, &r.Recurrence, &r.exceptions, &r.Sequence, &r.cancelled, &r.created, &r.Version,
		&r.running, &r.ran, &r.suspended}
}

// oneMeeting reads the meeting that a condition on m names, with its people. db.ErrNone if there is none.
func oneMeeting(ctx context.Context, q db.Querier, condition string, args ...any) (*meetingRow, error) {
	r, err := db.One(ctx, q, (*meetingRow).columns, `SELECT `+meetingColumns+` FROM meeting m WHERE `+condition, args...)
	if err != nil {
		return nil, err
	}
	return &r, r.load(ctx, q)
}

// load reads the people and fills the fields that are made of columns.
func (r *meetingRow) load(ctx context.Context, q db.Querier) error {
	r.Public, r.Lobby, r.MuteOnEntry, r.Record = r.public != 0, r.lobby != 0, r.mute != 0, r.record != 0
	r.Duration, r.Created = int(r.duration), time.UnixMicro(r.created).UTC()
	if err := r.readExceptions(); err != nil {
		return err
	}
	members, err := db.All(ctx, q, (*member).columns, `SELECT m.host, `+memberColumns+` FROM meeting_member m
		LEFT JOIN meeting_person p ON p.id = m.user_id WHERE m.meeting = $1 ORDER BY m.position`, r.ID)
	if err != nil {
		return err
	}
	r.coOrganisers, r.participants = nil, nil
	for i := range members {
		if members[i].host != 0 {
			r.coOrganisers = append(r.coOrganisers, members[i].person)
		} else {
			r.participants = append(r.participants, members[i].person)
		}
	}
	if r.guests, err = db.All(ctx, q, (*guestRow).columns, `SELECT `+guestColumns+` FROM meeting_guest g WHERE g.meeting = $1 ORDER BY g.id`, r.ID); err != nil {
		return err
	}
	id := r.organiser.ID
	r.organiser, err = onePerson(ctx, q, id)
	if errors.Is(err, db.ErrNone) {
		r.organiser, err = person{ID: id, Name: deletedUser}, nil
	}
	if r.Kind == Personal {
		r.Subject = r.organiser.Name
	}
	return err
}

func (r *meetingRow) readExceptions() error {
	return json.Unmarshal([]byte(r.exceptions), &r.Exceptions)
}

// target is what access decides by.
func (r *meetingRow) target() access.Target {
	t := access.Target{Tenant: r.Tenant, Owner: r.organiser.ID, Everybody: r.Public && r.cancelled == 0}
	for i := range r.coOrganisers {
		t.CoOrganisers = append(t.CoOrganisers, r.coOrganisers[i].ID)
	}
	for i := range r.participants {
		t.Participants = append(t.Participants, r.participants[i].ID)
	}
	for i := range r.guests {
		t.Participants = append(t.Participants, guestPrefix+r.guests[i].ID)
	}
	return t
}

func (r *meetingRow) subject() string { return "meeting:" + r.ID }

// audience are the people of the meeting.
func (r *meetingRow) audience() eventlog.Audience {
	var users []string
	for _, p := range r.users() {
		users = append(users, p.ID)
	}
	return eventlog.Audience{Users: users}
}

// users are the organiser, co-organisers and participants.
func (r *meetingRow) users() []person {
	var all []person
	if r.organiser.ID != "" {
		all = append(all, r.organiser)
	}
	return slices.Concat(all, r.coOrganisers, r.participants)
}

// roleOf is what a user is in the meeting.
func (r *meetingRow) roleOf(user string) Role {
	is := func(p person) bool { return p.ID == user }
	switch {
	case user == "":
		return RoleNone
	case r.organiser.ID == user:
		return RoleHost
	case slices.ContainsFunc(r.coOrganisers, is):
		return RoleCoOrganiser
	case slices.ContainsFunc(r.participants, is):
		return RoleParticipant
	}
	return RoleNone
}

func (r *meetingRow) status(all []Occurrence, now time.Time) Status {
	switch {
	case r.cancelled != 0:
		return Cancelled
	case r.running > 0:
		return InProgress
	case r.Kind == Instant && r.ran > 0, r.Kind == Scheduled && !lastEnd(all).After(now):
		return Ended
	}
	return NotStarted
}

// seenBy is the meeting as somebody may see it.
func (r *meetingRow) seenBy(c Caller, now time.Time) Meeting {
	m := r.Meeting
	edits := access.Allow(c.Principal, access.MeetingUpdate, r.target(), now) == nil
	guest := c.Kind == access.Guest
	see := func(p *person) Person {
		if guest {
			return Person{ID: p.ID, Name: p.Name, Avatar: p.Avatar}
		}
		return Person{ID: p.ID, Name: p.Name, Email: p.Email, Avatar: p.Avatar}
	}
	m.Organiser = see(&r.organiser)
	m.CoOrganisers, m.Participants, m.Guests = []Person{}, []Person{}, []Guest{}
	for i := range r.coOrganisers {
		m.CoOrganisers = append(m.CoOrganisers, see(&r.coOrganisers[i]))
	}
	for i := range r.participants {
		m.Participants = append(m.Participants, see(&r.participants[i]))
	}
	for _, g := range r.guests {
		if !edits {
			g.Email, g.Language = "", ""
		}
		m.Guests = append(m.Guests, g.Guest)
	}
	switch c.Kind {
	case access.User:
		m.Role = r.roleOf(c.ID)
	case access.Guest:
		m.Role = RoleGuest
	}
	all := r.occurrences()
	m.Next, m.Status = next(all, now), r.status(all, now)
	return m
}

// told is what the event log tells of a meeting: enough to keep a copy; no secret, no guest's address.
func (r *meetingRow) told(now time.Time) any {
	type guest struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	all := r.occurrences()
	t, guests := r.target(), []guest{}
	users := []string{}
	for i := range r.participants {
		users = append(users, r.participants[i].ID)
	}
	for _, g := range r.guests {
		guests = append(guests, guest{g.ID, g.Name})
	}
	return struct {
		ID           string      `json:"id"`
		Number       string      `json:"number"`
		Kind         Kind        `json:"kind"`
		Subject      string      `json:"subject"`
		Description  string      `json:"description"`
		Organiser    string      `json:"organiser"`
		CoOrganisers []string    `json:"co_organisers"`
		Participants []string    `json:"participants"`
		Guests       []guest     `json:"guests"`
		Public       bool        `json:"public"`
		Lobby        bool        `json:"lobby"`
		Start        string      `json:"start_local,omitempty"`
		Zone         string      `json:"zone,omitempty"`
		Duration     int         `json:"duration,omitempty"`
		Recurrence   string      `json:"recurrence,omitempty"`
		Exceptions   []Exception `json:"exceptions,omitempty"`
		Next         *Occurrence `json:"next,omitempty"`
		Status       Status      `json:"status"`
		Sequence     int64       `json:"sequence"`
		Version      int64       `json:"version"`
	}{r.ID, r.Number, r.Kind, r.Subject, r.Description, t.Owner, append([]string{}, t.CoOrganisers...), users, guests, r.Public, r.Lobby,
		r.Start, r.Zone, r.Duration, r.Recurrence, r.Exceptions, next(all, now), r.status(all, now), r.Sequence, r.Version}
}

// announce tells the log what became of a meeting. more sees the event too: those who do not belong to it any more.
func (s *Service) announce(tx *db.Tx, c Caller, what string, r *meetingRow, more ...string) error {
	audience := r.audience()
	audience.Users = append(audience.Users, more...)
	return s.emit(tx, eventlog.Event{
		Tenant: r.Tenant, Type: what, Subject: r.subject(), Actor: c.Actor(), Audience: audience,
	}, r.told(s.now()))
}

// meetingOf reads a meeting that the caller may see, and asks for one more operation on it if op is not "".
func (s *Service) meetingOf(ctx context.Context, q db.Querier, c Caller, id string, op access.Operation) (*meetingRow, error) {
	r, err := oneMeeting(ctx, q, `m.id = $1`, id)
	if errors.Is(err, db.ErrNone) {
		return nil, access.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	if err := s.allow(c, access.MeetingRead, r.target()); err != nil {
		return nil, err
	}
	if op != "" && op != access.MeetingRead {
		return r, s.allow(c, op, r.target())
	}
	return r, nil
}

// Meeting returns one meeting.
func (s *Service) Meeting(ctx context.Context, c Caller, id string) (Meeting, error) {
	var m Meeting
	err := s.deps.DB.Read(ctx, func(q db.Querier) error {
		r, err := s.meetingOf(ctx, q, c, id, access.MeetingRead)
		if err == nil {
			m = r.seenBy(c, s.now())
		}
		return err
	})
	return m, err
}
