package db_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"switchyard/internal/db"
	"switchyard/internal/db/dbtest"
)

func TestWriteAndRead(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		if err := d.Write(ctx, func(tx *db.Tx) error { return insert(ctx, tx, "a", "one", 1) }); err != nil {
			t.Fatal(err)
		}
		kept := errors.New("not this")
		err := d.Write(ctx, func(tx *db.Tx) error {
			if err := insert(ctx, tx, "b", "two", 2); err != nil {
				return err
			}
			return kept
		})
		if !errors.Is(err, kept) {
			t.Errorf("the error of the function became %v", err)
		}
		wantIDs(t, d, "a")
		err = d.Read(ctx, func(q db.Querier) error {
			_, err := db.Value[string](ctx, q, `SELECT name FROM thing WHERE id = $1`, "b")
			return err
		})
		if !errors.Is(err, db.ErrNone) {
			t.Errorf("no row is %v, want ErrNone", err)
		}
	}, things)
}

func TestReadersCannotWrite(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Read(t.Context(), func(q db.Querier) error {
			_, err := q.Exec(t.Context(), `INSERT INTO thing (id, name, at) VALUES ('a', 'a', 0)`)
			return err
		})
		if err == nil {
			t.Error("a Read could insert")
		}
		wantIDs(t, d)
	}, things)
}

func TestGlance(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		count := func(q db.Querier) (n int) {
			n, err := db.Value[int](ctx, q, `SELECT count(*) FROM thing`)
			if err != nil {
				t.Error(err)
			}
			return n
		}
		err := d.Glance(ctx, func(q db.Querier) error {
			if n := count(q); n != 0 {
				t.Errorf("%d things at first", n)
			}
			if err := insertOnly(ctx, d, "a"); err != nil {
				return err
			}
			if n := count(q); n != 1 {
				t.Errorf("%d things after one was made; every statement sees what is there then", n)
			}
			if _, err := q.Exec(ctx, `DELETE FROM thing`); err == nil {
				t.Error("a Glance could delete")
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		err = d.Write(ctx, func(tx *db.Tx) error {
			if err := insert(ctx, tx, "b", "two", 2); err != nil {
				return err
			}
			return d.Glance(db.In(ctx, tx), func(q db.Querier) error {
				if n := count(q); n != 2 {
					t.Errorf("%d things in the transaction that made the second", n)
				}
				return nil
			})
		})
		if err != nil {
			t.Error(err)
		}
		wantIDs(t, d, "a", "b")
	}, things)
}

func TestSnapshot(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		err := d.Read(ctx, func(q db.Querier) error {
			for range 2 {
				n, err := db.Value[int](ctx, q, `SELECT count(*) FROM thing`)
				if err != nil {
					return err
				}
				if n != 0 {
					t.Error("a snapshot shows what was committed after it began")
				}
				if err := insertOnly(ctx, d, fmt.Sprint("x", len(ids(t, d)))); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		wantIDs(t, d, "x0", "x1")
	}, things)
}

func TestConflictsNameTheIndex(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		for _, c := range []struct{ id, name, want string }{{"a", "one", ""}, {"b", "one", "thing__name__at"}, {"a", "two", "thing"}} {
			err := d.Write(ctx, func(tx *db.Tx) error { return insert(ctx, tx, c.id, c.name, 1) })
			if c.want == "" && err != nil || c.want != "" && !db.Conflicts(err, c.want) {
				t.Errorf("%s, %s: %v, want a conflict of %q", c.id, c.name, err, c.want)
			}
		}
	}, things)
}

// TestFailedStatementEndsTheTransaction: on both, though SQLite would go on.
func TestFailedStatementEndsTheTransaction(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		if err := insertOnly(ctx, d, "a"); err != nil {
			t.Fatal(err)
		}
		err := d.Write(ctx, func(tx *db.Tx) error {
			if err := insert(ctx, tx, "b", "b", 0); err != nil {
				return err
			}
			if err := insert(ctx, tx, "a", "c", 0); !db.Conflicts(err, "thing") {
				t.Errorf("no conflict but %v", err)
			}
			if err := insert(ctx, tx, "d", "d", 0); err == nil || !strings.Contains(err.Error(), "failed before") {
				t.Errorf("the next statement: %v", err)
			}
			return nil // as if nothing had been
		})
		if !db.Conflicts(err, "thing") {
			t.Errorf("Write returned %v", err)
		}
		wantIDs(t, d, "a")
	}, things)
}

func TestWritersWaitForEachOther(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		if err := insertOnly(ctx, d, "a"); err != nil {
			t.Fatal(err)
		}
		const writers, rounds = 8, 20
		var all sync.WaitGroup
		for range writers {
			all.Go(func() {
				for range rounds {
					if err := d.Write(ctx, func(tx *db.Tx) error {
						_, err := tx.Exec(ctx, `UPDATE thing SET at = at + 1 WHERE id = 'a'`)
						return err
					}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		err := d.Read(ctx, func(q db.Querier) error {
			n, err := db.Value[int](ctx, q, `SELECT at FROM thing WHERE id = 'a'`)
			if n != writers*rounds {
				t.Errorf("counted to %d, want %d", n, writers*rounds)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}, things)
}

// TestDeadlockIsTriedAgain: two transactions that change two rows in opposite order.
func TestDeadlockIsTriedAgain(t *testing.T) {
	d := dbtest.Open(t, dbtest.URL(t, "postgres"), things)
	ctx := t.Context()
	for _, id := range []string{"a", "b"} {
		if err := insertOnly(ctx, d, id); err != nil {
			t.Fatal(err)
		}
	}
	var all, met sync.WaitGroup
	met.Add(2)
	tries := [2]int{}
	for i, order := range [][]string{{"a", "b"}, {"b", "a"}} {
		all.Go(func() {
			err := d.Write(ctx, func(tx *db.Tx) error {
				tries[i]++
				for step, id := range order {
					if _, err := tx.Exec(ctx, `UPDATE thing SET at = at + 1 WHERE id = $1`, id); err != nil {
						return fmt.Errorf("wrapped by the caller: %w", err)
					}
					if step == 0 && tries[i] == 1 {
						met.Done()
						met.Wait()
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if tries[0]+tries[1] < 3 {
		t.Errorf("%d tries: they never were in each other's way", tries)
	}
	err := d.Read(ctx, func(q db.Querier) error {
		sum, err := db.Value[int](ctx, q, `SELECT sum(at) FROM thing`)
		if sum != 4 {
			t.Errorf("sum %d, want 4: every change once", sum)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
