package eventlog_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"switchyard/internal/db"
	"switchyard/internal/db/dbtest"
	"switchyard/internal/db/powercut"
	"switchyard/internal/eventlog"
)

// clock is a time that the test sets.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newBacklog(d *db.DB) (*eventlog.Backlog, *clock) {
	c := &clock{now: time.Unix(2e9, 0)}
	return eventlog.NewBacklog(d, slog.New(slog.DiscardHandler), c.Now), c
}

// writes is an op that adds a thing and emits its event, saying whether it is late.
func writes(l *eventlog.Log, id string) eventlog.Op {
	return eventlog.Op{Do: func(ctx context.Context, tx *db.Tx, late bool) error {
		if _, err := tx.Exec(ctx, `INSERT INTO thing (id, tenant, value) VALUES ($1, 'a', 0)`, id); err != nil {
			return err
		}
		e := event("a", id)
		e.Late = late
		return l.Emit(tx, e)
	}}
}

func submit(t *testing.T, b *eventlog.Backlog, ops ...eventlog.Op) {
	t.Helper()
	for _, op := range ops {
		if err := b.Submit(op); err != nil {
			t.Fatal(err)
		}
	}
}

func flush(t *testing.T, b *eventlog.Backlog) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := b.Flush(ctx); err != nil {
		t.Fatal(err)
	}
}

// subjects are the ids of the events, and which of them are late.
func subjects(t *testing.T, d *db.DB) (ids []string, late int) {
	t.Helper()
	for _, e := range after(t, d, "a", 0) {
		ids = append(ids, strings.TrimPrefix(e.Subject, "thing:"))
		if e.Late {
			late++
		}
	}
	return ids, late
}

func TestBacklogKeepsTheOrder(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, l *eventlog.Log, _ *wakes) {
		b, _ := newBacklog(d)
		want := numbered(1, 200)
		for _, id := range want[:150] { // more than a batch waits
			submit(t, b, writes(l, id))
		}
		run(t, b.Run)
		for _, id := range want[150:] {
			submit(t, b, writes(l, id))
		}
		flush(t, b)
		if ids, late := subjects(t, d); strings.Join(ids, " ") != strings.Join(want, " ") || late > 0 {
			t.Errorf("%d late, written as %q", late, ids)
		}
		if b.Len() != 0 || !b.Since().IsZero() {
			t.Errorf("%d wait since %v after Flush", b.Len(), b.Since())
		}
	})
}

// goneAndBack has ops submitted before, while and after the database is not there.
func goneAndBack(t *testing.T, d *db.DB, gone func() (restore func())) {
	l := newLog(d, &wakes{})
	b, clock := newBacklog(d)
	run(t, b.Run)
	submit(t, b, writes(l, "before"))
	flush(t, b)
	restore := gone()
	submitted := clock.Now()
	var undone atomic.Int32
	told := writes(l, "long ago")
	told.Undone = func() { undone.Add(1) }
	submit(t, b, told, writes(l, "long ago too"))
	clock.add(time.Minute)
	submit(t, b, writes(l, "just now"))
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond) // some tries
	if err := b.Flush(ctx); err == nil || !strings.Contains(err.Error(), "3 changes") {
		t.Errorf("Flush without a database: %v", err)
	}
	cancel()
	if b.Len() != 3 || !b.Since().Equal(submitted) {
		t.Errorf("%d wait since %v", b.Len(), b.Since())
	}
	if undone.Load() == 0 {
		t.Error("an op is not told that the database did not take it")
	}
	restore()
	flush(t, b)
	submit(t, b, writes(l, "after"))
	flush(t, b)
	ids, late := subjects(t, d)
	if fmt.Sprint(ids) != "[before long ago long ago too just now after]" || late != 2 {
		t.Errorf("%d late, written: %v", late, ids)
	}
}

func TestBacklogWhileSQLiteIsGone(t *testing.T) {
	disk, err := powercut.Register("backlog")
	if err != nil {
		t.Fatal(err)
	}
	d := dbtest.Open(t, dbtest.URL(t, "sqlite")+"?vfs=backlog", eventlog.Migrations(), things)
	goneAndBack(t, d, func() func() {
		disk.Break(true)
		return func() { disk.Break(false) }
	})
}

func TestBacklogWhilePostgresIsGone(t *testing.T) {
	d := dbtest.Open(t, dbtest.URL(t, "postgres"), eventlog.Migrations(), things)
	goneAndBack(t, d, func() func() { return dbtest.Outage(t) })
}

func TestBacklogIsBounded(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, _ *eventlog.Log, _ *wakes) {
		b, _ := newBacklog(d)
		const most, merged = 10_000, 5
		done := make([]bool, most+merged)
		op := func(i int, merge string) eventlog.Op {
			return eventlog.Op{Merge: merge, Do: func(context.Context, *db.Tx, bool) error {
				done[i] = true
				return nil
			}}
		}
		for i := range most {
			merge := ""
			if i == 10 || i >= 5000 && i < 5000+merged { // 10 may be being written
				merge = "x"
			}
			submit(t, b, op(i, merge))
		}
		for _, merge := range []string{"", "y"} {
			if err := b.Submit(op(0, merge)); !errors.Is(err, eventlog.ErrBacklogFull) {
				t.Errorf("one too many about %q: %v", merge, err)
			}
		}
		for i := range merged {
			submit(t, b, op(most+i, "x"))
		}
		if b.Len() != most {
			t.Errorf("%d wait, want %d", b.Len(), most)
		}
		run(t, b.Run)
		flush(t, b)
		for i, done := range done {
			if dropped := i >= 5000 && i < 5000+merged; done == dropped {
				t.Errorf("op %d: done %v", i, done)
			}
		}
	})
}

func TestOpThatCanNeverBeWritten(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, l *eventlog.Log, _ *wakes) {
		b, _ := newBacklog(d)
		var want []string
		var undone atomic.Int32
		for i := range 100 {
			id := fmt.Sprint(i)
			if i%30 == 10 {
				submit(t, b, eventlog.Op{Undone: func() { undone.Add(1) }, Do: func(ctx context.Context, tx *db.Tx, _ bool) error {
					if i == 40 {
						return errors.New("it will never do")
					}
					_, err := tx.Exec(ctx, `INSERT INTO nothing VALUES (1)`)
					return err
				}})
				continue
			}
			want = append(want, id)
			submit(t, b, writes(l, id))
		}
		run(t, b.Run)
		flush(t, b)
		if ids, _ := subjects(t, d); strings.Join(ids, " ") != strings.Join(want, " ") {
			t.Errorf("written %v", ids)
		}
		if n := undone.Load(); n != 3 {
			t.Errorf("%d of the 3 ops that were dropped were told", n)
		}
	})
}
