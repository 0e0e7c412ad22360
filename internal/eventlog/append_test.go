package eventlog_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"switchyard/internal/db"
	"switchyard/internal/db/dbtest"
	"switchyard/internal/eventlog"
)

func TestEventsComeBackAsTheyWere(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, l *eventlog.Log, _ *wakes) {
		at := time.Date(2031, 2, 3, 4, 5, 6, 789000, time.UTC)
		e := eventlog.Event{
			Tenant: "a", Type: "thing.moved", At: at, Subject: "thing:ü", Actor: "user:1", Late: true,
			Audience: eventlog.Audience{Users: []string{"1", "2"}}, Body: json.RawMessage(`{"name":"\u0000 日本"}`),
		}
		err := d.Write(t.Context(), func(tx *db.Tx) error { return errors.Join(l.Emit(tx, e), l.Emit(tx, event("a", "x"))) })
		if err != nil {
			t.Fatal(err)
		}
		got := after(t, d, "a", 0)
		if len(got) != 2 || len(got[0].ID) != 26 || got[0].ID == got[1].ID || time.Since(got[1].At).Abs() > time.Minute {
			t.Fatalf("events %+v", got)
		}
		e.Seq, e.ID = 1, got[0].ID
		if fmt.Sprintf("%+v", got[0]) != fmt.Sprintf("%+v", e) {
			t.Errorf("%+v\nwant %+v", got[0], e)
		}
	})
}

func TestEventsThatAreRefused(t *testing.T) {
	d := dbtest.Open(t, dbtest.URL(t, "sqlite"), eventlog.Migrations())
	l := newLog(d, &wakes{})
	for name, change := range map[string]func(*eventlog.Event){
		"no tenant":      func(e *eventlog.Event) { e.Tenant = "" },
		"no type":        func(e *eventlog.Event) { e.Type = "" },
		"no subject":     func(e *eventlog.Event) { e.Subject = "" },
		"no body":        func(e *eventlog.Event) { e.Body = nil },
		"a list":         func(e *eventlog.Event) { e.Body = json.RawMessage(`[]`) },
		"half an object": func(e *eventlog.Event) { e.Body = json.RawMessage(`{"a":`) },
		"no UTF-8":       func(e *eventlog.Event) { e.Body = json.RawMessage("{\"a\":\"\xff\"}") },
		"too big a body": func(e *eventlog.Event) {
			e.Body = json.RawMessage(`{"a":"` + strings.Repeat("x", eventlog.MaxBody) + `"}`)
		},
		"an object and x": func(e *eventlog.Event) { e.Body = json.RawMessage(`{} x`) },
	} {
		e := event("a", "1")
		change(&e)
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return l.Emit(tx, e) }); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if h := head(t, d, "a"); h.Seq != 0 {
		t.Errorf("the head is %d", h.Seq)
	}
}

// TestNumbering: eight writers of two tenants, some of whose transactions are rolled
// back, while a reader polls. It never sees a hole, nor less than before.
func TestNumbering(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, l *eventlog.Log, _ *wakes) {
		const writers, rounds = 8, 30
		tenants := []string{"a", "b"}
		refused := errors.New("rolled back")
		var all sync.WaitGroup
		for w := range writers {
			all.Go(func() {
				for i := range rounds {
					err := d.Write(t.Context(), func(tx *db.Tx) error {
						for n := range 1 + i%3 { // in whatever order, several tenants in one
							id := fmt.Sprintf("%d.%d.%d", w, i, n)
							if err := addIn(t.Context(), tx, l, tenants[(w+n)%2], id); err != nil {
								return err
							}
						}
						if i%5 == 4 {
							return refused
						}
						return nil
					})
					if err != nil && !errors.Is(err, refused) {
						t.Error(err)
					}
				}
			})
		}
		ctx, cancel := context.WithCancel(t.Context())
		var readers sync.WaitGroup
		for _, tenant := range tenants {
			readers.Go(func() {
				var seen int64
				for last := false; !last; {
					last = ctx.Err() != nil
					for _, e := range after(t, d, tenant, seen) {
						if seen++; e.Seq != seen {
							t.Errorf("%s: %d follows %d", tenant, e.Seq, seen-1)
							return
						}
					}
				}
				if h := head(t, d, tenant); h.Seq != seen {
					t.Errorf("%s: read up to %d, the head is %d", tenant, seen, h.Seq)
				}
			})
		}
		all.Wait()
		cancel()
		readers.Wait()
		wantAgreement(t, d, nil)
	})
}

// wantAgreement checks that every thing has one event, every event its thing, that what was
// acknowledged is there and that the numbers have no gaps.
func wantAgreement(t *testing.T, d *db.DB, acknowledged map[string]bool) {
	t.Helper()
	err := d.Read(t.Context(), func(q db.Querier) error {
		ctx := t.Context()
		rows, err := db.Values[string](ctx, q, `SELECT tenant || ' thing:' || id FROM thing`)
		if err != nil {
			return err
		}
		events, err := db.Values[string](ctx, q, `SELECT tenant || ' ' || subject FROM event`)
		if err != nil {
			return err
		}
		wrong, err := db.Value[int](ctx, q, `SELECT count(*) FROM event_head h WHERE
			h.seq <> (SELECT count(*) FROM event e WHERE e.tenant = h.tenant) OR
			h.seq <> (SELECT max(seq) FROM event e WHERE e.tenant = h.tenant)`)
		if wrong > 0 {
			t.Errorf("%d tenants whose numbers have gaps or end before the head", wrong)
		}
		things := map[string]bool{}
		for _, r := range rows {
			things[r] = true
		}
		for _, e := range events {
			if !things[e] {
				t.Errorf("an event of %s, which is not there, or a second one", e)
			}
			delete(things, e)
		}
		for r := range things {
			t.Errorf("%s has no event", r)
		}
		for _, r := range rows {
			_, id, _ := strings.Cut(r, ":")
			delete(acknowledged, id)
		}
		for id := range acknowledged {
			t.Errorf("%s was acknowledged and is lost", id)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEmitLate(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, l *eventlog.Log, _ *wakes) {
		ctx := t.Context()
		err := d.Write(ctx, func(tx *db.Tx) error {
			if err := addIn(ctx, tx, l, "a", "1"); err != nil {
				return err
			}
			tx.BeforeCommit(func(ctx context.Context, tx *db.Tx) error { return addIn(ctx, tx, l, "a", "2") })
			return d.Write(db.In(ctx, tx), func(tx *db.Tx) error { return addIn(ctx, tx, l, "a", "3") })
		})
		if err != nil {
			t.Fatal(err)
		}
		wantAgreement(t, d, map[string]bool{"1": true, "2": true, "3": true})
	})
}

func TestWakeAfterCommitOnly(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, l *eventlog.Log, w *wakes) {
		woken := map[string]int{}
		var mu sync.Mutex
		cancel, err := w.OnWake(func(tenant string) {
			mu.Lock()
			woken[tenant]++
			mu.Unlock()
		})
		if err != nil {
			t.Fatal(err)
		}
		defer cancel()
		err = d.Write(t.Context(), func(tx *db.Tx) error {
			return errors.Join(l.Emit(tx, event("a", "1")), errors.New("rolled back"))
		})
		if err == nil || len(woken) > 0 {
			t.Errorf("%v, woken %v before anything was committed", err, woken)
		}
		err = d.Write(t.Context(), func(tx *db.Tx) error {
			return errors.Join(l.Emit(tx, event("a", "1")), l.Emit(tx, event("b", "1")), l.Emit(tx, event("a", "2")))
		})
		if err != nil || woken["a"] != 1 || woken["b"] != 1 {
			t.Errorf("%v, woken %v, want both once", err, woken)
		}
	})
}
