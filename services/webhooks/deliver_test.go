package webhooks

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/db/dbtest"
	"switchyard/internal/eventlog"
	"switchyard/internal/outbound"
)

func TestDelivery(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		h := newHouse(t, d, newClock(1), &bell{}, client(t))
		h.idle = lookAgain // it must not need to look by itself
		r := newReceiver(t)
		h.start()
		began := time.Now()
		e, secret := h.create(r.URL, "thing.")
		h.emitEvent("thing.happened", "thing:1", 7)
		h.emitEvent("thin.happened", "thing:1", 8)
		until(t, "the event comes", func() bool { return len(r.all()) > 0 })
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("it took %v", took)
		}
		got := r.all()[0]
		if got.Type != "thing.happened" || got.Subject != "thing:1" || got.Actor != "user:a" || got.Seq != 2 || got.Late || string(got.Data) != `{"n":7}` ||
			got.ID == "" || got.At.IsZero() {
			t.Errorf("it got %s", got.body)
		}
		if got.header.Get(HeaderEventID) != got.ID || got.header.Get(HeaderDelivery) == "" || got.header.Get("Content-Type") != "application/json" {
			t.Errorf("its header is %v", got.header)
		}
		if err := Verify(secret, got.header.Get(HeaderSignature), got.body, h.clock.now(), time.Minute); err != nil {
			t.Error(err)
		}
		until(t, "it is written down", func() bool { s := h.status(e.ID); return s.LastSuccess != nil && s.Position >= 2 })

		// Two secrets for an hour, then one.
		e, newer, err := h.RotateSecret(ctx, admin, e.ID, time.Hour)
		if err != nil || newer == secret || e.OldSecretUntil == nil || e.Version != 2 {
			t.Fatalf("rotated it is %+v, %v", e, err)
		}
		signedBy := func(n int, good ...string) {
			t.Helper()
			before := len(r.all())
			h.emitEvent("thing.happened", "thing:1", n)
			until(t, "the next event comes", func() bool { return r.has(n, before) })
			got := r.all()[len(r.all())-1]
			header := got.header.Get(HeaderSignature)
			for _, s := range []string{secret, newer} {
				err := Verify(s, header, got.body, h.clock.now(), time.Minute)
				if want := strings.Contains(strings.Join(good, " "), s); (err == nil) != want {
					t.Errorf("event %d: signed by %s… is %v, %v", n, s[:10], err == nil, err)
				}
			}
		}
		until(t, "the courier knows of the new secret", func() bool {
			n := len(r.all())
			h.emitEvent("thing.happened", "thing:1", 100+n)
			until(t, "an event comes", func() bool { return len(r.all()) > n })
			got := r.all()[len(r.all())-1]
			return strings.Count(got.header.Get(HeaderSignature), "v1=") == 2
		})
		signedBy(20, secret, newer)
		h.clock.move(2 * time.Hour)
		signedBy(21, newer)

		// A change takes effect within a second.
		events := []string{"other."}
		if _, err := h.Update(ctx, admin, e.ID, Change{Events: &events}, 2); err != nil {
			t.Fatal(err)
		}
		h.emitEvent("other.happened", "other:1", 22)
		changed := time.Now()
		until(t, "what is wanted now comes", func() bool { return r.has(22, 0) })
		if took := time.Since(changed); took > 2*time.Second {
			t.Errorf("the change took %v", took)
		}

		result, err := h.Test(ctx, admin, e.ID)
		if err != nil || !result.Delivered || result.Status != http.StatusNoContent {
			t.Errorf("the test was %+v, %v", result, err)
		}
		if got := r.all()[len(r.all())-1]; got.Type != TestEvent || got.ID != result.Event || got.Seq != 0 {
			t.Errorf("the test sent %s", got.body)
		}
		r.then(always(http.StatusTeapot))
		if result, err := h.Test(ctx, admin, e.ID); err != nil || result.Delivered || !strings.Contains(result.Problem, "418") {
			t.Errorf("the test of a teapot was %+v, %v", result, err)
		}
		if n := testutil.ToFloat64(h.metrics.deliveries.WithLabelValues("delivered")); n < 5 {
			t.Errorf("%v deliveries are counted", n)
		}
	}, migrations...)
}

// has reports whether an event with this n came after the first requests.
func (r *receiver) has(n, after int) bool {
	for _, got := range r.all()[after:] {
		if string(got.Data) == fmt.Sprintf(`{"n":%d}`, n) {
			return true
		}
	}
	return false
}

func TestDeadLetters(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		c := newClock(0)
		h := newHouse(t, d, c, &bell{}, client(t))
		r := newReceiver(t)
		bad := func(w http.ResponseWriter, _ *http.Request, got received) {
			if got.Subject == "thing:bad" {
				w.WriteHeader(http.StatusBadGateway)
			}
		}
		r.then(bad)
		h.start()
		e, _ := h.create(r.URL, "thing.")
		h.emitEvent("thing.happened", "thing:bad", 1)
		h.emitEvent("thing.happened", "thing:bad", 2)
		h.emitEvent("thing.happened", "thing:good", 3)
		until(t, "others go on", func() bool { return r.has(3, 0) })
		until(t, "it is told of", func() bool { s := h.status(e.ID); return s.FailingSince != nil && s.Pending == 2 })
		if s := h.status(e.ID); s.LastError != "502 Bad Gateway" || s.LastErrorAt == nil || s.Position != 4 {
			t.Errorf("the status is %+v", s)
		}
		var pauses []time.Duration
		last := c.now()
		for tries := 1; h.status(e.ID).Dead == 0; tries++ {
			if r.has(2, 0) && len(pauses) < 80 {
				t.Fatal("the second event did not wait for the first")
			}
			until(t, "it is tried, and that written down", func() bool { return len(r.all()) >= tries+1 && h.due(e.ID) != 0 || h.status(e.ID).Dead > 0 })
			if h.status(e.ID).Dead > 0 {
				break
			}
			due := fromMicro(h.due(e.ID))
			pauses = append(pauses, due.Sub(last))
			c.move(due.Sub(c.now()) + time.Millisecond)
			last = due
			until(t, "it is tried again", func() bool { return len(r.all()) >= tries+2 })
			until(t, "that is written down", func() bool { return h.due(e.ID) != due.UnixMicro() })
		}
		if n := len(pauses); n < 75 || n > 105 {
			t.Errorf("it was tried %d times", n)
		}
		if first, most := pauses[0], pauses[len(pauses)-1]; first > 1300*time.Millisecond || most < 45*time.Minute || most > 73*time.Minute {
			t.Errorf("the pauses were %v", pauses)
		}
		// What waited as long behind it is tried once.
		until(t, "both are dead", func() bool { s := h.status(e.ID); return s.Dead == 2 && s.Pending == 0 && s.FailingSince == nil })
		dead, err := h.DeadLetters(ctx, admin, e.ID, 0, 10)
		if err != nil || len(dead) != 2 || dead[0].Tries < 75 || dead[1].Tries != 1 || dead[0].Subject != "thing:bad" || dead[0].Error != "502 Bad Gateway" {
			t.Fatalf("dead are %+v, %v", dead, err)
		}
		if page, err := h.DeadLetters(ctx, admin, e.ID, dead[0].Seq, 10); err != nil || len(page) != 1 || page[0].Seq != dead[1].Seq {
			t.Errorf("the next page is %+v, %v", page, err)
		}

		before := len(r.all())
		r.then(nil)
		if _, err := h.Redeliver(ctx, admin, e.ID, 999); !errors.Is(err, access.ErrNotFound) {
			t.Errorf("what is not dead was sent again: %v", err)
		}
		if n, err := h.Redeliver(ctx, admin, e.ID, dead[0].Seq); err != nil || n != 1 {
			t.Errorf("%d were sent again, %v", n, err)
		}
		until(t, "the dead letter comes", func() bool { return r.has(1, before) })
		until(t, "it is not dead any more", func() bool { s := h.status(e.ID); return s.Dead == 1 && s.Pending == 0 })
		if n, err := h.DropDead(ctx, admin, e.ID, 0); err != nil || n != 1 {
			t.Errorf("%d were dropped, %v", n, err)
		}
		if s := h.status(e.ID); s.Dead != 0 || s.Missed != 0 {
			t.Errorf("the status is %+v", s)
		}
	}, migrations...)
}

// due is when the first event that failed is tried again; 0 if none has.
func (h *house) due(id string) int64 {
	h.t.Helper()
	var due int64
	err := h.d.Read(h.t.Context(), func(q db.Querier) (err error) {
		due, err = db.Value[int64](h.t.Context(), q, `SELECT coalesce(min(CASE WHEN failed > 0 THEN due END), 0) FROM webhook_delivery WHERE endpoint = $1 AND dead = 0`, id)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return due
}

func TestGone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, newClock(0), &bell{}, client(t))
		r := newReceiver(t)
		r.then(always(http.StatusGone))
		h.start()
		e, _ := h.create(r.URL, "thing.")
		h.emitEvent("thing.happened", "thing:1", 1)
		until(t, "it is switched off", func() bool { e, _, err := h.Get(t.Context(), admin, e.ID); return err == nil && !e.Active })
		off, status, err := h.Get(t.Context(), admin, e.ID)
		if err != nil || off.OffReason != ReasonGone || status.Pending != 1 || off.Version != 2 {
			t.Errorf("it is %+v, %+v, %v", off, status, err)
		}
		h.emitEvent("thing.happened", "thing:1", 2)
		r.then(nil)
		on := true
		if e, err = h.Update(t.Context(), admin, e.ID, Change{Active: &on}, 0); err != nil || e.OffReason != "" {
			t.Errorf("switched on it is %+v, %v", e, err)
		}
		h.clock.move(time.Minute)
		until(t, "it goes on where it stopped", func() bool { return r.has(1, 1) && r.has(2, 1) })
	}, migrations...)
}

func TestForgottenLog(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		h := newHouse(t, d, newClock(0), &bell{}, client(t))
		r := newReceiver(t)
		e, _ := h.create(r.URL, "thing.") // event 1
		for i := range 5 {
			h.emitEvent("thing.happened", "thing:1", i)
		}
		h.clock.move(time.Hour)
		if err := h.log.Forget(ctx, h.clock.now().Add(-time.Minute)); err != nil {
			t.Fatal(err)
		}
		h.emitEvent("thing.happened", "thing:1", 6)
		stop := h.start()
		until(t, "what is left comes", func() bool { return r.has(6, 0) })
		until(t, "it is told", func() bool {
			s := h.status(e.ID)
			return s.Missed == 6 && s.Lagging == LaggingForgotten && s.Position >= 7
		})
		if n := len(r.all()); n != 1 {
			t.Errorf("%d came", n)
		}
		if _, err := h.Update(ctx, admin, e.ID, Change{}, 0); err != nil {
			t.Fatal(err)
		}
		if s := h.status(e.ID); s.Lagging != "" || s.Missed != 6 {
			t.Errorf("after somebody has seen it the status is %+v", s)
		}

		// What waits to be tried again, and what is dead, can be forgotten too.
		r.then(always(http.StatusInternalServerError))
		h.emitEvent("thing.happened", "thing:2", 7)
		until(t, "it fails", func() bool { return h.due(e.ID) != 0 })
		if err := h.log.Forget(ctx, h.clock.now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		h.clock.move(time.Hour)
		until(t, "that is told", func() bool {
			s := h.status(e.ID)
			return s.Missed >= 7 && s.Lagging == LaggingForgotten && s.Pending == 0
		})
		stop()
		if _, err := h.Redeliver(ctx, admin, e.ID, 3); !errors.Is(err, ErrForgotten) {
			t.Errorf("a forgotten event is sent again: %v", err)
		}
	}, migrations...)
}

// TestAddresses: what only this machine can reach is not reached.
func TestAddresses(t *testing.T) {
	d := dbtest.Open(t, dbtest.URL(t, "sqlite"), migrations...)
	guarded, err := outbound.NewClient(outbound.Config{})
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, d, newClock(0), &bell{}, guarded)
	r := newReceiver(t)
	e, _ := h.create(r.URL, "thing.")
	result, err := h.Test(t.Context(), admin, e.ID)
	if err != nil || result.Delivered || !strings.Contains(result.Problem, "public internet") {
		t.Errorf("the test was %+v, %v", result, err)
	}
	h.start()
	h.emitEvent("thing.happened", "thing:1", 1)
	until(t, "it fails", func() bool { return strings.Contains(h.status(e.ID).LastError, "public internet") })
	if strings.Contains(h.status(e.ID).LastError, "http") {
		t.Errorf("the error repeats the address: %s", h.status(e.ID).LastError)
	}

	// Nor by a redirect.
	target := newReceiver(t)
	r.then(func(w http.ResponseWriter, request *http.Request, _ received) {
		http.Redirect(w, request, target.URL, http.StatusTemporaryRedirect)
	})
	h.client = newHouse(t, d, newClock(0), &bell{}, client(t)).client
	if result, err := h.Test(t.Context(), admin, e.ID); err != nil || result.Delivered || result.Status != http.StatusTemporaryRedirect {
		t.Errorf("the test was %+v, %v", result, err)
	}
	if len(target.all()) != 0 {
		t.Error("the redirect was followed")
	}
	if len(r.all()) == 0 {
		t.Error("nothing came at all")
	}
}

func TestBacklogIsBounded(t *testing.T) {
	d := dbtest.Open(t, dbtest.URL(t, "sqlite"), migrations...)
	h := newHouse(t, d, newClock(0), &bell{}, client(t))
	r := newReceiver(t)
	r.then(always(http.StatusInternalServerError))
	e, _ := h.create(r.URL, "thing.")
	h.bound = 200
	more := 3 * h.bound
	h.emitSome(more, func(n int) eventlog.Event { return eventOf("thing:1", n) })
	stop := h.start()
	until(t, "it is told", func() bool { s := h.status(e.ID); return s.Lagging == LaggingBacklog && s.Pending >= int64(h.bound) })
	if s := h.status(e.ID); s.Pending < int64(h.bound) || s.Pending > int64(h.bound) || s.NewestSeq-s.Position < 200 {
		t.Errorf("the status is %+v", s)
	}
	stop()
	r.then(nil)
	h.clock.move(time.Hour)
	h.start()
	until(t, "all have come", func() bool {
		s := h.status(e.ID)
		return s.Pending == 0 && s.Position == s.NewestSeq && s.Lagging == ""
	})
	first := map[int64]bool{}
	for _, got := range r.all() {
		first[got.Seq] = true
	}
	if len(first) != more {
		t.Errorf("%d of %d have come", len(first), more)
	}
}
