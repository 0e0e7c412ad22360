package meetings

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
)

// NewGuest is somebody from outside who is to be invited by mail.
type NewGuest struct {
	Email    string `json:"email"`
	Name     string `json:"name,omitempty"`
	Language string `json:"language,omitempty"` // "" is the tenant's
}

// NewMeeting is what a meeting begins with. What is nil is as the tenant's settings have it.
type NewMeeting struct {
	Kind         Kind       `json:"kind" enum:"instant,scheduled"` // instant or scheduled
	Subject      string     `json:"subject"`
	Description  string     `json:"description,omitempty"`
	Organiser    string     `json:"organiser,omitempty"` // of a service's meeting; a user's own is its own
	CoOrganisers []string   `json:"co_organisers,omitempty"`
	Participants []string   `json:"participants,omitempty"`
	Guests       []NewGuest `json:"guests,omitempty"`
	Public       *bool      `json:"public,omitempty"`
	Lobby        *bool      `json:"lobby,omitempty"`
	MuteOnEntry  *bool      `json:"mute_on_entry,omitempty"`
	Record       *bool      `json:"record,omitempty"`
	Start        string     `json:"start_local,omitempty"`
	Zone         string     `json:"zone,omitempty"`
	Duration     int        `json:"duration,omitempty"`
	Recurrence   string     `json:"recurrence,omitempty"`
}

// Create makes an instant or a scheduled meeting and invites its people.
func (s *Service) Create(ctx context.Context, c Caller, n NewMeeting) (Meeting, error) {
	organiser := n.Organiser
	if c.Kind == access.User {
		if organiser != "" && organiser != c.ID {
			return Meeting{}, fault("organiser", organiser, "is somebody else")
		}
		organiser = c.ID
	}
	if err := s.allow(c, access.MeetingCreate, access.Target{Tenant: c.Tenant, Owner: organiser}); err != nil {
		return Meeting{}, err
	}
	if n.Kind == Scheduled {
		if _, err := parseSeries(n.Start, n.Zone, n.Duration, n.Recurrence); err != nil {
			return Meeting{}, err
		}
	}
	var m Meeting
	err := s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		r, err := s.build(ctx, tx, c, organiser, n)
		if err != nil {
			return err
		}
		if err := s.insert(ctx, tx, r); err != nil {
			return err
		}
		if err := s.invite(ctx, tx, r, r.coOrganisers, r.participants, r.guests); err != nil {
			return err
		}
		m = r.seenBy(c, s.now())
		return s.announce(tx, c, "meeting.created", r)
	})
	return m, err
}

// build checks a new meeting.
func (s *Service) build(ctx context.Context, tx *db.Tx, c Caller, organiser string, n NewMeeting) (*meetingRow, error) {
	d, err := defaultsOf(ctx, tx, c.Tenant)
	if err != nil {
		return nil, err
	}
	r := &meetingRow{Meeting: Meeting{
		ID: newID(), Tenant: c.Tenant, Kind: n.Kind, Subject: n.Subject, Description: n.Description,
		Public: d.PublicByDefault, Lobby: d.Lobby, MuteOnEntry: d.MuteOnEntry, Record: d.RecordByDefault,
		Version: 1, Created: s.now().UTC(),
	}}
	set(&r.Public, n.Public)
	set(&r.Lobby, n.Lobby)
	set(&r.MuteOnEntry, n.MuteOnEntry)
	set(&r.Record, n.Record)
	switch n.Kind {
	case Scheduled:
		r.Start, r.Zone, r.Duration, r.Recurrence = n.Start, n.Zone, n.Duration, n.Recurrence
	case Instant:
		if n.Start != "" || n.Recurrence != "" {
			return nil, fault("start_local", n.Start, "has no place in an instant meeting")
		}
		r.Duration = instantDuration
	default:
		return nil, fault("kind", string(n.Kind), "is not one of instant, scheduled")
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	host, err := peopleOf(ctx, tx, "organiser", c.Tenant, []string{organiser})
	if err != nil {
		return nil, err
	}
	r.organiser = host[0]
	if err := r.setMembers(ctx, tx, n.CoOrganisers, n.Participants); err != nil {
		return nil, err
	}
	if err := r.setGuests(n.Guests, d.Language); err != nil {
		return nil, err
	}
	s.newCodes(r)
	return r, nil
}

// check checks the texts and times of a meeting and brings them into the form in which they are stored.
func (r *meetingRow) check() error {
	if r.Kind != Personal {
		if err := checkText("subject", r.Subject, 1, maxSubject, false); err != nil {
			return err
		}
	}
	if err := checkText("description", r.Description, 0, maxDescription, true); err != nil {
		return err
	}
	if r.Kind != Scheduled {
		return nil
	}
	series, err := parseSeries(r.Start, r.Zone, r.Duration, r.Recurrence)
	if err != nil {
		return err
	}
	r.Start, r.Recurrence = series.start.Format(LocalFormat), series.text()
	r.dropStrays(&series)
	return nil
}

// setMembers takes who is invited: nobody twice, a co-organiser is no participant as well.
func (r *meetingRow) setMembers(ctx context.Context, tx *db.Tx, coOrganisers, participants []string) error {
	if n := len(coOrganisers) + len(participants); n > maxMembers {
		return fault("participants", "", "are %d users; at most %d are allowed", n, maxMembers)
	}
	isHost := func(id string) bool { return id == r.organiser.ID }
	hosts := slices.DeleteFunc(slices.Clone(coOrganisers), isHost)
	others := slices.DeleteFunc(slices.Clone(participants), func(id string) bool { return isHost(id) || slices.Contains(hosts, id) })
	var err error
	if r.coOrganisers, err = peopleOf(ctx, tx, "co_organisers", r.Tenant, hosts); err != nil {
		return err
	}
	r.participants, err = peopleOf(ctx, tx, "participants", r.Tenant, others)
	return err
}

// setGuests takes the guests, of whom those who were invited before stay who they are.
func (r *meetingRow) setGuests(wanted []NewGuest, tenantLanguage string) error {
	if len(wanted) > maxMembers {
		return fault("guests", "", "are %d; at most %d are allowed", len(wanted), maxMembers)
	}
	var stay []guestRow
	for i, w := range wanted {
		field := fmt.Sprintf("guests[%d]", i)
		if err := checkEmail(field+".email", w.Email); err != nil {
			return err
		}
		if err := checkText(field+".name", w.Name, 0, maxName, false); err != nil {
			return err
		}
		if w.Language != "" && !slices.Contains(Languages, w.Language) {
			return fault(field+".language", w.Language, "is not one of en, nl, fr, de, ja")
		}
		same := func(g guestRow) bool { return db.Fold(g.Email) == db.Fold(w.Email) }
		if slices.ContainsFunc(stay, same) {
			continue
		}
		g := guestRow{Guest: Guest{ID: newID()}, meeting: r.ID, link: 1}
		if j := slices.IndexFunc(r.guests, same); j >= 0 {
			g = r.guests[j]
		}
		g.Email, g.Language = w.Email, language(w.Language, g.Language, tenantLanguage)
		if w.Name != "" {
			g.Name = w.Name
		}
		stay = append(stay, g)
	}
	r.guests = stay
	return nil
}

// insert writes a new meeting.
func (s *Service) insert(ctx context.Context, tx *db.Tx, r *meetingRow) error {
	var err error
	if r.Number, err = s.takeNumber(ctx, tx, r.ID); err != nil {
		return err
	}
	subject := r.Subject
	if r.Kind == Personal {
		subject = ""
	}
	_, err = tx.Exec(ctx, `INSERT INTO meeting (id, tenant, number, kind, subject, subject_key, description, organiser, public, lobby, mute_on_entry,
			record, host_code, guest_code, start_local, zone, duration, recurrence, exceptions, sequence, cancelled, created, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, '[]', 0, 0, $19, 1)`,
		r.ID, r.Tenant, r.Number, string(r.Kind), subject, db.Fold(subject), r.Description, r.organiser.ID, bit(r.Public), bit(r.Lobby),
		bit(r.MuteOnEntry), bit(r.Record), r.hostCode, r.guestCode, r.Start, r.Zone, r.Duration, r.Recurrence, r.Created.UnixMicro())
	if err != nil {
		return err
	}
	return s.writePeople(ctx, tx, r)
}

// writePeople writes who is invited and when the meeting is.
func (s *Service) writePeople(ctx context.Context, tx *db.Tx, r *meetingRow) error {
	if _, err := tx.Exec(ctx, `DELETE FROM meeting_member WHERE meeting = $1`, r.ID); err != nil {
		return err
	}
	for i, p := range slices.Concat(r.coOrganisers, r.participants) {
		_, err := tx.Exec(ctx, `INSERT INTO meeting_member (meeting, user_id, host, position) VALUES ($1, $2, $3, $4)`,
			r.ID, p.ID, bit(i < len(r.coOrganisers)), i)
		if err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, `DELETE FROM meeting_guest WHERE meeting = $1`, r.ID); err != nil {
		return err
	}
	for _, g := range r.guests {
		_, err := tx.Exec(ctx, `INSERT INTO meeting_guest (id, meeting, name, name_key, email, email_key, language, link) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			g.ID, r.ID, g.Name, db.Fold(g.Name+" "+g.Email), g.Email, db.Fold(g.Email), g.Language, g.link)
		if err != nil {
			return err
		}
	}
	return s.writeOccurrences(ctx, tx, r)
}

// writeOccurrences computes the cache of instants anew.
func (s *Service) writeOccurrences(ctx context.Context, tx *db.Tx, r *meetingRow) error {
	if _, err := tx.Exec(ctx, `DELETE FROM meeting_occurrence WHERE meeting = $1`, r.ID); err != nil {
		return err
	}
	if r.cancelled != 0 {
		return nil
	}
	type row struct {
		original     string
		starts, ends int64
	}
	var rows []row
	switch r.Kind {
	case Scheduled:
		for _, o := range r.occurrences() {
			if !o.Cancelled {
				rows = append(rows, row{o.Original, o.Start.UnixMicro(), o.End.UnixMicro()})
			}
		}
	case Instant:
		rows = []row{{"", r.Created.UnixMicro(), r.Created.Add(instantDuration * time.Minute).UnixMicro()}}
	}
	for part := range slices.Chunk(rows, 100) {
		var values []string
		args := []any{r.ID}
		for _, o := range part {
			values = append(values, fmt.Sprintf("($1, $%d, $%d, $%d)", len(args)+1, len(args)+2, len(args)+3))
			args = append(args, o.original, o.starts, o.ends)
		}
		if _, err := tx.Exec(ctx, `INSERT INTO meeting_occurrence (meeting, original, starts, ends) VALUES `+strings.Join(values, ", "), args...); err != nil {
			return err
		}
	}
	return nil
}
