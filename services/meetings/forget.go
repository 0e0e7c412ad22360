package meetings

import (
	"context"
	"slices"
	"time"

	"switchyard/internal/db"
)

// forget removes what is kept of a user. Meetings of its that lie ahead go to a co-organiser, or are cancelled if there is
// none; of its presence in others stays that somebody was there, of what it said to everybody there what was said.
func (s *Service) forget(ctx context.Context, tx *db.Tx, user string) error {
	organised, err := db.Values[string](ctx, tx, `SELECT id FROM meeting WHERE organiser = $1 ORDER BY id`, user)
	if err != nil {
		return err
	}
	for _, id := range organised {
		if err := s.handOn(ctx, tx, id); err != nil {
			return err
		}
	}
	invited, err := db.Values[string](ctx, tx, `SELECT m.id FROM meeting m JOIN meeting_member x ON x.meeting = m.id
		WHERE x.user_id = $1 AND m.cancelled = 0 ORDER BY m.id`, user)
	if err != nil {
		return err
	}
	for _, id := range invited {
		if err := s.leaveOut(ctx, tx, id, user); err != nil {
			return err
		}
	}
	for _, statement := range []string{
		`DELETE FROM meeting_member WHERE user_id = $1`,
		`DELETE FROM meeting_feed WHERE user_id = $1`,
		`DELETE FROM meeting_person WHERE id = $1`,
	} {
		if _, err := tx.Exec(ctx, statement, user); err != nil {
			return err
		}
	}
	tx.AfterCommit(func() { s.expel(user) })
	_, err = tx.Exec(ctx, `UPDATE meeting_message SET participant = '', identity = 'deleted-' || id, user_id = '', name = $2 WHERE user_id = $1`, user, deletedUser)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE meeting_attendance SET identity = 'deleted-' || id, user_id = '', name = $2 WHERE user_id = $1`, user, deletedUser)
	return err
}

// expel turns a user out of every room.
func (s *Service) expel(user string) {
	identity := userPrefix + user
	var in []string
	s.mu.Lock()
	for id, l := range s.rooms {
		if l.present[identity] != nil {
			in = append(in, id)
		}
	}
	s.mu.Unlock()
	for _, id := range in {
		if err := s.deps.Rooms.Remove(RoomKey(id), identity, refusalText("inactive", "en")); err != nil {
			s.deps.Log.Warn("somebody whose account was deleted could not be removed from a room", "meeting", id, "error", err)
		}
	}
}

// handOn finds a meeting whose organiser goes a new one, or cancels it.
func (s *Service) handOn(ctx context.Context, tx *db.Tx, id string) error {
	r, err := oneMeeting(ctx, tx, `m.id = $1`, id)
	if err != nil {
		return err
	}
	gone := r.organiser
	heir := slices.IndexFunc(r.coOrganisers, func(p person) bool { return p.active != 0 })
	over := r.cancelled != 0 || r.status(r.occurrences(), s.now()) == Ended
	before := *r
	switch {
	case r.Kind != Personal && !over && heir >= 0:
		r.organiser = r.coOrganisers[heir]
		r.coOrganisers = slices.Delete(slices.Clone(r.coOrganisers), heir, heir+1)
		return s.storeChanged(ctx, tx, Caller{}, &before, r, effect{deleted: gone.ID})
	case r.cancelled == 0 && (r.Kind == Personal || !over):
		if r.Kind == Personal {
			r.guests, r.Description = nil, ""
		}
		if err := s.cancel(ctx, tx, Caller{}, r); err != nil {
			return err
		}
	}
	r.organiser = person{Name: deletedUser}
	r.Version++
	tx.AfterCommit(func() { s.changed(r) })
	if _, err := tx.Exec(ctx, `UPDATE meeting SET organiser = '', version = version + 1 WHERE id = $1 AND organiser = $2`, id, gone.ID); err != nil {
		return err
	}
	return s.writePeople(ctx, tx, r)
}

// leaveOut takes a user who goes out of a meeting, without a mail to it.
func (s *Service) leaveOut(ctx context.Context, tx *db.Tx, id, user string) error {
	r, err := oneMeeting(ctx, tx, `m.id = $1`, id)
	if err != nil {
		return err
	}
	is := func(p person) bool { return p.ID == user }
	r.coOrganisers, r.participants = slices.DeleteFunc(r.coOrganisers, is), slices.DeleteFunc(r.participants, is)
	if err := s.store(ctx, tx, r); err != nil {
		return err
	}
	return s.announce(tx, Caller{}, "meeting.updated", r)
}

const cleanBatch = 100

// Clean removes meetings that were over longer ago than keep, runs so old of those that stay, with attendance and chat, and gives
// numbers free that have rested for 400 days.
func (s *Service) Clean(ctx context.Context, keep time.Duration) error {
	before := s.now().Add(-keep).UnixMicro()
	for more := true; more; {
		err := s.deps.DB.Write(ctx, func(tx *db.Tx) error {
			old, err := db.Values[string](ctx, tx, `SELECT m.id FROM meeting m WHERE (m.kind <> 'personal' OR m.cancelled = 1) AND m.created < $1
				AND NOT EXISTS (SELECT 1 FROM meeting_occurrence o WHERE o.meeting = m.id AND o.ends >= $1)
				AND NOT EXISTS (SELECT 1 FROM meeting_instance i WHERE i.meeting = m.id AND (i.ended = 0 OR i.ended >= $1))
				ORDER BY m.id LIMIT $2`, before, cleanBatch)
			if err != nil {
				return err
			}
			more = len(old) == cleanBatch
			for _, id := range old {
				if err := s.remove(ctx, tx, id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if err := s.cleanRuns(ctx, before); err != nil {
		return err
	}
	return s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM meeting_number WHERE freed <> 0 AND freed < $1`, s.now().Add(-numberRest).UnixMicro())
		return err
	})
}

// cleanRuns removes runs that ended before a time.
func (s *Service) cleanRuns(ctx context.Context, before int64) error {
	for more := true; more; {
		err := s.deps.DB.Write(ctx, func(tx *db.Tx) error {
			old, err := db.Values[string](ctx, tx, `SELECT id FROM meeting_instance WHERE ended <> 0 AND ended < $1 ORDER BY id LIMIT $2`, before, cleanBatch)
			more = len(old) == cleanBatch
			for _, id := range old {
				for _, statement := range []string{
					`DELETE FROM meeting_message WHERE instance = $1`, `DELETE FROM meeting_attendance WHERE instance = $1`, `DELETE FROM meeting_instance WHERE id = $1`,
				} {
					if _, err := tx.Exec(ctx, statement, id); err != nil {
						return err
					}
				}
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// remove removes a meeting without a trace but its number.
func (s *Service) remove(ctx context.Context, tx *db.Tx, id string) error {
	if err := s.freeNumber(ctx, tx, id); err != nil {
		return err
	}
	for _, statement := range []string{
		`DELETE FROM meeting_message WHERE instance IN (SELECT i.id FROM meeting_instance i WHERE i.meeting = $1)`,
		`DELETE FROM meeting_attendance WHERE instance IN (SELECT i.id FROM meeting_instance i WHERE i.meeting = $1)`,
		`DELETE FROM meeting_instance WHERE meeting = $1`,
		`DELETE FROM meeting_occurrence WHERE meeting = $1`,
		`DELETE FROM meeting_guest WHERE meeting = $1`,
		`DELETE FROM meeting_member WHERE meeting = $1`,
		`DELETE FROM meeting WHERE id = $1`,
	} {
		if _, err := tx.Exec(ctx, statement, id); err != nil {
			return err
		}
	}
	return nil
}
