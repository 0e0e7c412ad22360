package db_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"switchyard/internal/db"
	"switchyard/internal/db/dbtest"
)

// hold has a transaction that inserts a row wait until release.
func hold(t *testing.T, d *db.DB, id string) (release func() error) {
	t.Helper()
	held, done, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- d.Write(context.Background(), func(tx *db.Tx) error {
			if err := insert(context.Background(), tx, id, id, 0); err != nil {
				return err
			}
			close(held)
			<-done
			return nil
		})
	}()
	select {
	case <-held:
	case err := <-ended:
		t.Fatal(err)
	}
	return func() error {
		close(done)
		return <-ended
	}
}

func TestLockedForTooLong(t *testing.T) {
	t.Parallel()
	eachTwice(t, func(t *testing.T, d, other *db.DB) {
		t.Parallel()
		release := hold(t, other, "a")
		err := insertOnly(t.Context(), d, "a")
		if !errors.Is(err, db.ErrUnavailable) {
			t.Errorf("%v, want ErrUnavailable", err)
		}
		if err := release(); err != nil {
			t.Error(err)
		}
		if err := insertOnly(t.Context(), d, "b"); err != nil {
			t.Errorf("after the other has ended: %v", err)
		}
		wantIDs(t, d, "a", "b")
	})
}

func TestNoConnectionForTooLong(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.URL(t, "sqlite"), things)
	release := hold(t, d, "a")
	var all sync.WaitGroup
	for name, f := range map[string]func(context.Context) error{
		"write": func(ctx context.Context) error { return insertOnly(ctx, d, "b") },
		"ping":  d.Ping,
	} {
		all.Go(func() {
			if err := f(t.Context()); !errors.Is(err, db.ErrUnavailable) {
				t.Errorf("%s: %v, want ErrUnavailable", name, err)
			}
		})
	}
	all.Wait()
	if err := release(); err != nil {
		t.Error(err)
	}
}

// TestCallerWhoGoesAway: whatever the database does then, the error is the caller's.
func TestCallerWhoGoesAway(t *testing.T) {
	t.Parallel()
	eachTwice(t, func(t *testing.T, d, other *db.DB) {
		check := func(when string, err, want error) {
			t.Helper()
			if !errors.Is(err, want) || errors.Is(err, db.ErrUnavailable) {
				t.Errorf("%s: %v, want %v alone", when, err, want)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		check("before it", insertOnly(ctx, d, "b"), context.Canceled)
		check("before it, reading", d.Read(ctx, func(db.Querier) error { return nil }), context.Canceled)

		ctx, cancel = context.WithCancel(t.Context())
		check("in the middle", d.Write(ctx, func(tx *db.Tx) error {
			cancel()
			return insert(ctx, tx, "b", "b", 0)
		}), context.Canceled)

		ctx, cancel = context.WithCancel(t.Context())
		check("before the commit", d.Write(ctx, func(tx *db.Tx) error {
			defer cancel()
			return insert(ctx, tx, "b", "b", 0)
		}), context.Canceled)

		for name, d := range map[string]*db.DB{"for a connection": other, "for a lock": d} {
			release := hold(t, other, "a")
			ctx, cancel = context.WithTimeout(t.Context(), 100*time.Millisecond)
			check("waiting "+name, insertOnly(ctx, d, "a"), context.DeadlineExceeded)
			cancel()
			if err := release(); err != nil {
				t.Error(err)
			}
			if err := d.Write(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(t.Context(), `DELETE FROM thing`)
				return err
			}); err != nil {
				t.Error(err)
			}
		}
		wantIDs(t, d)
	})
}

func TestDatabaseFull(t *testing.T) {
	d := dbtest.Open(t, dbtest.URL(t, "sqlite"), things)
	ctx := t.Context()
	limit := func(pages int) {
		t.Helper()
		if err := d.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, fmt.Sprintf(`PRAGMA max_page_count = %d`, pages))
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	limit(50)
	long := strings.Repeat("x", 4000)
	for _, swallow := range []bool{false, true} {
		err := d.Write(ctx, func(tx *db.Tx) error {
			for i := range 200 {
				err := insert(ctx, tx, fmt.Sprint(i), long, int64(i))
				if err != nil && !swallow {
					return err
				}
			}
			return nil
		})
		if !errors.Is(err, db.ErrUnavailable) {
			t.Errorf("%v, want ErrUnavailable", err)
		}
		wantIDs(t, d)
	}
	if err := insertOnly(ctx, d, "small"); err != nil {
		t.Errorf("what has room: %v", err)
	}
	limit(1000)
	wantIDs(t, d, "small")
}

func TestServerGoneAndBack(t *testing.T) {
	d := dbtest.Open(t, dbtest.URL(t, "postgres"), things)
	ctx := t.Context()
	if err := insertOnly(ctx, d, "a"); err != nil {
		t.Fatal(err)
	}
	var restore func()
	err := d.Write(ctx, func(tx *db.Tx) error {
		if err := insert(ctx, tx, "lost", "lost", 0); err != nil {
			return err
		}
		restore = dbtest.Outage(t)
		return insert(ctx, tx, "lost too", "lost too", 0)
	})
	if !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("a transaction that the end of the server cut: %v, want ErrUnavailable", err)
	}
	for name, f := range map[string]func() error{
		"write": func() error { return insertOnly(ctx, d, "b") },
		"read":  func() error { return d.Read(ctx, func(db.Querier) error { return nil }) },
		"ping":  func() error { return d.Ping(ctx) },
	} {
		if err := f(); !errors.Is(err, db.ErrUnavailable) {
			t.Errorf("%s without a server: %v, want ErrUnavailable", name, err)
		}
	}
	restore()
	if err := insertOnly(ctx, d, "b"); err != nil {
		t.Errorf("after it is back: %v", err)
	}
	wantIDs(t, d, "a", "b")
}
