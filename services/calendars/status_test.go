package calendars

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
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

// TestRefreshOneAtATime: who asks while a calendar is being read waits for that reading, and one that was given up counts.
func TestRefreshOneAtATime(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var asked atomic.Int64
		gate := make(chan struct{})
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if asked.Add(1) > 1 {
				select {
				case <-gate:
				case <-r.Context().Done():
					return
				}
			}
			w.Write([]byte(calendarOf()))
		}))
		t.Cleanup(server.Close)
		h := newHouse(t, d, client(t, loopback))
		cal, err := h.Connect(t.Context(), ann, NewCalendar{Kind: ICS, URL: server.URL + "/x.ics"})
		if err != nil {
			t.Fatal(err)
		}
		h.clock.move(refreshPause)
		given, giveUp := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := h.Refresh(given, ann, cal.ID); !errors.Is(err, context.Canceled) {
				t.Errorf("given up: %v", err)
			}
		})
		for asked.Load() < 2 {
			time.Sleep(time.Millisecond)
		}
		giveUp()
		all.Wait()
		if _, err := h.Refresh(t.Context(), ann, cal.ID); err != nil || asked.Load() != 2 {
			t.Errorf("at once after one that was given up: %v, asked %d times", err, asked.Load())
		}
		h.clock.move(refreshPause)
		for range 5 {
			all.Go(func() {
				if read, err := h.Refresh(t.Context(), ann, cal.ID); err != nil || read.Last == nil || !read.Last.At.Equal(h.clock.now()) {
					t.Errorf("%+v, %v", read.Last, err)
				}
			})
		}
		for asked.Load() < 3 {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(50 * time.Millisecond) // others would ask now
		h.clock.move(refreshPause)
		if len(h.slots) != 1 || asked.Load() != 3 {
			t.Errorf("%d are read at once, asked %d times", len(h.slots), asked.Load())
		}
		close(gate)
		all.Wait()
		if asked.Load() != 3 || len(h.reading) != 0 {
			t.Errorf("asked %d times, %d are being read", asked.Load(), len(h.reading))
		}
	}, migrations...)
}

// TestRefreshOfAWrongPassword waits as long as everything else does.
func TestRefreshOfAWrongPassword(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var asked atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if asked.Add(1) > 1 {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			w.Write([]byte(calendarOf()))
		}))
		t.Cleanup(server.Close)
		h := newHouse(t, d, client(t, loopback))
		cal, err := h.Connect(t.Context(), ann, NewCalendar{Kind: ICS, URL: server.URL + "/x.ics", User: user, Password: password})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			later time.Duration
			asked int64
		}{{refreshPause, 2}, {refreshPause, 2}, {freshness - refreshPause - time.Second, 2}, {time.Second, 3}} {
			h.clock.move(c.later)
			read, err := h.Refresh(t.Context(), ann, cal.ID)
			if err != nil || read.Last == nil || read.Last.Problem != ProblemSignIn || asked.Load() != c.asked {
				t.Errorf("%v later: %+v, %v, asked %d times, want %d", c.later, read.Last, err, asked.Load(), c.asked)
			}
		}
	}, migrations...)
}
