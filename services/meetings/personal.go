package meetings

import (
	"context"
	"errors"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
)

// Personal returns the caller's own room, which is made when it is first asked for and keeps its number.
func (s *Service) Personal(ctx context.Context, c Caller) (Meeting, error) {
	if err := s.allow(c, access.SelfRead, access.Target{Owner: c.ID}); err != nil {
		return Meeting{}, err
	}
	m, err := s.personal(ctx, c)
	var taken *db.ConflictError
	if errors.As(err, &taken) { // somebody signed in twice asked at once
		return s.personal(ctx, c)
	}
	return m, err
}

func (s *Service) personal(ctx context.Context, c Caller) (Meeting, error) {
	var m Meeting
	err := s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		r, err := oneMeeting(ctx, tx, `m.organiser = $1 AND m.kind = 'personal' AND m.cancelled = 0`, c.ID)
		if err == nil {
			m = r.seenBy(c, s.now())
			return nil
		}
		if !errors.Is(err, db.ErrNone) {
			return err
		}
		d, err := defaultsOf(ctx, tx, c.Tenant)
		if err != nil {
			return err
		}
		owner, err := peopleOf(ctx, tx, "organiser", c.Tenant, []string{c.ID})
		if err != nil {
			return err
		}
		r = &meetingRow{Meeting: Meeting{
			ID: newID(), Tenant: c.Tenant, Kind: Personal, Public: d.PublicByDefault, Lobby: d.Lobby, MuteOnEntry: d.MuteOnEntry,
			Record: d.RecordByDefault, Subject: owner[0].Name, Version: 1, Created: s.now().UTC(),
		}, organiser: owner[0]}
		s.newCodes(r)
		if err := s.insert(ctx, tx, r); err != nil {
			return err
		}
		m = r.seenBy(c, s.now())
		return s.announce(tx, c, "meeting.created", r)
	})
	return m, err
}

// Known is a room that somebody may want to join.
type Known struct {
	Meeting string     `json:"meeting"`
	Number  string     `json:"number"`
	Kind    Kind       `json:"kind" enum:"instant,scheduled,personal"`
	Subject string     `json:"subject"`
	Host    Person     `json:"host"`
	Joined  *time.Time `json:"joined,omitempty"` // when the caller was last there
}

type knownRow struct {
	Known
	joined int64
}

func (k *knownRow) columns() []any {
	return []any{&k.Meeting, &k.Number, &k.Kind, &k.Subject, &k.Host.ID, &k.Host.Name, &k.Host.Avatar, &k.joined}
}

const maxKnown = 50

// Recent lists the meetings that the caller joined, the latest first.
func (s *Service) Recent(ctx context.Context, c Caller) ([]Known, error) {
	if err := s.allow(c, access.SelfRead, access.Target{Owner: c.ID}); err != nil {
		return nil, err
	}
	return s.listKnown(ctx, `SELECT m.id, m.number, m.kind, m.subject, m.organiser, coalesce(p.name, ''), coalesce(p.avatar, ''), t.joined
		FROM (SELECT i.meeting AS meeting, max(a.joined) AS joined FROM meeting_attendance a JOIN meeting_instance i ON i.id = a.instance
			WHERE a.user_id = $1 GROUP BY i.meeting) t
		JOIN meeting m ON m.id = t.meeting LEFT JOIN meeting_person p ON p.id = m.organiser
		WHERE m.tenant = $2 AND m.cancelled = 0 ORDER BY t.joined DESC, m.id LIMIT $3`, c.ID, c.Tenant, maxKnown)
}

// Directory finds the personal rooms of colleagues by the host's name. Only people of the organisation may ask.
func (s *Service) Directory(ctx context.Context, c Caller, search string) ([]Known, error) {
	if err := s.allow(c, access.MeetingList, access.Target{Tenant: c.Tenant}); err != nil {
		return nil, err
	}
	return s.listKnown(ctx, `SELECT m.id, m.number, m.kind, m.subject, p.id, p.name, p.avatar, 0
		FROM meeting m JOIN meeting_person p ON p.id = m.organiser
		WHERE m.tenant = $1 AND m.kind = 'personal' AND m.cancelled = 0 AND p.active = 1 AND p.name_key LIKE $2 ESCAPE '\'
		ORDER BY p.name_key, m.id LIMIT $3`, c.Tenant, db.Contains(db.Fold(search)), maxKnown)
}

// listKnown reads what Recent and Directory list.
func (s *Service) listKnown(ctx context.Context, query string, args ...any) ([]Known, error) {
	all := []Known{}
	err := s.deps.DB.Read(ctx, func(q db.Querier) error {
		rows, err := db.All(ctx, q, (*knownRow).columns, query, args...)
		for _, r := range rows {
			if r.Host.Name == "" {
				r.Host.Name = deletedUser
			}
			if r.Kind == Personal {
				r.Subject = r.Host.Name
			}
			if r.joined != 0 {
				joined := time.UnixMicro(r.joined).UTC()
				r.Joined = &joined
			}
			all = append(all, r.Known)
		}
		return err
	})
	return all, err
}
