package meetings

import (
	"context"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
)

// Attendance is one stay of somebody in a meeting's room.
type Attendance struct {
	Identity string     `json:"identity"`
	User     string     `json:"user,omitempty"`
	Name     string     `json:"name"`
	Kind     string     `json:"kind"` // browser, phone …
	Role     Role       `json:"role" enum:"host,co_organiser,participant,guest"`
	Joined   time.Time  `json:"joined"`
	Left     *time.Time `json:"left,omitempty"` // not there: is in the room
}

// InstanceDetails is one run of a meeting's room and who was there.
type InstanceDetails struct {
	Instance
	Attendance []Attendance `json:"attendance"`
}

// Details is a meeting and its latest runs.
type Details struct {
	Meeting
	Locked    bool              `json:"locked" doc:"Its room is open and locked: whoever is no host knocks."`
	Instances []InstanceDetails `json:"instances"` // the latest first, at most 20
}

const (
	maxInstances  = 20
	maxAttendance = 5000
)

type instanceRow struct {
	id                        string
	started, ended, attendees int64
}

func (r *instanceRow) columns() []any { return []any{&r.id, &r.started, &r.ended, &r.attendees} }

type attendanceRow struct {
	Attendance
	joined, departed int64
}

func (r *attendanceRow) columns() []any {
	return []any{&r.Identity, &r.User, &r.Name, &r.Kind, &r.Role, &r.joined, &r.departed}
}

// Details returns a meeting with its latest runs and who was there.
func (s *Service) Details(ctx context.Context, c Caller, id string) (Details, error) {
	d := Details{Instances: []InstanceDetails{}}
	err := s.deps.DB.Read(ctx, func(q db.Querier) error {
		r, err := s.meetingOf(ctx, q, c, id, access.MeetingRead)
		if err != nil {
			return err
		}
		d.Meeting = r.seenBy(c, s.now())
		d.Locked = s.locked(id)
		rows, err := db.All(ctx, q, (*instanceRow).columns, `SELECT i.id, i.started, i.ended,
				(SELECT count(DISTINCT a.identity) FROM meeting_attendance a WHERE a.instance = i.id)
			FROM meeting_instance i WHERE i.meeting = $1 ORDER BY i.started DESC, i.id DESC LIMIT $2`, id, maxInstances)
		if err != nil {
			return err
		}
		for _, row := range rows {
			one := InstanceDetails{Attendance: []Attendance{}}
			one.ID, one.Started, one.Attendees, one.Ended = row.id, time.UnixMicro(row.started).UTC(), int(row.attendees), moment(row.ended)
			stays, err := db.All(ctx, q, (*attendanceRow).columns, `SELECT identity, user_id, name, kind, role, joined, departed
				FROM meeting_attendance WHERE instance = $1 ORDER BY joined, id LIMIT $2`, row.id, maxAttendance)
			if err != nil {
				return err
			}
			for _, st := range stays {
				st.Joined, st.Left = time.UnixMicro(st.joined).UTC(), moment(st.departed)
				one.Attendance = append(one.Attendance, st.Attendance)
			}
			d.Instances = append(d.Instances, one)
		}
		return nil
	})
	return d, err
}

// locked reports whether a meeting's room is locked at this moment.
func (s *Service) locked(meeting string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.rooms[meeting]
	return l != nil && l.locked
}

// moment is a time that may not have come yet.
func moment(at int64) *time.Time {
	if at == 0 {
		return nil
	}
	t := time.UnixMicro(at).UTC()
	return &t
}
