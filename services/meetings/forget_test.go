package meetings

import (
	"strings"
	"testing"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
)

func containsFold(text, part string) bool { return strings.Contains(db.Fold(text), db.Fold(part)) }

func TestDeletedUserLeavesNothing(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		inherited := h.create(plan())
		n := plan()
		n.CoOrganisers, n.Recurrence = nil, ""
		orphan := h.create(n)
		n = plan()
		n.Kind, n.Start, n.Zone, n.Duration, n.Recurrence, n.CoOrganisers = Instant, "", "", 0, "", nil
		instant := h.create(n)
		n = plan()
		n.CoOrganisers, n.Participants = []string{"ann"}, []string{"carl"}
		other, err := h.Create(ctx, user("bob"), n)
		if err != nil {
			t.Fatal(err)
		}
		personal, err := h.Personal(ctx, user("ann"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.Update(ctx, user("ann"), personal.ID, Change{Description: ptr("The room of ann.")}, 0); err != nil {
			t.Fatal(err)
		}
		feed, err := h.CreateFeed(ctx, user("ann"))
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{inherited.ID, personal.ID, instant.ID} {
			h.Joined(RoomKey(id), Participant{Identity: "user-ann", Name: "ann Person"}, h.now())
		}
		h.say(instant.ID, "user-ann", "What was said stays.")
		h.RoomClosed(RoomKey(instant.ID), h.now())
		before := int64(len(h.events(0)))
		h.mails.take()
		h.tell("default", "user.deleted", map[string]any{"id": "ann"})
		nothingLeft(t, h, "ann")
		events := map[string]string{}
		for _, e := range h.events(before) {
			events[e.Subject] += e.Type + " "
		}
		want(t, "events", events, map[string]string{
			"meeting:" + inherited.ID: "meeting.updated ", "meeting:" + orphan.ID: "meeting.cancelled ", "meeting:" + other.ID: "meeting.updated ", "meeting:" + personal.ID: "meeting.cancelled ",
		})
		m, err := h.Meeting(ctx, user("bob"), inherited.ID)
		if err != nil || m.Organiser.ID != "bob" || len(m.CoOrganisers) != 0 || m.Status != InProgress {
			t.Errorf("%+v, %v", m, err)
		}
		m, err = h.Meeting(ctx, user("carl"), orphan.ID)
		if err != nil || m.Organiser.Name != deletedUser || m.Status != Cancelled {
			t.Errorf("%+v, %v", m, err)
		}
		d, err := h.Details(ctx, user("carl"), instant.ID)
		if err != nil || len(d.Instances) != 1 || len(d.Instances[0].Attendance) != 1 || d.Instances[0].Attendance[0].Name != deletedUser {
			t.Errorf("%+v, %v", d, err)
		}
		chat, err := h.Chat(ctx, user("carl"), instant.ID, d.Instances[0].ID, "", 10)
		if err != nil || len(chat.Messages) != 1 || chat.Messages[0].Name != deletedUser || chat.Messages[0].User != "" || chat.Messages[0].Text != "What was said stays." {
			t.Errorf("%+v, %v", chat, err)
		}
		_, err = h.ICS(ctx, strings.TrimSuffix(feed[strings.LastIndex(feed, "/")+1:], ".ics"))
		wantErr(t, "the feed", err, access.ErrNotFound)
		_, err = h.Lookup(ctx, stranger("192.0.2.9"), personal.Number)
		wantErr(t, "the personal room", err, access.ErrNotFound)
		cancelled := 0
		for _, m := range h.mails.take() {
			if m.To == "ann@example.com" {
				t.Errorf("the deleted user gets mail: %s", m.Subject)
			}
			if m.Calendar.Method == methodCancel {
				cancelled++
			}
		}
		want(t, "cancelled to carl, dora and the guest", cancelled, 3)
		h.tell("default", "user.deleted", map[string]any{"id": "ann"}) // again
	})
}

func TestCleanKeepsNumbersAtRest(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		n := plan()
		n.Recurrence = ""
		m := h.create(n)
		h.Joined(RoomKey(m.ID), Participant{Identity: "user-ann"}, h.now())
		h.say(m.ID, "user-ann", "hello")
		h.RoomClosed(RoomKey(m.ID), h.now())
		h.events(0)
		const day = 24 * time.Hour
		numbers := []string{m.Number}
		h.digits = func(n int) string { number := numbers[0]; numbers = numbers[min(1, len(numbers)-1):]; return number }
		clean := func() {
			t.Helper()
			if err := h.Clean(ctx, 90*day); err != nil {
				t.Fatal(err)
			}
		}
		h.clock.pass(80 * day)
		clean()
		if _, err := h.Meeting(ctx, user("ann"), m.ID); err != nil {
			t.Errorf("too early: %v", err)
		}
		h.clock.pass(20 * day)
		clean()
		_, err := h.Meeting(ctx, user("ann"), m.ID)
		wantErr(t, "after 100 days", err, access.ErrNotFound)
		numbers = []string{m.Number, "000000001"}
		if next := h.create(plan()); next.Number != "000000001" {
			t.Errorf("the number %s is used again", next.Number)
		}
		h.clock.pass(401 * day)
		numbers = []string{m.Number}
		if next := h.create(plan()); next.Number != m.Number {
			t.Errorf("after 400 days: %s", next.Number)
		}
	})
}

func ptr[T any](v T) *T { return &v }

func TestCleanRemovesOldRunsOfRoomsThatStay(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		m, err := h.Personal(ctx, user("ann"))
		if err != nil {
			t.Fatal(err)
		}
		const day = 24 * time.Hour
		for range 2 {
			h.knock(m.ID, "user-ann").want(t, "ann", "in")
			h.Joined(RoomKey(m.ID), Participant{Identity: "user-ann", Name: "ann"}, h.now())
			h.say(m.ID, "user-ann", "hello")
			h.RoomClosed(RoomKey(m.ID), h.now())
			h.events(0)
			h.clock.pass(60 * day)
		}
		if err := h.Clean(ctx, 90*day); err != nil {
			t.Fatal(err)
		}
		d, err := h.Details(ctx, user("ann"), m.ID)
		if err != nil || len(d.Instances) != 1 {
			t.Fatalf("%+v, %v", d.Instances, err)
		}
		err = h.d.Read(ctx, func(q db.Querier) error {
			for table, rows := range map[string]int64{"meeting_message": 1, "meeting_attendance": 1, "meeting_instance": 1} {
				n, err := db.Value[int64](ctx, q, `SELECT count(*) FROM `+table)
				if err != nil || n != rows {
					t.Errorf("%s has %d rows, %v", table, n, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}
