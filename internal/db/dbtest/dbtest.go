package dbtest

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchyard/internal/db"
)

// Kinds are the databases that Each tries.
var Kinds = []string{"sqlite", "postgres"}

// Each runs f with an empty, migrated database of every kind.
func Each(t *testing.T, f func(t *testing.T, d *db.DB), migrations ...db.Migrations) {
	t.Helper()
	for _, kind := range Kinds {
		t.Run(kind, func(t *testing.T) { f(t, Open(t, URL(t, kind), migrations...)) })
	}
}

// Open opens a database until the test ends and migrates it.
func Open(t testing.TB, url string, migrations ...db.Migrations) *db.DB {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	d, err := db.Open(ctx, url, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := d.Migrate(ctx, t.TempDir(), migrations...); err != nil {
		t.Fatal(err)
	}
	return d
}

// URL is that of a new empty database of a kind, which is gone after the test.
func URL(t testing.TB, kind string) string {
	t.Helper()
	switch kind {
	case "sqlite":
		return "sqlite:" + filepath.Join(t.TempDir(), "test.db")
	case "postgres":
		return schema(t)
	}
	t.Fatalf("%q is not a kind of database", kind)
	return ""
}

// schema makes a schema of its own in the server's database: much quicker than a
// database of its own, and as empty.
func schema(t testing.TB) string {
	t.Helper()
	base := postgresURL(t)
	name := "t" + strings.ToLower(rand.Text())
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	run := func(statement string) {
		d, err := db.Open(ctx, base, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if err := d.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, statement)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	run("CREATE SCHEMA " + name)
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	query.Set("search_path", name)
	u.RawQuery = query.Encode()
	return u.String()
}
