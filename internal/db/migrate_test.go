package db_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"

	"switchyard/internal/db"
	"switchyard/internal/db/dbtest"
)

// upTo is the table of things with n-1 more migrations, each of which adds a row.
func upTo(n int) db.Migrations {
	files := fstest.MapFS{"00001_thing.sql": {Data: []byte(thingTable)}}
	for i := 2; i <= n; i++ {
		files[fmt.Sprintf("%05d_row.sql", i)] = &fstest.MapFile{Data: fmt.Appendf(nil, "-- +goose Up\nINSERT INTO thing (id, name, at) VALUES ('m%d', 'm', %d);\n", i, i)}
	}
	return db.Migrations{Owner: "things", Files: files}
}

func copies(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestMigrateStepByStep(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dir := t.TempDir()
		for n := 1; n <= 6; n++ {
			for range 2 { // the second has nothing to do
				if err := d.Migrate(t.Context(), dir, upTo(n)); err != nil {
					t.Fatal(err)
				}
			}
			if rows := len(ids(t, d)); rows != n-1 {
				t.Errorf("%d rows after version %d", rows, n)
			}
			want := min(n-1, 3) // a fresh database is not copied
			if d.Dialect() != "sqlite" {
				want = 0
			}
			if files := copies(t, dir); len(files) != want {
				t.Errorf("version %d: copies %q, want %d", n, files, want)
			}
		}
		for i, path := range copies(t, dir) {
			info, err := os.Stat(path)
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v %v, want mode 0600", path, info, err)
			}
			if rows := len(ids(t, open(t, "sqlite:"+path))); rows != 2+i {
				t.Errorf("copy %d of the newest three has %d rows, want %d: as it was before", i, rows, 2+i)
			}
		}
	})
}

func TestMigrateRefusesNewer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		other := db.Migrations{Owner: "other", Files: fstest.MapFS{"00001_other.sql": {Data: []byte("-- +goose Up\nCREATE TABLE other (id TEXT NOT NULL);\n")}}}
		if err := d.Migrate(t.Context(), t.TempDir(), upTo(3)); err != nil {
			t.Fatal(err)
		}
		err := d.Migrate(t.Context(), t.TempDir(), other, upTo(2))
		if !errors.Is(err, db.ErrNewer) {
			t.Errorf("%v, want ErrNewer", err)
		}
		err = d.Read(t.Context(), func(q db.Querier) error {
			_, err := db.Values[string](t.Context(), q, `SELECT id FROM other`)
			return err
		})
		if err == nil {
			t.Error("other tables were migrated though one belongs to a newer program")
		}
	})
}

func TestMigrationThatFails(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		m := upTo(3)
		m.Files.(fstest.MapFS)["00003_row.sql"].Data = []byte("-- +goose Up\nINSERT INTO thing (id, name, at) VALUES ('half', 'half', 0);\nINSERT INTO nothing VALUES (1);\n")
		if err := d.Migrate(t.Context(), t.TempDir(), m); err == nil {
			t.Fatal("no error")
		}
		wantIDs(t, d, "m2")
		if err := d.Migrate(t.Context(), t.TempDir(), upTo(3)); err != nil {
			t.Fatal(err)
		}
		wantIDs(t, d, "m2", "m3")
	})
}

func TestProgramsThatStartTogether(t *testing.T) {
	url := dbtest.URL(t, "postgres")
	var all sync.WaitGroup
	for range 4 {
		d := open(t, url)
		all.Go(func() {
			if err := d.Migrate(t.Context(), t.TempDir(), upTo(4)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	wantIDs(t, open(t, url), "m2", "m3", "m4")
}

func TestCopyTo(t *testing.T) {
	d := dbtest.Open(t, dbtest.URL(t, "sqlite"), upTo(2))
	path := filepath.Join(t.TempDir(), "it's a copy.db")
	if err := d.CopyTo(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	wantIDs(t, open(t, "sqlite:"+path), "m2")
	if err := d.CopyTo(t.Context(), path); err == nil {
		t.Error("a file that is there was written over")
	}
	wantIDs(t, open(t, "sqlite:"+path), "m2")
	if err := dbtest.Open(t, dbtest.URL(t, "postgres")).CopyTo(t.Context(), path+"2"); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("PostgreSQL: %v, want ErrUnsupported", err)
	}
}
