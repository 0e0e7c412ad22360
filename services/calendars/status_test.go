package calendars

import (
	"errors"
	"testing"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/db/dbtest"
)

// TestStatus: the list says how the last reading went, and a reading can be asked for.
func TestStatus(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		server := newFileServer(t, calendarOf(vevent("DTSTART:20260701T070000Z", "DURATION:PT1H", "SUMMARY:One")))
		h := newHouse(t, d, client(t, loopback))
		cal, err := h.Connect(ctx, ann, NewCalendar{Kind: ICS, URL: server.URL + "/protected.ics", User: user, Password: password})
		if err != nil || cal.Last == nil || cal.Last.Problem != "" || !cal.Last.At.Equal(h.clock.now()) {
			t.Fatalf("connected it is %+v, %v", cal, err)
		}
		last := func(want Problem) {
			t.Helper()
			all, err := h.List(ctx, ann)
			if err != nil || len(all) != 1 || all[0].Last == nil || all[0].Last.Problem != want || (want == "") != (all[0].Last.Text == "") {
				t.Errorf("listed it is %+v, %v; want %q", all, err, want)
			}
		}
		last("")
		asked := server.asked.Load()
		if _, err := h.Refresh(ctx, ann, cal.ID); err != nil || server.asked.Load() != asked {
			t.Errorf("at once it was read again: %v", err)
		}
		h.clock.move(refreshPause)
		server.text.Store(calendarOf())
		if read, err := h.Refresh(ctx, ann, cal.ID); err != nil || server.asked.Load() != asked+1 || !read.Last.At.Equal(h.clock.now()) {
			t.Errorf("later it is %+v, %v, and the server was asked %d times", read, err, server.asked.Load()-asked)
		}
		server.Close()
		last("")
		h.clock.move(time.Minute)
		if read, err := h.Refresh(ctx, ann, cal.ID); err != nil || read.Last.Problem != ProblemUnreachable {
			t.Errorf("without its server it is %+v, %v", read, err)
		}
		last(ProblemUnreachable)

		bo := ann
		bo.ID = "bo"
		if _, err := h.Refresh(ctx, bo, cal.ID); !errors.Is(err, access.ErrNotFound) {
			t.Errorf("somebody else reads it: %v", err)
		}
		if err := h.Disconnect(ctx, ann, cal.ID); err != nil {
			t.Fatal(err)
		}
		if len(h.statuses.by) != 0 {
			t.Errorf("%d statuses are left", len(h.statuses.by))
		}
		// A program that has just started has read nothing.
		if _, err := h.Connect(ctx, ann, NewCalendar{Kind: ICS, URL: newFileServer(t, calendarOf()).URL + "/secret-address.ics"}); err != nil {
			t.Fatal(err)
		}
		if all, err := newHouse(t, d, client(t, loopback)).List(ctx, ann); err != nil || len(all) != 1 || all[0].Last != nil {
			t.Errorf("after a start it is %+v, %v", all, err)
		}
	}, migrations...)
}
