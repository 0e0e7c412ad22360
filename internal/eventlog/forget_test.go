package eventlog_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

// emitAt emits n events that happened at a time.
func emitAt(t *testing.T, d *db.DB, l *eventlog.Log, tenant string, n int, at time.Time) {
	t.Helper()
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		for range n {
			e := event(tenant, "x")
			e.At = at
			if err := l.Emit(tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestForget(t *testing.T) {
	now := time.Now()
	old, limit := now.Add(-2*time.Hour), now.Add(-time.Hour)
	for _, c := range []struct {
		name      string
		emit      func(t *testing.T, d *db.DB, l *eventlog.Log)
		forgotten int64
	}{
		{"nothing there", func(*testing.T, *db.DB, *eventlog.Log) {}, 0},
		{"nothing old", func(t *testing.T, d *db.DB, l *eventlog.Log) { emitAt(t, d, l, "a", 5, now) }, 0},
		{"all old", func(t *testing.T, d *db.DB, l *eventlog.Log) { emitAt(t, d, l, "a", 5, old) }, 5},
		{"more than one transaction's", func(t *testing.T, d *db.DB, l *eventlog.Log) {
			emitAt(t, d, l, "a", 2500, old)
			emitAt(t, d, l, "a", 5, now)
		}, 2500},
		{"an old one that came late", func(t *testing.T, d *db.DB, l *eventlog.Log) {
			emitAt(t, d, l, "a", 3, old)
			emitAt(t, d, l, "a", 1, now)
			emitAt(t, d, l, "a", 1, old)
		}, 3},
		{"a follower that is behind", func(t *testing.T, d *db.DB, l *eventlog.Log) {
			follow(t, l, "ahead", 3, 0)
			emitAt(t, d, l, "a", 5, old)
			follow(t, l, "behind", 3, 3)
			follow(t, l, "ahead", 10, 5)
			emitAt(t, d, l, "a", 5, old)
			follow(t, l, "ahead", 10, 10)
		}, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T, d *db.DB, l *eventlog.Log, _ *wakes) {
				emitAt(t, d, l, "b", 2, now) // another tenant
				c.emit(t, d, l)
				for range 2 {
					if err := l.Forget(t.Context(), limit); err != nil {
						t.Fatal(err)
					}
					h := head(t, d, "a")
					if h.Forgotten != c.forgotten {
						t.Errorf("forgotten up to %d, want %d", h.Forgotten, c.forgotten)
					}
					seq := h.Forgotten
					for _, e := range after(t, d, "a", seq) {
						if seq++; e.Seq != seq {
							t.Fatalf("%d follows %d", e.Seq, seq-1)
						}
					}
					if seq != h.Seq {
						t.Errorf("the last is %d, the head %d", seq, h.Seq)
					}
				}
				if n := len(after(t, d, "b", 0)); n != 2 {
					t.Errorf("%d events of another tenant", n)
				}
			})
		})
	}
}

// follow has a follower consume until its nth event of the tenant a.
func follow(t *testing.T, l *eventlog.Log, name string, until, want int64) {
	t.Helper()
	enough := errors.New("enough")
	var last int64
	err := l.CatchUp(t.Context(), eventlog.Follower{Name: name, Consume: func(_ context.Context, _ *db.Tx, e eventlog.Event) error {
		if e.Tenant == "a" && e.Seq > until {
			return enough
		}
		if e.Tenant == "a" {
			last = e.Seq
		}
		return nil
	}})
	if err != nil && !errors.Is(err, enough) || last != want && last != 0 {
		t.Fatalf("%s consumed up to %d, want %d: %v", name, last, want, err)
	}
}

// TestNodesForgetTogether: with different clocks, while events come.
func TestNodesForgetTogether(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, l *eventlog.Log, _ *wakes) {
		begin := time.Now()
		for i := range 40 {
			emitAt(t, d, l, "a", 25, begin.Add(time.Duration(i)*time.Minute))
		}
		var all sync.WaitGroup
		for node := range 4 {
			all.Go(func() {
				for i := range 10 {
					if err := l.Forget(t.Context(), begin.Add(time.Duration(4*i-node)*time.Minute)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		h := head(t, d, "a")
		if want := int64(36 * 25); h.Forgotten != want {
			t.Errorf("forgotten up to %d, want %d", h.Forgotten, want)
		}
		if n := len(after(t, d, "a", h.Forgotten)); fmt.Sprint(n) != "100" {
			t.Errorf("%d are left, want 100", n)
		}
	})
}
