package meetings

import (
	"context"
	"encoding/json"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

func TestAttendanceOverLeaveAndReturn(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		m := h.create(plan())
		room := RoomKey(m.ID)
		at := func(minutes int) time.Time { return begin.Add(time.Duration(minutes) * time.Minute) }
		h.Joined("team", Participant{Identity: "x"}, at(0)) // no meeting
		h.Left("team", "x", at(0))
		h.RoomClosed("team", at(0))
		h.knock(m.ID, "user-ann").want(t, "ann", "in")
		h.Joined(room, Participant{Identity: "user-ann", Name: "Ann", Kind: "browser"}, at(0))
		h.Joined(room, Participant{Identity: "user-ann", Name: "Ann", Kind: "phone"}, at(1)) // her other device
		h.Joined(room, Participant{Identity: "guest-1", Name: "Gast", Kind: "phone"}, at(2))
		h.Left(room, "guest-1", at(10))
		h.Left(room, "guest-1", at(11)) // twice
		h.Joined(room, Participant{Identity: "guest-1", Name: "Gast", Kind: "browser"}, at(20))
		h.events(0)
		got, err := h.Meeting(t.Context(), user("carl"), m.ID)
		if err != nil || got.Status != InProgress {
			t.Errorf("%s, %v", got.Status, err)
		}
		h.RoomClosed(room, at(30))
		h.RoomClosed(room, at(31)) // twice
		events := h.events(1)
		want(t, "events", typesOf(events), []string{
			"meeting.started", "participant.joined", "participant.joined", "participant.left", "participant.joined",
			"participant.left", "participant.left", "meeting.ended",
		})
		for _, e := range events {
			if e.Late || len(e.Audience.Users) != 4 || e.Audience.Everybody || e.Subject != "meeting:"+m.ID {
				t.Errorf("%+v", e)
			}
		}
		d, err := h.Details(t.Context(), user("carl"), m.ID)
		if err != nil || len(d.Instances) != 1 || d.Status != NotStarted {
			t.Fatalf("%+v, %v", d, err)
		}
		type line struct {
			Name, Kind string
			Role       Role
			From, To   int
		}
		var lines []line
		for _, a := range d.Instances[0].Attendance {
			lines = append(lines, line{a.Name, a.Kind, a.Role, int(a.Joined.Sub(begin).Minutes()), int(a.Left.Sub(begin).Minutes())})
		}
		want(t, "attendance", lines, []line{{"Ann", "browser", RoleHost, 0, 30}, {"Gast", "phone", RoleGuest, 2, 10}, {"Gast", "browser", RoleGuest, 20, 30}})
		want(t, "attendees", d.Instances[0].Attendees, 2)
		recent, err := h.Recent(t.Context(), user("ann"))
		if err != nil || len(recent) != 1 || recent[0].Meeting != m.ID || !recent[0].Joined.Equal(begin) {
			t.Errorf("%+v, %v", recent, err)
		}
		h.Joined(room, Participant{Identity: "user-bob", Name: "Bob"}, at(60))
		h.RoomClosed(room, at(61))
		h.events(0)
		page, err := h.List(t.Context(), user("dora"), ListQuery{When: WhenPrevious, Limit: 1})
		if err != nil || len(page.Meetings) != 1 || page.Next == "" || !page.Meetings[0].Instance.Started.Equal(at(60)) {
			t.Fatalf("%+v, %v", page, err)
		}
		page, err = h.List(t.Context(), user("dora"), ListQuery{When: WhenPrevious, Limit: 1, After: page.Next})
		if err != nil || len(page.Meetings) != 1 || page.Next != "" || page.Meetings[0].Instance.Attendees != 2 {
			t.Errorf("%+v, %v", page, err)
		}
		page, err = h.List(t.Context(), user("eve"), ListQuery{When: WhenPrevious, Limit: 1})
		if err != nil || len(page.Meetings) != 0 {
			t.Errorf("a colleague sees %+v, %v", page, err)
		}
	})
}

// TestCrashLeavesNothingOpen: another process takes over the database of one that ended in the middle of a meeting.
func TestCrashLeavesNothingOpen(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		m := h.create(plan())
		room := RoomKey(m.ID)
		h.Joined(room, Participant{Identity: "user-ann", Name: "Ann"}, begin)
		h.Joined(room, Participant{Identity: "user-bob", Name: "Bob"}, begin.Add(time.Minute))
		h.Left(room, "user-bob", begin.Add(2*time.Minute))
		before := int64(len(h.events(0)))
		h.clock.set(begin.Add(40 * time.Minute))
		if err := h.beat(t.Context()); err != nil {
			t.Fatal(err)
		}
		h.clock.set(begin.Add(2 * time.Hour))
		after := New(h.deps)
		if err := after.Recover(t.Context()); err != nil {
			t.Fatal(err)
		}
		events := h.events(before)
		want(t, "events", typesOf(events), []string{"participant.left", "meeting.ended"})
		for _, e := range events {
			if !e.Late || !e.At.Equal(begin.Add(40*time.Minute)) {
				t.Errorf("%+v", e)
			}
			var body struct{ Guessed bool }
			if err := json.Unmarshal(e.Body, &body); err != nil || !body.Guessed {
				t.Errorf("%s", e.Body)
			}
		}
		d, err := after.Details(t.Context(), user("ann"), m.ID)
		if err != nil || d.Instances[0].Ended == nil || !d.Instances[0].Ended.Equal(begin.Add(40*time.Minute)) || d.Status == InProgress {
			t.Errorf("%+v, %v", d, err)
		}
		for _, a := range d.Instances[0].Attendance {
			if a.Left == nil {
				t.Errorf("%+v is still there", a)
			}
		}
		if err := after.Recover(t.Context()); err != nil || len(h.events(before)) != 2 {
			t.Errorf("the second time: %v", err)
		}
	})
}

// TestWithoutDatabaseNothingWaits: what happens meanwhile is written down later, in order, and says so.
func TestWithoutDatabaseNothingWaits(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		m := h.create(plan())
		room := RoomKey(m.ID)
		h.backlog = eventlog.NewBacklog(h.d, slog.New(slog.DiscardHandler), h.clock.Now) // nobody writes
		h.deps.Backlog = h.backlog
		h.Joined(room, Participant{Identity: "user-ann", Name: "Ann"}, h.clock.Now())
		h.clock.pass(time.Minute)
		if err := h.Lock(t.Context(), user("ann"), m.ID, true); err != nil {
			t.Fatal(err)
		}
		h.clock.pass(time.Minute)
		h.Left(room, "user-ann", h.clock.Now())
		h.RoomClosed(room, h.clock.Now())
		h.clock.pass(10 * time.Minute)
		ctx, cancel := context.WithCancel(context.Background())
		var running sync.WaitGroup
		backlog := h.backlog
		running.Go(func() { backlog.Run(ctx) })
		defer func() { cancel(); running.Wait() }()
		events := h.events(1)
		want(t, "events", typesOf(events), []string{"meeting.started", "participant.joined", "host.locked", "participant.left", "meeting.ended"})
		for i, minute := range []int{0, 0, 1, 2, 2} {
			if e := events[i]; !e.Late || !e.At.Equal(begin.Add(time.Duration(minute)*time.Minute)) {
				t.Errorf("%s at %v, late %v", e.Type, e.At, e.Late)
			}
		}
	})
}

// TestLateStayOfSomebodyDeleted: an account may go while its presence waits to be written.
func TestLateStayOfSomebodyDeleted(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		m := h.create(plan())
		h.backlog = eventlog.NewBacklog(h.d, slog.New(slog.DiscardHandler), h.clock.Now)
		h.deps.Backlog = h.backlog
		h.Joined(RoomKey(m.ID), Participant{Identity: "user-carl", Name: "Carl"}, h.clock.Now())
		h.tell("default", "user.deleted", map[string]any{"id": "carl"})
		want(t, "rooms", h.rooms.take(), []string{"remove " + RoomKey(m.ID) + " user-carl"})
		ctx, cancel := context.WithCancel(context.Background())
		var running sync.WaitGroup
		backlog := h.backlog
		running.Go(func() { backlog.Run(ctx) })
		defer func() { cancel(); running.Wait() }()
		h.events(0)
		nothingLeft(t, h, "carl")
	})
}

// nothingLeft asks every table for a user.
func nothingLeft(t *testing.T, h *house, id string) {
	t.Helper()
	word := regexp.MustCompile(`\b` + regexp.QuoteMeta(id) + `\b`)
	err := h.d.Read(t.Context(), func(q db.Querier) error {
		for _, table := range Tables() {
			rows, err := q.Query(t.Context(), "SELECT * FROM "+table)
			if err != nil {
				return err
			}
			names, err := rows.Columns()
			if err != nil {
				return err
			}
			for rows.Next() {
				values := make([]any, len(names))
				for i := range values {
					values[i] = new(any)
				}
				if err := rows.Scan(values...); err != nil {
					return err
				}
				for i, v := range values {
					text, err := json.Marshal(*v.(*any))
					if err != nil {
						return err
					}
					if word.Match(text) && !strings.HasSuffix(names[i], "_code") { // a sealed text may hold any letters
						t.Errorf("%s.%s still holds %s", table, names[i], text)
					}
				}
			}
			if err := rows.Close(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
