package webhooks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"switchyard/internal/db"
	"switchyard/internal/db/dbtest"
	"switchyard/internal/eventlog"
)

// TestNothingIsLost: a receiver that fails half the time in every way, a service that is stopped and that crashes at random,
// and still each event arrives, those of a subject first in their order.
func TestNothingIsLost(t *testing.T) {
	const events, subjects = 1000, 50
	for _, kind := range dbtest.Kinds {
		t.Run(kind, func(t *testing.T) {
			url := dbtest.URL(t, kind)
			main := dbtest.Open(t, url, migrations...)
			c, b := newClock(200), &bell{}
			h := newHouse(t, main, c, b, client(t))

			var secret atomic.Value
			r := newReceiver(t)
			var mu sync.Mutex
			taken := map[int64]bool{}
			tries := map[int64]int{}
			faults := map[string]int{}
			r.then(func(w http.ResponseWriter, request *http.Request, got received) {
				if err := Verify(secret.Load().(string), got.header.Get(HeaderSignature), got.body, c.now(), time.Hour); err != nil {
					t.Errorf("event %d: %v", got.Seq, err)
				}
				fault := ""
				mu.Lock()
				// The luck of an event has an end, since its pauses double.
				if tries[got.Seq]++; tries[got.Seq] < 7 && rand.IntN(2) == 0 {
					fault = []string{"500", "500", "drop", "hang", "late 500"}[rand.IntN(5)]
				}
				faults[fault]++
				taken[got.Seq] = taken[got.Seq] || fault == ""
				mu.Unlock()
				switch fault {
				case "500":
					w.WriteHeader(http.StatusInternalServerError)
				case "late 500":
					time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond)
					w.WriteHeader(http.StatusServiceUnavailable)
				case "drop":
					connection, _, err := http.NewResponseController(w).Hijack()
					if err == nil {
						connection.Close()
					}
				case "hang":
					<-request.Context().Done()
				}
			})
			_, s := h.create(r.URL, "thing.")
			secret.Store(s)
			first := h.status(h.only()).NewestSeq

			var emitting sync.WaitGroup
			emitting.Go(func() {
				for i := 0; i < events; i += 10 {
					h.emitSome(10, func(n int) eventlog.Event { return eventOf(fmt.Sprintf("thing:%d", rand.IntN(subjects)), i+n) })
					h.emitEvent("other.happened", "other:1", i)
				}
			})
			done := func() bool {
				mu.Lock()
				defer mu.Unlock()
				n := 0
				for _, ok := range taken {
					if ok {
						n++
					}
				}
				return n == events
			}
			stops, crashes := 0, 0
			// A round is as long as it takes to send some, however slow the machine is.
			round := func() {
				n := r.count() + 20 + rand.IntN(120)
				for began := time.Now(); r.count() < n && !done() && time.Since(began) < 10*time.Second; {
					time.Sleep(2 * time.Millisecond)
				}
			}
			for began := time.Now(); !done(); {
				if time.Since(began) > 4*time.Minute {
					t.Fatalf("not all are there after 4 minutes: %+v", h.status(h.only()))
				}
				if crash := rand.IntN(2) == 0; crash {
					crashes++
					h.runAndCrash(t, url, client(t), round)
				} else {
					stops++
					h.runAndStop(t, client(t), round)
				}
			}
			emitting.Wait()
			h.limit = time.Second
			stop := h.start()
			until(t, "everything is written down", func() bool {
				s := h.status(h.only())
				return s.Pending == 0 && s.Position == s.NewestSeq
			})
			stop()
			if s := h.status(h.only()); s.Missed != 0 || s.Lagging != "" || s.Dead != 0 {
				t.Errorf("the status is %+v", s)
			}

			order := map[string]int64{}
			seen := map[int64]bool{}
			all := r.all()
			for _, got := range all {
				if got.Type != "thing.happened" {
					t.Errorf("it was told of %s", got.Type)
				}
				if seen[got.Seq] {
					continue
				}
				seen[got.Seq] = true
				if got.Seq <= order[got.Subject] {
					t.Errorf("%s: %d came first after %d", got.Subject, got.Seq, order[got.Subject])
				}
				order[got.Subject] = got.Seq
			}
			if len(seen) != events {
				t.Errorf("%d of %d events came", len(seen), events)
			}
			t.Logf("%d requests for %d events after seq %d; %d stops, %d crashes; answers: %v", len(all), len(seen), first, stops, crashes, faults)
		})
	}
}

// only is the id of the only endpoint.
func (h *house) only() string {
	h.t.Helper()
	all, _, err := h.List(h.t.Context(), admin)
	if err != nil || len(all) != 1 {
		h.t.Fatalf("%d endpoints, %v", len(all), err)
	}
	return all[0].ID
}

// runAndStop runs another service on the same database for a while and ends it as it should be.
func (h *house) runAndStop(t *testing.T, client *http.Client, round func()) {
	other := newHouse(t, h.d, h.clock, h.bell, client)
	other.limit, other.every = 100*time.Millisecond, 100*time.Millisecond
	stop := other.start()
	round()
	stop()
}

// runAndCrash runs one whose database goes away, so that nothing of what it knows is written down any more.
func (h *house) runAndCrash(t *testing.T, url string, client *http.Client, round func()) {
	var d *db.DB
	until(t, "a second process opens the database", func() bool { // SQLite refuses it while the first one writes
		var err error
		d, err = db.Open(t.Context(), url, slog.New(slog.DiscardHandler))
		return err == nil
	})
	other := newHouse(t, d, h.clock, h.bell, client)
	other.limit, other.every = 100*time.Millisecond, 100*time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var both sync.WaitGroup
	both.Go(func() { _ = other.log.Run(ctx) })
	both.Go(func() { _ = other.Run(ctx) })
	round()
	if err := d.Close(); err != nil && !errors.Is(err, db.ErrUnavailable) {
		t.Log("closing under way:", err)
	}
	cancel()
	both.Wait()
}
