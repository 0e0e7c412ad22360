package meetings

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

// What List lists.
const (
	WhenScheduled = "scheduled" // what runs or lies ahead, the next first
	WhenPrevious  = "previous"  // what took place, the latest first
)

// ListQuery chooses meetings.
type ListQuery struct {
	When   string // WhenScheduled or WhenPrevious
	Search string // part of a subject or of the name of somebody who is invited
	All    bool   // those of the whole tenant, not only one's own: for who may see them; services always do
	After  string // cursor, as Page gave it
	Limit  int    // 1 to 200
}

// Summary is a meeting as a list shows it.
type Summary struct {
	ID         string      `json:"id"`
	Number     string      `json:"number"`
	Kind       Kind        `json:"kind" enum:"instant,scheduled,personal"`
	Subject    string      `json:"subject"`
	Organiser  Person      `json:"organiser"`
	Public     bool        `json:"public"`
	Recurrence string      `json:"recurrence,omitempty"`
	Zone       string      `json:"zone,omitempty"`
	Status     Status      `json:"status" enum:"not_started,in_progress,ended,cancelled"`
	Occurrence *Occurrence `json:"occurrence,omitempty"` // of what lies ahead
	Instance   *Instance   `json:"instance,omitempty"`   // of what took place
	Version    int64       `json:"version"`
}

// Instance is one run of a meeting's room.
type Instance struct {
	ID        string     `json:"id"`
	Started   time.Time  `json:"started"`
	Ended     *time.Time `json:"ended,omitempty"` // not there: it runs
	Attendees int        `json:"attendees"`       // different people
}

// Page is a part of a list.
type Page struct {
	Meetings []Summary `json:"meetings"`
	Next     string    `json:"next,omitempty"` // cursor of the next page; empty if this is the last
	Seq      int64     `json:"seq"`            // of the event log: what came later is not in it
}

// summaryRow is a meeting beside one of its occurrences or instances.
type summaryRow struct {
	meetingRow
	original                      string
	starts, ends                  int64
	instance                      string
	started, ended, attendees     int64
	hostName, hostMail, hostImage string
}

const summaryColumns = meetingColumns + `, coalesce(h.name, ''), coalesce(h.email, ''), coalesce(h.avatar, '')`

func (r *summaryRow) columns(more ...any) []any {
	return append(append(r.meetingRow.columns(), &r.hostName, &r.hostMail, &r.hostImage), more...)
}

func (r *summaryRow) scheduled() []any { return r.columns(&r.original, &r.starts, &r.ends) }

func (r *summaryRow) previous() []any {
	return r.columns(&r.instance, &r.started, &r.ended, &r.attendees)
}

// mine is the condition that a user takes part in m; the user is $2, or $2 is ” for everybody's meetings.
const mine = `($2 = '' OR m.organiser = $2 OR EXISTS (SELECT 1 FROM meeting_member x WHERE x.meeting = m.id AND x.user_id = $2))`

// found is the condition that m is what a search wants; the pattern is $3.
const found = `($3 = '%%' OR m.subject_key LIKE $3 ESCAPE '\' OR m.number LIKE $3 ESCAPE '\' OR coalesce(h.name_key, '') LIKE $3 ESCAPE '\'
	OR EXISTS (SELECT 1 FROM meeting_member x JOIN meeting_person y ON y.id = x.user_id WHERE x.meeting = m.id AND y.name_key LIKE $3 ESCAPE '\')
	OR EXISTS (SELECT 1 FROM meeting_guest x WHERE x.meeting = m.id AND x.name_key LIKE $3 ESCAPE '\'))`

// List lists meetings of the caller's tenant.
func (s *Service) List(ctx context.Context, c Caller, query ListQuery) (Page, error) {
	if err := s.allow(c, access.MeetingList, access.Target{Tenant: c.Tenant}); err != nil {
		return Page{}, err
	}
	whose, err := s.whose(c, query.All)
	if err != nil {
		return Page{}, err
	}
	if query.Limit < 1 || query.Limit > 200 {
		return Page{}, fault("limit", strconv.Itoa(query.Limit), "is not between 1 and 200")
	}
	at, id, err := parseCursor(query.After)
	if err != nil {
		return Page{}, err
	}
	page := Page{Meetings: []Summary{}}
	pattern := db.Contains(db.Fold(query.Search))
	now := s.now()
	err = s.deps.DB.Read(ctx, func(q db.Querier) error {
		var rows []summaryRow
		var err error
		switch query.When {
		case WhenScheduled:
			rows, err = db.All(ctx, q, (*summaryRow).scheduled, `SELECT `+summaryColumns+`, o.original, o.starts, o.ends
				FROM meeting_occurrence o JOIN meeting m ON m.id = o.meeting LEFT JOIN meeting_person h ON h.id = m.organiser
				WHERE m.tenant = $1 AND m.cancelled = 0 AND `+mine+` AND `+found+`
					AND o.original = (SELECT x.original FROM meeting_occurrence x WHERE x.meeting = m.id AND x.ends > $4 ORDER BY x.starts, x.original LIMIT 1)
					AND (o.starts, m.id) > ($5, $6) ORDER BY o.starts, m.id LIMIT $7`,
				c.Tenant, whose, pattern, now.UnixMicro(), at, id, query.Limit+1)
		case WhenPrevious:
			if query.After == "" {
				at, id = 1<<62, ""
			}
			rows, err = db.All(ctx, q, (*summaryRow).previous, `SELECT `+summaryColumns+`, i.id, i.started, i.ended,
					(SELECT count(DISTINCT a.identity) FROM meeting_attendance a WHERE a.instance = i.id)
				FROM meeting_instance i JOIN meeting m ON m.id = i.meeting LEFT JOIN meeting_person h ON h.id = m.organiser
				WHERE i.tenant = $1 AND i.ended <> 0 AND (`+mine+` OR EXISTS (SELECT 1 FROM meeting_attendance a WHERE a.instance = i.id AND a.user_id = $2))
					AND `+found+` AND (i.started, i.id) < ($4, $5) ORDER BY i.started DESC, i.id DESC LIMIT $6`,
				c.Tenant, whose, pattern, at, id, query.Limit+1)
		default:
			err = fault("when", query.When, "is not one of scheduled, previous")
		}
		if err != nil {
			return err
		}
		for i := range rows {
			if i == query.Limit {
				page.Next = rows[i-1].cursor()
				break
			}
			page.Meetings = append(page.Meetings, rows[i].summary(now))
		}
		head, err := eventlog.ReadHead(ctx, q, c.Tenant)
		page.Seq = head.Seq
		return err
	})
	return page, err
}

// whose is the user whose meetings are listed; "" for those of all.
func (s *Service) whose(c Caller, all bool) (string, error) {
	if c.Kind == access.User && !all {
		return c.ID, nil
	}
	err := s.allow(c, access.MeetingRead, access.Target{Tenant: c.Tenant})
	if errors.Is(err, access.ErrNotFound) { // the list is there, but not for everyone
		err = &access.ForbiddenError{Operation: access.MeetingRead}
	}
	return "", err
}

func (r *summaryRow) cursor() string {
	if r.instance != "" {
		return fmt.Sprintf("%d %s", r.started, r.instance)
	}
	return fmt.Sprintf("%d %s", r.starts, r.ID)
}

func parseCursor(cursor string) (int64, string, error) {
	if cursor == "" {
		return 0, "", nil
	}
	at, id, _ := strings.Cut(cursor, " ")
	n, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return 0, "", fault("after", cursor, "is not a cursor of this list")
	}
	return n, id, nil
}

func (r *summaryRow) summary(now time.Time) Summary {
	m := Summary{
		ID: r.ID, Number: r.Number, Kind: r.Kind, Subject: r.Subject, Public: r.public != 0, Recurrence: r.Recurrence, Zone: r.Zone, Version: r.Version,
		Organiser: Person{ID: r.organiser.ID, Name: r.hostName, Email: r.hostMail, Avatar: r.hostImage},
	}
	if m.Organiser.Name == "" {
		m.Organiser.Name = deletedUser
	}
	if r.Kind == Personal {
		m.Subject = m.Organiser.Name
	}
	if err := r.readExceptions(); err != nil {
		r.Exceptions = nil // it was written by this service
	}
	if r.instance != "" {
		m.Instance = &Instance{ID: r.instance, Started: time.UnixMicro(r.started).UTC(), Ended: moment(r.ended), Attendees: int(r.attendees)}
		m.Status = Ended
		return m
	}
	m.Occurrence = r.cached(r.original, r.starts, r.ends)
	m.Subject = m.Occurrence.Subject
	m.Status = NotStarted
	if r.running > 0 {
		m.Status = InProgress
	}
	return m
}

// cached is an occurrence whose instants were in the cache.
func (r *meetingRow) cached(original string, starts, ends int64) *Occurrence {
	o := &Occurrence{Original: original, Start: time.UnixMicro(starts).UTC(), End: time.UnixMicro(ends).UTC(), Subject: r.Subject}
	if zone, err := parseZone("zone", r.Zone); err == nil {
		o.Local = wallClock(o.Start, zone).Format(LocalFormat)
	}
	if e := r.exception(original); e != nil {
		o.Changed = true
		set(&o.Subject, e.Subject)
	}
	return o
}

// maxAgenda is how many occurrences Upcoming returns.
const maxAgenda = 1000

// Upcoming lists the occurrences of the caller's meetings that touch a span of time, in their order.
func (s *Service) Upcoming(ctx context.Context, c Caller, from, to time.Time) ([]Summary, error) {
	if err := s.allow(c, access.MeetingList, access.Target{Tenant: c.Tenant}); err != nil {
		return nil, err
	}
	whose, err := s.whose(c, false)
	if err != nil {
		return nil, err
	}
	if !from.Before(to) || to.Sub(from) > 366*24*time.Hour {
		return nil, fault("to", to.Format(time.RFC3339), "is not after from, or more than a year after it")
	}
	all := []Summary{}
	err = s.deps.DB.Read(ctx, func(q db.Querier) error {
		rows, err := db.All(ctx, q, (*summaryRow).scheduled, `SELECT `+summaryColumns+`, o.original, o.starts, o.ends
			FROM meeting_occurrence o JOIN meeting m ON m.id = o.meeting LEFT JOIN meeting_person h ON h.id = m.organiser
			WHERE m.tenant = $1 AND m.cancelled = 0 AND `+mine+` AND o.starts < $3 AND o.ends > $4 ORDER BY o.starts, m.id LIMIT $5`,
			c.Tenant, whose, to.UnixMicro(), from.UnixMicro(), maxAgenda)
		for i := range rows {
			all = append(all, rows[i].summary(s.now()))
		}
		return err
	})
	return all, err
}
