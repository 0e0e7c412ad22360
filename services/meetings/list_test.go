package meetings

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
)

func TestListPagesAndSearch(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		var wanted []string
		for i := range 25 {
			n := plan()
			n.Subject = fmt.Sprintf("Meeting %02d", i)
			n.Recurrence, n.Guests = "", nil
			n.Start = time.Date(2026, 3, 3+i/3, 9, 0, 0, 0, time.UTC).Format(LocalFormat) // three at the same time
			if i%2 == 0 {
				n.Participants = nil
			}
			wanted = append(wanted, h.create(n).Subject)
		}
		for _, limit := range []int{1, 7, 25, 200} {
			var got []string
			after := ""
			for {
				page, err := h.List(ctx, user("ann"), ListQuery{When: WhenScheduled, Limit: limit, After: after})
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range page.Meetings {
					got = append(got, m.Subject)
				}
				if after = page.Next; after == "" {
					break
				}
			}
			slices.Sort(got)
			want(t, fmt.Sprint("pages of ", limit), got, wanted)
		}
		for _, c := range []struct {
			who, search string
			n           int
		}{
			{"ann", "meeting 0", 10}, {"ann", "MEETING 07", 1}, {"ann", "carl", 12}, {"ann", "ann per", 25}, {"ann", "nobody", 0}, {"ann", "%", 0},
			{"carl", "", 12}, {"bob", "", 25}, {"eve", "", 0}, {"zoe", "", 0},
		} {
			page, err := h.List(ctx, user(c.who), ListQuery{When: WhenScheduled, Search: c.search, Limit: 200})
			if err != nil || len(page.Meetings) != c.n {
				t.Errorf("%s finds %q: %d, %v, want %d", c.who, c.search, len(page.Meetings), err, c.n)
			}
		}
		page, err := h.List(ctx, admin(), ListQuery{When: WhenScheduled, All: true, Limit: 200})
		if err != nil || len(page.Meetings) != 25 || page.Seq != 25 {
			t.Errorf("all: %d, seq %d, %v", len(page.Meetings), page.Seq, err)
		}
		_, err = h.List(ctx, user("ann"), ListQuery{When: WhenScheduled, All: true, Limit: 200})
		wantErr(t, "a user lists all", err, access.ErrForbidden)
		for field, query := range map[string]ListQuery{
			"when": {When: "never", Limit: 1}, "limit": {When: WhenScheduled}, "after": {When: WhenScheduled, Limit: 1, After: "x"},
		} {
			_, err := h.List(ctx, user("ann"), query)
			wantField(t, field, err, field)
		}
	})
}

func TestListFollowsTime(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		n := plan()
		n.Recurrence = "FREQ=WEEKLY;COUNT=3"
		m := h.create(n)
		for _, c := range []struct{ at, next string }{
			{"2026-03-02T08:59:00Z", "2026-03-02T09:00"}, // it runs
			{"2026-03-02T09:00:00Z", "2026-03-09T09:00"},
			{"2026-03-16T08:30:00Z", "2026-03-16T09:00"},
			{"2026-03-16T09:00:00Z", ""},
		} {
			at, err := time.Parse(time.RFC3339, c.at)
			if err != nil {
				t.Fatal(err)
			}
			h.clock.set(at)
			page, err := h.List(ctx, user("carl"), ListQuery{When: WhenScheduled, Limit: 5})
			got := ""
			if len(page.Meetings) == 1 {
				got = page.Meetings[0].Occurrence.Local
			}
			if err != nil || got != c.next {
				t.Errorf("at %s: %q, %v, want %q", c.at, got, err, c.next)
			}
		}
		if m, err := h.Meeting(ctx, user("carl"), m.ID); err != nil || m.Status != Ended || m.Next != nil {
			t.Errorf("%+v, %v", m, err)
		}
		// The zone data changes while the program is not running.
		h.clock.set(begin)
		h.d.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE meeting_occurrence SET starts = starts + 3600000000, ends = ends + 3600000000`)
			return err
		})
		if err := h.Recover(ctx); err != nil {
			t.Fatal(err)
		}
		page, err := h.List(ctx, user("carl"), ListQuery{When: WhenScheduled, Limit: 5})
		if err != nil || page.Meetings[0].Occurrence.Local != "2026-03-02T09:00" {
			t.Errorf("%+v, %v", page, err)
		}
	})
}

func TestInstantMeetingsAreListedWhileTheyRun(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		m := h.create(NewMeeting{Kind: Instant, Subject: "Now", Participants: []string{"carl"}, Guests: []NewGuest{{Email: "g@elsewhere.example", Name: "G"}}})
		if sent := h.mails.take(); len(sent) != 1 || sent[0].To != "g@elsewhere.example" || sent[0].Calendar != nil || !strings.Contains(sent[0].Text, "#") {
			t.Errorf("%+v", sent)
		}
		page, err := h.List(ctx, user("carl"), ListQuery{When: WhenScheduled, Limit: 5})
		if err != nil || len(page.Meetings) != 1 {
			t.Errorf("%+v, %v", page, err)
		}
		h.Joined(RoomKey(m.ID), Participant{Identity: "user-ann"}, h.now())
		h.RoomClosed(RoomKey(m.ID), h.now().Add(time.Minute))
		h.events(0)
		page, err = h.List(ctx, user("carl"), ListQuery{When: WhenScheduled, Limit: 5})
		if err != nil || len(page.Meetings) != 0 {
			t.Errorf("%+v, %v", page, err)
		}
		if m, err := h.Meeting(ctx, user("carl"), m.ID); err != nil || m.Status != Ended {
			t.Errorf("%+v, %v", m, err)
		}
	})
}

// TestNumbersAreUnique: many make meetings at once while few numbers are left.
func TestNumbersAreUnique(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		var mu sync.Mutex
		asked := 0
		h.digits = func(n int) string { // each number comes three times
			mu.Lock()
			defer mu.Unlock()
			asked++
			return fmt.Sprintf("%0*d", n, asked/3)
		}
		const makers, each = 8, 5
		var all sync.WaitGroup
		numbers := make(chan string, makers*each)
		for range makers {
			all.Go(func() {
				for range each {
					n := plan()
					n.Guests, n.CoOrganisers, n.Participants = nil, nil, nil
					m, err := h.Create(t.Context(), user("ann"), n)
					if err != nil {
						t.Error(err)
					}
					numbers <- m.Number
				}
			})
		}
		all.Wait()
		close(numbers)
		seen := map[string]bool{}
		for n := range numbers {
			if seen[n] || !validNumber(n) {
				t.Errorf("%q is there twice or is no number", n)
			}
			seen[n] = true
		}
		m := h.create(plan())
		if err := h.Cancel(t.Context(), user("ann"), m.ID, 0); err != nil {
			t.Fatal(err)
		}
		h.digits = func(int) string { return m.Number }
		if _, err := h.Create(t.Context(), user("ann"), plan()); err == nil {
			t.Error("a number was used again at once")
		}
	})
}
