package db_test

import (
	"context"
	"log/slog"
	"os"
	"slices"
	"testing"
	"testing/fstest"

	"switchyard/internal/db"
	"switchyard/internal/db/dbtest"
)

func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }

const thingTable = `-- +goose Up
CREATE TABLE thing (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, at BIGINT NOT NULL);
CREATE UNIQUE INDEX thing__name__at ON thing (name, at);
`

// things is a table to try.
var things = db.Migrations{Owner: "things", Files: fstest.MapFS{"00001_thing.sql": {Data: []byte(thingTable)}}}

func insert(ctx context.Context, tx *db.Tx, id, name string, at int64) error {
	_, err := tx.Exec(ctx, `INSERT INTO thing (id, name, at) VALUES ($1, $2, $3)`, id, name, at)
	return err
}

// insertOnly is a transaction of one insert.
func insertOnly(ctx context.Context, d *db.DB, id string) error {
	return d.Write(ctx, func(tx *db.Tx) error { return insert(ctx, tx, id, id, 0) })
}

func ids(t *testing.T, d *db.DB) (all []string) {
	t.Helper()
	err := d.Read(t.Context(), func(q db.Querier) (err error) {
		all, err = db.Values[string](t.Context(), q, `SELECT id FROM thing ORDER BY id`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func wantIDs(t *testing.T, d *db.DB, want ...string) {
	t.Helper()
	if got := ids(t, d); !slices.Equal(got, want) {
		t.Errorf("rows %q, want %q", got, want)
	}
}

func open(t *testing.T, url string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), url, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// eachTwice runs f with two programs' connections to one database of every kind.
func eachTwice(t *testing.T, f func(t *testing.T, d, other *db.DB)) {
	for _, kind := range dbtest.Kinds {
		t.Run(kind, func(t *testing.T) {
			url := dbtest.URL(t, kind)
			f(t, dbtest.Open(t, url, things), open(t, url))
		})
	}
}
