package eventlog_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

// counting consumes an event by adding one to its thing, and keeps the number of the last one
// in a thing of the tenant.
func counting(t *testing.T, fail func(e eventlog.Event) error) eventlog.Follower {
	return eventlog.Follower{Name: "counting", Consume: func(ctx context.Context, tx *db.Tx, e eventlog.Event) error {
		last, err := db.Value[int64](ctx, tx, `
			INSERT INTO thing (id, tenant, value) VALUES ($1, '', 1)
			ON CONFLICT (id) DO UPDATE SET value = thing.value + 1 RETURNING value`, "last of "+e.Tenant)
		if err != nil {
			return err
		}
		if last != e.Seq {
			t.Errorf("%s: event %d consumed as the %dth", e.Tenant, e.Seq, last)
		}
		_, id, _ := strings.Cut(e.Subject, ":")
		_, err = tx.Exec(ctx, `UPDATE thing SET value = value + 1 WHERE id = $1`, id)
		return errors.Join(err, fail(e))
	}}
}

func never(eventlog.Event) error { return nil }

// consumed is how many things were counted once, and how many otherwise.
func consumed(t *testing.T, d *db.DB) (once, otherwise int) {
	t.Helper()
	err := d.Read(t.Context(), func(q db.Querier) error {
		counts, err := db.Values[int](t.Context(), q, `SELECT value FROM thing WHERE tenant <> ''`)
		for _, n := range counts {
			if n == 1 {
				once++
			} else {
				otherwise++
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return once, otherwise
}

// TestExactlyOnce: two nodes follow while events come, consuming fails now and then,
// and both are stopped at random moments.
func TestExactlyOnce(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, l *eventlog.Log, _ *wakes) {
		const tenants, events = 3, 60
		sometimes := errors.New("sometimes")
		f := counting(t, func(eventlog.Event) error {
			if rand.N(20) == 0 {
				return sometimes
			}
			return nil
		})
		stop := make(chan struct{})
		var nodes, writers sync.WaitGroup
		for range 2 {
			nodes.Go(func() {
				for {
					ctx, cancel := context.WithTimeout(t.Context(), rand.N(50*time.Millisecond))
					err := l.CatchUp(ctx, f)
					if err != nil && !errors.Is(err, sometimes) && ctx.Err() == nil {
						t.Error(err)
					}
					cancel()
					select {
					case <-stop:
						return
					default:
					}
				}
			})
		}
		for n := range tenants {
			writers.Go(func() { mustAdd(t, d, l, fmt.Sprint("t", n), numbered(1000*(n+1), 1000*(n+1)+events-1)...) })
		}
		writers.Wait()
		close(stop)
		nodes.Wait()
		if err := l.CatchUp(t.Context(), counting(t, never)); err != nil {
			t.Error(err)
		}
		if once, otherwise := consumed(t, d); once != tenants*events || otherwise > 0 {
			t.Errorf("%d of %d things were consumed once, %d otherwise", once, tenants*events, otherwise)
		}
		err := d.Read(t.Context(), func(q db.Querier) error {
			positions, err := db.Values[int64](t.Context(), q, `SELECT seq FROM event_position WHERE follower = 'counting' ORDER BY tenant`)
			if fmt.Sprint(positions) != "[60 60 60]" {
				t.Errorf("positions %v", positions)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// TestEventThatCannotBeConsumed stops its tenant there, and nobody else.
func TestEventThatCannotBeConsumed(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, l *eventlog.Log, _ *wakes) {
		poison := errors.New("poison")
		var mu sync.Mutex
		healed := false
		reached := make(chan string, 100)
		f := counting(t, func(e eventlog.Event) error {
			mu.Lock()
			defer mu.Unlock()
			if e.Subject == "thing:bad" && !healed {
				return poison
			}
			reached <- e.Subject
			return nil
		})
		wait := func(subject string) {
			t.Helper()
			limit := time.After(10 * time.Second)
			for {
				select {
				case s := <-reached:
					if s == subject {
						return
					}
				case <-limit:
					t.Fatalf("%s is not consumed", subject)
				}
			}
		}
		mustAdd(t, d, l, "a", "1", "2", "bad", "3")
		if err := l.CatchUp(t.Context(), f); !errors.Is(err, poison) {
			t.Errorf("CatchUp: %v", err)
		}
		if once, _ := consumed(t, d); once != 2 {
			t.Errorf("%d things were consumed, want the two before it", once)
		}
		run(t, func(ctx context.Context) error { return l.Follow(ctx, f) })
		for i := range 5 {
			begun, id := time.Now(), fmt.Sprint("b", i)
			mustAdd(t, d, l, "b", id)
			wait("thing:" + id)
			if took := time.Since(begun); took > 3*time.Second {
				t.Errorf("another tenant's event took %v", took)
			}
		}
		mu.Lock()
		healed = true
		mu.Unlock()
		wait("thing:3")
	})
}

func TestFollowerThatIsNotWoken(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, l *eventlog.Log, w *wakes) {
		reached := make(chan struct{})
		run(t, func(ctx context.Context) error {
			return l.Follow(ctx, eventlog.Follower{Name: "f", Consume: func(context.Context, *db.Tx, eventlog.Event) error {
				close(reached)
				return nil
			}})
		})
		w.mu.Lock()
		w.deaf = true
		w.mu.Unlock()
		begun := time.Now()
		mustAdd(t, d, l, "a", "1")
		<-reached
		if took := time.Since(begun); took > 3*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}
