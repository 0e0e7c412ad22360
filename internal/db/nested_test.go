package db_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"switchyard/internal/db"
	"switchyard/internal/db/dbtest"
)

func TestNestedWriteJoins(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		err := d.Write(ctx, func(tx *db.Tx) error {
			inner := db.In(ctx, tx)
			if err := insertOnly(inner, d, "a"); err != nil {
				return err
			}
			return d.Read(inner, func(q db.Querier) error {
				n, err := db.Value[int](inner, q, `SELECT count(*) FROM thing`)
				if n != 1 {
					t.Errorf("a Read in the transaction sees %d rows, want its own", n)
				}
				return err
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		wantIDs(t, d, "a")
		outer := errors.New("the outer one fails")
		err = d.Write(ctx, func(tx *db.Tx) error {
			if err := insertOnly(db.In(ctx, tx), d, "b"); err != nil {
				return err
			}
			return outer
		})
		if !errors.Is(err, outer) {
			t.Errorf("%v, want that of the outer function", err)
		}
		wantIDs(t, d, "a")
	}, things)
}

func TestFailingNestedWritePreventsTheCommit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		refused := errors.New("refused")
		err := d.Write(ctx, func(tx *db.Tx) error {
			if err := insert(ctx, tx, "a", "a", 0); err != nil {
				return err
			}
			d.Write(db.In(ctx, tx), func(*db.Tx) error { return refused }) // its error is lost
			return nil
		})
		if !errors.Is(err, refused) {
			t.Errorf("%v, want that of the nested function", err)
		}
		wantIDs(t, d)
	}, things)
}

// TestAmbientTransactionOfAnotherDatabase: it is only that database's.
func TestAmbientTransactionOfAnotherDatabase(t *testing.T) {
	ctx := t.Context()
	one := dbtest.Open(t, dbtest.URL(t, "sqlite"), things)
	two := dbtest.Open(t, dbtest.URL(t, "postgres"), things)
	refused := errors.New("refused")
	err := one.Write(ctx, func(tx *db.Tx) error {
		if err := insertOnly(db.In(ctx, tx), two, "a"); err != nil {
			return err
		}
		return refused
	})
	if !errors.Is(err, refused) {
		t.Error(err)
	}
	wantIDs(t, one)
	wantIDs(t, two, "a")
}

func TestBeforeAndAfterCommit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		var order []string
		step := func(name string) func(context.Context, *db.Tx) error {
			return func(ctx context.Context, tx *db.Tx) error {
				order = append(order, name)
				return insert(ctx, tx, name, name, 0)
			}
		}
		err := d.Write(ctx, func(tx *db.Tx) error {
			tx.AfterCommit(func() { order = append(order, "after", ids(t, d)[0]) })
			tx.BeforeCommit(func(ctx context.Context, tx *db.Tx) error {
				tx.BeforeCommit(step("third"))
				return step("first")(ctx, tx)
			})
			tx.BeforeCommit(step("second"))
			order = append(order, "function")
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if want := []string{"function", "first", "second", "third", "after", "first"}; !slices.Equal(order, want) {
			t.Errorf("order %q, want %q", order, want)
		}
		refused := errors.New("refused")
		err = d.Write(ctx, func(tx *db.Tx) error {
			tx.BeforeCommit(func(context.Context, *db.Tx) error { return refused })
			tx.AfterCommit(func() { t.Error("AfterCommit ran without a commit") })
			return insert(ctx, tx, "x", "x", 0)
		})
		if !errors.Is(err, refused) {
			t.Errorf("%v, want that of BeforeCommit", err)
		}
		wantIDs(t, d, "first", "second", "third")
	}, things)
}

func TestNote(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		type key struct{}
		for range 2 {
			err := d.Write(t.Context(), func(tx *db.Tx) error {
				for i := range 3 {
					n := tx.Note(key{}, func() any { return new(int) }).(*int)
					if *n != i {
						t.Errorf("the note is %d, want %d: one for each transaction", *n, i)
					}
					*n++
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}
	})
}
