package meetings

import (
	"context"
	"errors"
	"fmt"
	"time"

	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

// Participant is somebody in a room.
type Participant struct {
	Identity string
	Name     string
	Kind     string // browser, whip, phone …
}

// Joined remembers that somebody came into a room; the first one begins an instance of the meeting. Like Left and RoomClosed
// it never waits for the database, and does nothing for a room that is not that of a meeting.
func (s *Service) Joined(roomKey string, p Participant, at time.Time) {
	id, isOne := MeetingOf(roomKey)
	if !isOne {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.room(id)
	s.begin(l, at)
	if l.present[p.Identity] != nil {
		return // another device or connection of it
	}
	user, _ := cutUser(p.Identity)
	stay := &stay{id: newID(), identity: p.Identity, name: p.Name, kind: p.Kind, user: user, role: l.roleOf(p.Identity), joined: at}
	l.present[p.Identity] = stay
	s.writeStay(l, *stay, "participant.joined", time.Time{})
	if stay.role.hosts() && !l.opened {
		l.opened = true
		l.wake()
	}
}

// begin begins an instance unless there is one. Service.mu is held.
func (s *Service) begin(l *live, at time.Time) {
	if l.run == "" {
		l.run, l.started = newID(), at
		s.writeRun(l, "meeting.started", time.Time{})
	}
}

// Left remembers that somebody went away.
func (s *Service) Left(roomKey, identity string, at time.Time) {
	id, isOne := MeetingOf(roomKey)
	if !isOne {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.room(id)
	if stay := l.present[identity]; stay != nil {
		delete(l.present, identity)
		s.writeStay(l, *stay, "participant.left", at)
	}
}

// RoomClosed ends the instance: who was removed or let in is forgotten, the next to come begins another one.
func (s *Service) RoomClosed(roomKey string, at time.Time) {
	id, isOne := MeetingOf(roomKey)
	if !isOne {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.rooms[id]
	if l == nil || l.run == "" {
		return
	}
	for _, stay := range l.stays() {
		s.writeStay(l, *stay, "participant.left", at)
	}
	s.writeRun(l, "meeting.ended", at)
	l.reset()
	l.wake()
}

// toldRun is what the log tells of an instance.
type toldRun struct {
	ID       string     `json:"id"` // of the meeting
	Instance string     `json:"instance"`
	Number   string     `json:"number"`
	Subject  string     `json:"subject"`
	Status   Status     `json:"status"`
	Started  time.Time  `json:"started"`
	Ended    *time.Time `json:"ended,omitempty"`
	Guessed  bool       `json:"guessed,omitempty"` // the server was not there when it ended
}

// writeRun has the beginning or the end of an instance written down. Service.mu is held, so that the order is that of what happened.
func (s *Service) writeRun(l *live, what string, ended time.Time) {
	meeting, run, started := l.id, l.run, l.started.UTC()
	s.submit("run:"+run+":"+what, func(ctx context.Context, tx *db.Tx, late bool) error {
		r, err := oneMeeting(ctx, tx, `m.id = $1`, meeting)
		if errors.Is(err, db.ErrNone) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.storeRun(ctx, tx, r, run, what, started, ended, late, false)
	})
}

func (s *Service) storeRun(ctx context.Context, tx *db.Tx, r *meetingRow, run, what string, started, ended time.Time, late, guessed bool) error {
	told := toldRun{ID: r.ID, Instance: run, Number: r.Number, Subject: r.Subject, Status: InProgress, Started: started, Guessed: guessed}
	at, seen, until := started, started, int64(0)
	if !ended.IsZero() {
		ended = ended.UTC()
		at, seen, until = ended, ended, ended.UnixMicro()
		told.Ended, told.Status = &ended, Ended
		if r.Kind == Personal || r.Kind == Scheduled && lastEnd(r.occurrences()).After(s.now()) {
			told.Status = NotStarted // again
		}
		if r.Kind == Instant {
			if _, err := tx.Exec(ctx, `DELETE FROM meeting_occurrence WHERE meeting = $1`, r.ID); err != nil {
				return err
			}
		}
	}
	_, err := tx.Exec(ctx, `INSERT INTO meeting_instance (id, meeting, tenant, started, seen, ended) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (id) DO UPDATE SET seen = excluded.seen, ended = excluded.ended`, run, r.ID, r.Tenant, started.UnixMicro(), seen.UnixMicro(), until)
	if err != nil {
		return err
	}
	return s.emit(tx, eventlog.Event{Tenant: r.Tenant, Type: what, Subject: r.subject(), At: at, Late: late, Audience: r.audience()}, told)
}

// toldStay is what the log tells of somebody's presence.
type toldStay struct {
	Meeting  string     `json:"meeting"`
	Instance string     `json:"instance"`
	Identity string     `json:"identity"`
	User     string     `json:"user,omitempty"`
	Name     string     `json:"name"`
	Kind     string     `json:"kind"`
	Role     Role       `json:"role"`
	Joined   time.Time  `json:"joined"`
	Left     *time.Time `json:"left,omitempty"`
	Guessed  bool       `json:"guessed,omitempty"`
}

// writeStay has somebody's coming or going written down. Service.mu is held. Either writes the whole of the stay, so
// that of the two only the later has to survive a backlog that is full.
func (s *Service) writeStay(l *live, st stay, what string, left time.Time) {
	meeting, run, started := l.id, l.run, l.started
	s.submit("stay:"+st.id, func(ctx context.Context, tx *db.Tx, late bool) error {
		r, err := oneMeeting(ctx, tx, `m.id = $1`, meeting)
		if errors.Is(err, db.ErrNone) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := needRun(ctx, tx, r, run, started); err != nil { // there unless what told of it was lost
			return err
		}
		return s.storeStay(ctx, tx, r, run, st, what, left, late, false)
	})
}

// needRun has the instance written down unless it is: what tells of its beginning may still be on its way.
func needRun(ctx context.Context, tx *db.Tx, r *meetingRow, run string, started time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO meeting_instance (id, meeting, tenant, started, seen, ended) VALUES ($1, $2, $3, $4, $4, 0)
		ON CONFLICT (id) DO NOTHING`, run, r.ID, r.Tenant, started.UnixMicro())
	if err != nil {
		return fmt.Errorf("the instance of the meeting: %w", err)
	}
	return nil
}

func (s *Service) storeStay(ctx context.Context, tx *db.Tx, r *meetingRow, run string, st stay, what string, left time.Time, late, guessed bool) error {
	if st.user != "" { // it may have been deleted since
		if _, err := onePerson(ctx, tx, st.user); errors.Is(err, db.ErrNone) {
			st.identity, st.user, st.name = "deleted-"+st.id, "", deletedUser
		} else if err != nil {
			return err
		}
	}
	told := toldStay{Meeting: r.ID, Instance: run, Identity: st.identity, User: st.user, Name: st.name, Kind: st.kind, Role: st.role, Joined: st.joined.UTC(), Guessed: guessed}
	at, departed := st.joined, int64(0)
	if !left.IsZero() {
		left = left.UTC()
		at, departed, told.Left = left, left.UnixMicro(), &left
	}
	_, err := tx.Exec(ctx, `INSERT INTO meeting_attendance (id, instance, identity, user_id, name, kind, role, joined, departed)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO UPDATE SET departed = excluded.departed`,
		st.id, run, st.identity, st.user, st.name, st.kind, string(st.role), st.joined.UnixMicro(), departed)
	if err != nil {
		return err
	}
	actor := "guest:" + st.identity
	if st.user != "" {
		actor = "user:" + st.user
	}
	return s.emit(tx, eventlog.Event{Tenant: r.Tenant, Type: what, Subject: r.subject(), Actor: actor, At: at, Late: late, Audience: r.audience()}, told)
}

func (s *Service) submit(merge string, do func(ctx context.Context, tx *db.Tx, late bool) error) {
	if err := s.deps.Backlog.Submit(eventlog.Op{Merge: merge, Do: do}); err != nil {
		s.deps.Log.Error("something that happened in a meeting is not written down", "about", merge, "error", err)
	}
}

// heartbeat is how often running instances are marked as seen: by so much the end of one that a crash ended may be wrong.
const heartbeat = time.Minute

// Run marks running instances until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		s.prune()
		if err := s.beat(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, db.ErrUnavailable) {
			s.deps.Log.Error("running meetings could not be marked", "error", err)
		}
	}
}

func (s *Service) beat(ctx context.Context) error {
	s.mu.Lock()
	var runs []string
	for _, l := range s.rooms {
		if l.run != "" {
			runs = append(runs, l.run)
		}
	}
	s.mu.Unlock()
	if len(runs) == 0 {
		return nil
	}
	now := s.now().UnixMicro()
	return s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		for _, run := range runs {
			if _, err := tx.Exec(ctx, `UPDATE meeting_instance SET seen = $2 WHERE id = $1 AND ended = 0 AND seen < $2`, run, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// openRun is an instance that was left open.
type openRun struct {
	id, meeting   string
	started, seen int64
}

func (o *openRun) columns() []any { return []any{&o.id, &o.meeting, &o.started, &o.seen} }

// openStay is a presence that was left open.
type openStay struct {
	stay
	role   string
	joined int64
}

func (o *openStay) columns() []any {
	return []any{&o.id, &o.identity, &o.user, &o.name, &o.kind, &o.role, &o.joined}
}

// Recover closes the instances that a crash left open, at the time at which they were last seen, and computes the cache of instants
// anew, since the zone data may have changed. Call it before anybody joins.
func (s *Service) Recover(ctx context.Context) error {
	err := s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		open, err := db.All(ctx, tx, (*openRun).columns, `SELECT id, meeting, started, seen FROM meeting_instance WHERE ended = 0 ORDER BY id`)
		if err != nil {
			return err
		}
		for _, o := range open {
			if err := s.closeRun(ctx, tx, o); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.refresh(ctx)
}

func (s *Service) closeRun(ctx context.Context, tx *db.Tx, o openRun) error {
	r, err := oneMeeting(ctx, tx, `m.id = $1`, o.meeting)
	if err != nil {
		return err
	}
	seen, err := db.Value[int64](ctx, tx, `SELECT coalesce(max(CASE WHEN departed > joined THEN departed ELSE joined END), 0) FROM meeting_attendance WHERE instance = $1`, o.id)
	if err != nil {
		return err
	}
	end := time.UnixMicro(max(seen, o.seen))
	stays, err := db.All(ctx, tx, (*openStay).columns, `SELECT id, identity, user_id, name, kind, role, joined
		FROM meeting_attendance WHERE instance = $1 AND departed = 0 ORDER BY id`, o.id)
	if err != nil {
		return err
	}
	for i := range stays {
		st := stays[i].stay
		st.role, st.joined = Role(stays[i].role), time.UnixMicro(stays[i].joined)
		if err := s.storeStay(ctx, tx, r, o.id, st, "participant.left", end, true, true); err != nil {
			return err
		}
	}
	return s.storeRun(ctx, tx, r, o.id, "meeting.ended", time.UnixMicro(o.started), end, true, true)
}

// refresh computes the cached instants of the meetings that lie ahead.
func (s *Service) refresh(ctx context.Context) error {
	after := ""
	for {
		var ids []string
		err := s.deps.DB.Write(ctx, func(tx *db.Tx) (err error) {
			ids, err = db.Values[string](ctx, tx, `SELECT m.id FROM meeting m WHERE m.id > $1 AND m.kind = 'scheduled' AND m.cancelled = 0
				AND EXISTS (SELECT 1 FROM meeting_occurrence o WHERE o.meeting = m.id AND o.ends > $2) ORDER BY m.id LIMIT 50`,
				after, s.now().Add(-24*time.Hour).UnixMicro())
			for _, id := range ids {
				if err != nil {
					return err
				}
				err = s.refreshOne(ctx, tx, id)
			}
			return err
		})
		if err != nil || len(ids) == 0 {
			return err
		}
		after = ids[len(ids)-1]
	}
}

func (s *Service) refreshOne(ctx context.Context, tx *db.Tx, id string) error {
	r, err := oneMeeting(ctx, tx, `m.id = $1`, id)
	if err != nil {
		return err
	}
	stored, err := db.Values[int64](ctx, tx, `SELECT starts FROM meeting_occurrence WHERE meeting = $1 ORDER BY original`, id)
	if err != nil {
		return err
	}
	for _, o := range r.occurrences() { // the order of their keys is that of the series
		if o.Cancelled {
			continue
		}
		if len(stored) == 0 || stored[0] != o.Start.UnixMicro() {
			return s.writeOccurrences(ctx, tx, r)
		}
		stored = stored[1:]
	}
	return nil
}
