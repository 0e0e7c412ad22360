package meetings

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"switchyard/access"
	"switchyard/internal/db"
)

// Change changes the fields of a meeting that are not nil; lists are replaced.
type Change struct {
	Subject      *string     `json:"subject,omitempty"`
	Description  *string     `json:"description,omitempty"`
	CoOrganisers *[]string   `json:"co_organisers,omitempty"`
	Participants *[]string   `json:"participants,omitempty"`
	Guests       *[]NewGuest `json:"guests,omitempty"`
	Public       *bool       `json:"public,omitempty"`
	Lobby        *bool       `json:"lobby,omitempty"`
	MuteOnEntry  *bool       `json:"mute_on_entry,omitempty"`
	Record       *bool       `json:"record,omitempty"`
	Start        *string     `json:"start_local,omitempty"`
	Zone         *string     `json:"zone,omitempty"`
	Duration     *int        `json:"duration,omitempty"`
	Recurrence   *string     `json:"recurrence,omitempty"`
	NewPasscodes bool        `json:"new_passcodes,omitempty"`
}

// OccurrenceChange changes the fields of one occurrence that are not nil.
type OccurrenceChange struct {
	Start       *string `json:"start_local,omitempty"` // wall-clock time in the meeting's zone
	Duration    *int    `json:"duration,omitempty"`
	Subject     *string `json:"subject,omitempty"`
	Description *string `json:"description,omitempty"`
}

// effect is what a change asks for besides what can be seen by comparing.
type effect struct {
	invited   []guestRow  // get their invitation though they had one
	cancelled *Occurrence // the only thing that changed
	touched   string      // the occurrence that changed, by its key
	deleted   string      // user who is told nothing, since its account is gone
}

// Update changes a meeting and tells its people. ifVersion is that of the meeting as the caller read it; 0 is any: ErrVersion.
// When the times of a series change, exceptions stay for the occurrences that are still there.
func (s *Service) Update(ctx context.Context, c Caller, id string, change Change, ifVersion int64) (Meeting, error) {
	if change.Recurrence != nil {
		if err := s.checkTimes(ctx, c, id, change); err != nil {
			return Meeting{}, err
		}
	}
	var m Meeting
	err := s.change(ctx, c, id, access.MeetingUpdate, ifVersion, func(tx *db.Tx, r *meetingRow) (effect, error) {
		if r.Kind != Scheduled && (change.Start != nil || change.Zone != nil || change.Duration != nil || change.Recurrence != nil) {
			return effect{}, fault("start_local", "", "has no place in a meeting of the kind %s", r.Kind)
		}
		if r.Kind == Personal && change.Subject != nil {
			return effect{}, fault("subject", *change.Subject, "cannot be chosen: a personal room is called after its host")
		}
		set(&r.Subject, change.Subject)
		set(&r.Description, change.Description)
		set(&r.Public, change.Public)
		set(&r.Lobby, change.Lobby)
		set(&r.MuteOnEntry, change.MuteOnEntry)
		set(&r.Record, change.Record)
		set(&r.Start, change.Start)
		set(&r.Zone, change.Zone)
		set(&r.Duration, change.Duration)
		set(&r.Recurrence, change.Recurrence)
		if change.NewPasscodes {
			s.newCodes(r)
		}
		if change.CoOrganisers != nil || change.Participants != nil {
			hosts, others := idsOf(r.coOrganisers), idsOf(r.participants)
			set(&hosts, change.CoOrganisers)
			set(&others, change.Participants)
			if err := r.setMembers(ctx, tx, hosts, others); err != nil {
				return effect{}, err
			}
		}
		if change.Guests != nil {
			d, err := defaultsOf(ctx, tx, r.Tenant)
			if err != nil {
				return effect{}, err
			}
			if err := r.setGuests(*change.Guests, d.Language); err != nil {
				return effect{}, err
			}
		}
		return effect{}, nil
	}, &m)
	return m, err
}

// checkTimes checks new times before the transaction, which they should not keep waiting.
func (s *Service) checkTimes(ctx context.Context, c Caller, id string, change Change) error {
	m, err := s.Meeting(ctx, c, id)
	if err != nil {
		return err
	}
	set(&m.Start, change.Start)
	set(&m.Zone, change.Zone)
	set(&m.Duration, change.Duration)
	if m.Kind != Scheduled {
		return nil // the change says what is wrong with that
	}
	_, err = parseSeries(m.Start, m.Zone, m.Duration, *change.Recurrence)
	return err
}

// UpdateOccurrence changes one occurrence of a series; original is its key, whatever it was moved to.
func (s *Service) UpdateOccurrence(ctx context.Context, c Caller, id, original string, change OccurrenceChange, ifVersion int64) (Meeting, error) {
	var m Meeting
	err := s.change(ctx, c, id, access.MeetingUpdate, ifVersion, func(_ *db.Tx, r *meetingRow) (effect, error) {
		e, _, err := r.exceptionFor(original)
		if err != nil {
			return effect{}, err
		}
		if change.Start != nil {
			moved, err := parseLocal("start_local", *change.Start)
			if err != nil {
				return effect{}, err
			}
			text := moved.Format(LocalFormat)
			e.Start = &text
		}
		if change.Duration != nil {
			if err := checkDuration("duration", *change.Duration); err != nil {
				return effect{}, err
			}
			e.Duration = change.Duration
		}
		if change.Subject != nil {
			if err := checkText("subject", *change.Subject, 1, maxSubject, false); err != nil {
				return effect{}, err
			}
			e.Subject = change.Subject
		}
		if change.Description != nil {
			if err := checkText("description", *change.Description, 0, maxDescription, true); err != nil {
				return effect{}, err
			}
			e.Description = change.Description
		}
		return effect{touched: e.Original}, nil
	}, &m)
	return m, err
}

// CancelOccurrence cancels one occurrence of a series.
func (s *Service) CancelOccurrence(ctx context.Context, c Caller, id, original string, ifVersion int64) (Meeting, error) {
	var m Meeting
	err := s.change(ctx, c, id, access.MeetingUpdate, ifVersion, func(_ *db.Tx, r *meetingRow) (effect, error) {
		e, o, err := r.exceptionFor(original)
		if err != nil {
			return effect{}, err
		}
		*e = Exception{Original: e.Original, Cancelled: true}
		return effect{cancelled: o}, nil
	}, &m)
	return m, err
}

// exceptionFor returns the exception of an occurrence, making it if there is none, and the occurrence as it was.
func (r *meetingRow) exceptionFor(original string) (*Exception, *Occurrence, error) {
	wall, err := parseLocal("original", original)
	if err != nil {
		return nil, nil, err
	}
	key := wall.Format(LocalFormat)
	all := r.occurrences()
	i := slices.IndexFunc(all, func(o Occurrence) bool { return o.Original == key })
	if i < 0 || r.Recurrence == "" || all[i].Cancelled {
		return nil, nil, fault("original", original, "is no occurrence of a series")
	}
	if r.exception(key) == nil {
		r.Exceptions = append(r.Exceptions, Exception{Original: key})
	}
	return r.exception(key), &all[i], nil
}

func idsOf(people []person) []string {
	ids := []string{}
	for i := range people {
		ids = append(ids, people[i].ID)
	}
	return ids
}

// change runs f on a meeting and stores, announces and mails what differs after it. seen, if there is one, is the result.
func (s *Service) change(ctx context.Context, c Caller, id string, op access.Operation, ifVersion int64,
	f func(tx *db.Tx, r *meetingRow) (effect, error), seen ...*Meeting) error {
	return s.again(ctx, func(tx *db.Tx) error {
		r, err := s.meetingOf(ctx, tx, c, id, op)
		if err != nil {
			return err
		}
		if ifVersion != 0 && ifVersion != r.Version {
			return ErrVersion
		}
		if r.cancelled != 0 {
			return fault("status", string(Cancelled), "is the end of a meeting; it cannot be changed any more")
		}
		before := *r
		before.Exceptions = slices.Clone(r.Exceptions)
		wants, err := f(tx, r)
		if err != nil {
			return err
		}
		if err := r.check(); err != nil {
			return err
		}
		if err := s.storeChanged(ctx, tx, c, &before, r, wants); err != nil {
			return err
		}
		for _, m := range seen {
			*m = r.seenBy(c, s.now())
		}
		return nil
	})
}

// errOvertaken: a meeting was changed between its reading and its writing in one transaction.
var errOvertaken = fmt.Errorf("%w: it is changed all the time", ErrVersion)

// again runs a transaction anew if somebody else's change of the same meeting came between.
func (s *Service) again(ctx context.Context, f func(tx *db.Tx) error) error {
	err := s.deps.DB.Write(ctx, f)
	for try := 1; try < 5 && errors.Is(err, errOvertaken); try++ {
		err = s.deps.DB.Write(ctx, f)
	}
	return err
}

func (s *Service) storeChanged(ctx context.Context, tx *db.Tx, c Caller, before, r *meetingRow, wants effect) error {
	d := differ(before, r)
	d.gone = slices.DeleteFunc(d.gone, func(p person) bool { return p.ID == wants.deleted })
	if d.calendar || d.people() {
		r.Sequence++
	}
	if err := s.store(ctx, tx, r); err != nil {
		return err
	}
	if err := s.tellPeople(ctx, tx, before, r, d, wants); err != nil {
		return err
	}
	return s.announce(tx, c, "meeting.updated", r, idsOf(d.gone)...)
}

// difference is what changed for the people of a meeting.
type difference struct {
	calendar             bool // when it is, what it is about
	came, gone           []person
	guestsCame, guestsGo []guestRow
}

func (d *difference) people() bool {
	return len(d.came)+len(d.gone)+len(d.guestsCame)+len(d.guestsGo) > 0
}

func differ(before, after *meetingRow) difference {
	key := func(r *meetingRow) string {
		exceptions, _ := json.Marshal(r.Exceptions) // it holds texts and numbers only
		key, _ := json.Marshal([]any{r.Subject, r.Description, r.Start, r.Zone, r.Duration, r.Recurrence, string(exceptions), r.organiser.ID})
		return string(key)
	}
	d := difference{calendar: key(before) != key(after)}
	d.came, d.gone = missing(after.users(), before.users()), missing(before.users(), after.users())
	guests := func(in, from []guestRow) (out []guestRow) {
		for _, g := range in {
			if !slices.ContainsFunc(from, func(h guestRow) bool { return h.ID == g.ID }) {
				out = append(out, g)
			}
		}
		return out
	}
	d.guestsCame, d.guestsGo = guests(after.guests, before.guests), guests(before.guests, after.guests)
	return d
}

// missing are those in one list who are not in another.
func missing(in, from []person) (out []person) {
	for _, p := range in {
		if !slices.ContainsFunc(from, func(o person) bool { return o.ID == p.ID }) {
			out = append(out, p)
		}
	}
	return out
}

// store writes a changed meeting. errOvertaken if it is not any more as it was read.
func (s *Service) store(ctx context.Context, tx *db.Tx, r *meetingRow) error {
	exceptions := []byte("[]")
	if len(r.Exceptions) > 0 {
		var err error
		if exceptions, err = json.Marshal(r.Exceptions); err != nil {
			return err
		}
	}
	subject := r.Subject
	if r.Kind == Personal {
		subject = ""
	}
	r.Version++
	n, err := tx.Exec(ctx, `UPDATE meeting SET subject = $2, subject_key = $3, description = $4, organiser = $5, public = $6, lobby = $7,
			mute_on_entry = $8, record = $9, host_code = $10, guest_code = $11, start_local = $12, zone = $13, duration = $14, recurrence = $15,
			exceptions = $16, sequence = $17, cancelled = $18, version = $19 WHERE id = $1 AND version = $20`,
		r.ID, subject, db.Fold(subject), r.Description, r.organiser.ID, bit(r.Public), bit(r.Lobby), bit(r.MuteOnEntry), bit(r.Record),
		r.hostCode, r.guestCode, r.Start, r.Zone, r.Duration, r.Recurrence, string(exceptions), r.Sequence, r.cancelled, r.Version, r.Version-1)
	if err == nil && n == 0 {
		return errOvertaken
	}
	if err != nil {
		return err
	}
	tx.AfterCommit(func() { s.changed(r) })
	return s.writePeople(ctx, tx, r)
}

// Cancel cancels a meeting, all of it: its people are told, its room is closed, its number rests.
func (s *Service) Cancel(ctx context.Context, c Caller, id string, ifVersion int64) error {
	return s.again(ctx, func(tx *db.Tx) error {
		r, err := s.meetingOf(ctx, tx, c, id, access.MeetingDelete)
		if err != nil {
			return err
		}
		switch {
		case ifVersion != 0 && ifVersion != r.Version:
			return ErrVersion
		case r.cancelled != 0:
			return nil
		case r.Kind == Personal:
			return fault("kind", string(r.Kind), "is a room that stays")
		}
		return s.cancel(ctx, tx, c, r)
	})
}

func (s *Service) cancel(ctx context.Context, tx *db.Tx, c Caller, r *meetingRow) error {
	ahead := r.Kind == Scheduled && lastEnd(r.occurrences()).After(s.now())
	r.cancelled = 1
	r.Sequence++
	if err := s.store(ctx, tx, r); err != nil {
		return err
	}
	if err := s.freeNumber(ctx, tx, r.ID); err != nil {
		return err
	}
	if ahead {
		if err := s.disinvite(ctx, tx, r, r.users(), r.guests); err != nil {
			return err
		}
	}
	tx.AfterCommit(func() { s.closeRoom(r.ID) })
	return s.announce(tx, c, "meeting.cancelled", r)
}
