package eventlog_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"switchyard/internal/db"
	"switchyard/internal/db/dbtest"
	"switchyard/internal/eventlog"
)

// listen reads the events after a number up to another one, and checks their order.
func listen(ctx context.Context, l *eventlog.Log, tenant string, after, until int64) error {
	n := l.Listen(tenant, after)
	defer n.Close()
	for after < until {
		events, err := n.Next(ctx)
		if err != nil {
			return fmt.Errorf("after %d: %w", after, err)
		}
		if len(events) == 0 || cap(events) != len(events) {
			return fmt.Errorf("%d events of a slice of %d: an append would change another reader's", len(events), cap(events))
		}
		for _, e := range events {
			if after++; e.Seq != after || e.Tenant != tenant {
				return fmt.Errorf("%s %d where %d should be", e.Tenant, e.Seq, after)
			}
		}
	}
	return nil
}

func numbered(from, to int) (ids []string) {
	for i := from; i <= to; i++ {
		ids = append(ids, fmt.Sprint(i))
	}
	return ids
}

func TestListenFrom(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, l *eventlog.Log, _ *wakes) {
		mustAdd(t, d, l, "a", numbered(1, 20)...)
		for _, from := range []int64{0, 7, 19} {
			if err := listen(t.Context(), l, "a", from, 20); err != nil {
				t.Error(err)
			}
		}
		if err := listen(t.Context(), l, "a", 21, 22); !errors.Is(err, eventlog.ErrAhead) {
			t.Errorf("ahead: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if err := listen(ctx, l, "a", 20, 21); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("at the head: %v", err)
		}
		if err := l.Forget(t.Context(), time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		mustAdd(t, d, l, "a", numbered(21, 25)...)
		var forgotten *eventlog.ForgottenError
		for _, from := range []int64{0, 19} {
			if err := listen(t.Context(), l, "a", from, 25); !errors.As(err, &forgotten) || forgotten.Oldest != 21 {
				t.Errorf("from %d: %v", from, err)
			}
		}
		if err := listen(t.Context(), l, "a", 20, 25); err != nil {
			t.Error(err)
		}
	})
}

// TestManyListeners: while several write, all get everything in order, wherever they begin.
func TestManyListeners(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, l *eventlog.Log, _ *wakes) {
		const listeners, writers, rounds, old = 200, 4, 50, 30
		mustAdd(t, d, l, "a", numbered(1, old)...)
		var all sync.WaitGroup
		for i := range listeners {
			all.Go(func() {
				if err := listen(t.Context(), l, "a", int64(i%(old+1)), old+writers*rounds); err != nil {
					t.Error(err)
				}
			})
		}
		for w := range writers {
			all.Go(func() { mustAdd(t, d, l, "a", numbered(1000*(w+1), 1000*(w+1)+rounds-1)...) })
		}
		all.Wait()
	})
}

// TestListenerFarBehind has more to read than one batch, and more than the tail begins with.
func TestListenerFarBehind(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, l *eventlog.Log, _ *wakes) {
		const batches, batch = 4, 500
		slow, quick := l.Listen("a", 0), make(chan error, 1)
		defer slow.Close()
		go func() { quick <- listen(t.Context(), l, "a", 0, batches*batch) }()
		for range batches {
			err := d.Write(t.Context(), func(tx *db.Tx) error {
				for range batch {
					if err := l.Emit(tx, event("a", "x")); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := <-quick; err != nil {
			t.Error(err)
		}
		for seen := int64(0); seen < batches*batch; {
			events, err := slow.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range events {
				if seen++; e.Seq != seen {
					t.Fatalf("%d where %d should be", e.Seq, seen)
				}
			}
		}
	})
}

func TestLostWakeCostsASecond(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, l *eventlog.Log, w *wakes) {
		w.deaf = true
		begun := time.Now()
		got := make(chan error, 1)
		go func() { got <- listen(t.Context(), l, "a", 0, 1) }()
		mustAdd(t, d, l, "a", "1")
		if err := <-got; err != nil {
			t.Error(err)
		}
		if took := time.Since(begun); took > 3*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// TestListenersComeAndGo: with the last one its tail goes, and the next one begins anew.
func TestListenersComeAndGo(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, l *eventlog.Log, _ *wakes) {
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				for seen := int64(0); seen < 40; seen++ { // one event, or a batch, each
					if err := listen(t.Context(), l, "a", seen, min(40, seen+1+rand.Int64N(3))); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		mustAdd(t, d, l, "a", numbered(1, 40)...)
		all.Wait()
	})
}

func TestListenWhileTheDatabaseIsGone(t *testing.T) {
	d := dbtest.Open(t, dbtest.URL(t, "postgres"), eventlog.Migrations(), things)
	l := newLog(d, &wakes{})
	run(t, l.Run)
	const many = 600 // more than the tail begins with
	emitAt(t, d, l, "a", many, time.Now())
	n := l.Listen("a", many-1)
	defer n.Close()
	if events, err := n.Next(t.Context()); err != nil || len(events) != 1 {
		t.Fatal(events, err)
	}
	restore := dbtest.Outage(t)
	if err := listen(t.Context(), l, "a", 0, many); !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("who is far behind: %v, want ErrUnavailable", err)
	}
	if err := listen(t.Context(), l, "a", many-5, many); err != nil {
		t.Errorf("what is in memory: %v", err)
	}
	restore()
	mustAdd(t, d, l, "a", "x")
	if events, err := n.Next(t.Context()); err != nil || events[0].Seq != many+1 {
		t.Errorf("after it is back: %v %v", events, err)
	}
}
