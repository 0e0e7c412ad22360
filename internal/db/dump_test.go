package db_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"switchyard/internal/db"
	"switchyard/internal/db/dbtest"
)

// family is two tables of which one refers to the other, whose name comes first.
var family = db.Migrations{Owner: "family", Files: fstest.MapFS{
	"00001_family.sql": {Data: []byte(`-- +goose Up
CREATE TABLE parent (id TEXT NOT NULL PRIMARY KEY, n BIGINT NOT NULL);
CREATE TABLE child (id TEXT NOT NULL PRIMARY KEY, parent TEXT NOT NULL REFERENCES parent (id));
`)},
}}

type memory struct{ bytes.Buffer }

func (*memory) Close() error { return nil }

// dumped is a dump in memory.
func dumped(t *testing.T, d *db.DB) (db.Dump, map[string]*memory) {
	t.Helper()
	files := map[string]*memory{}
	dump, err := d.Dump(t.Context(), func(table string) (io.WriteCloser, error) {
		files[table] = &memory{}
		return files[table], nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return dump, files
}

func restored(ctx context.Context, d *db.DB, dump db.Dump, files map[string]*memory, all ...db.Migrations) error {
	return d.Restore(ctx, dump, func(table string) (io.Reader, error) { return bytes.NewReader(files[table].Bytes()), nil }, all...)
}

// TestADumpOfOneIsRestoredIntoTheOther: rows with everything that a text can hold, and more than one transaction of them, come back the
// same from either kind of database in either kind.
func TestADumpOfOneIsRestoredIntoTheOther(t *testing.T) {
	for _, from := range dbtest.Kinds {
		for _, to := range dbtest.Kinds {
			t.Run(from+" to "+to, func(t *testing.T) {
				ctx := t.Context()
				source := dbtest.Open(t, dbtest.URL(t, from), family)
				err := source.Write(ctx, func(tx *db.Tx) error {
					for i, text := range []string{"plain", "日本\n<b>\"'\\", strings.Repeat("x", 100_000)} {
						if _, err := tx.Exec(ctx, `INSERT INTO parent (id, n) VALUES ($1, $2)`, text, int64(i)-9_007_199_254_740_993); err != nil {
							return err
						}
					}
					for i := range 6000 {
						if _, err := tx.Exec(ctx, `INSERT INTO child (id, parent) VALUES ($1, $2)`, fmt.Sprint(i), "plain"); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				dump, files := dumped(t, source)
				target := dbtest.Open(t, dbtest.URL(t, to))
				if err := restored(ctx, target, dump, files, family); err != nil {
					t.Fatal(err)
				}
				again, copies := dumped(t, target)
				if !maps.Equal(dump.Versions, again.Versions) {
					t.Errorf("versions %v became %v", dump.Versions, again.Versions)
				}
				for name := range files {
					if before, after := lines(files[name]), lines(copies[name]); !slices.Equal(before, after) {
						t.Errorf("table %s: %d rows became %d, or differ", name, len(before), len(after))
					}
				}
				if err := restored(ctx, target, dump, files, family); !errors.Is(err, db.ErrNotEmpty) {
					t.Errorf("restored over something: %v", err)
				}
			})
		}
	}
}

func lines(m *memory) []string {
	all := strings.Split(m.String(), "\n")
	slices.Sort(all)
	return all
}

func TestDamagedDumpsAreRefused(t *testing.T) {
	ctx := t.Context()
	source := dbtest.Open(t, dbtest.URL(t, "sqlite"), family)
	if err := source.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO parent (id, n) VALUES ('a', 1)`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	cases := map[string]func(*db.Dump, map[string]*memory){
		"a row is missing": func(_ *db.Dump, files map[string]*memory) { files["parent"].Reset() },
		"half a row":       func(_ *db.Dump, files map[string]*memory) { files["parent"].Truncate(4) },
		"a value too many": func(_ *db.Dump, files map[string]*memory) {
			files["parent"].Reset()
			files["parent"].WriteString(`["a",1,2]`)
		},
		"a float": func(_ *db.Dump, files map[string]*memory) {
			files["parent"].Reset()
			files["parent"].WriteString(`["a",1.5]`)
		},
		"a name that is code": func(dump *db.Dump, _ map[string]*memory) { dump.Tables[1].Name = "parent; DROP TABLE parent" },
		"a newer version":     func(dump *db.Dump, _ map[string]*memory) { dump.Versions["family"] = 99 },
		"unknown tables":      func(dump *db.Dump, _ map[string]*memory) { dump.Versions["strangers"] = 1 },
	}
	for name, damage := range cases {
		t.Run(name, func(t *testing.T) {
			dump, files := dumped(t, source)
			damage(&dump, files)
			if files[dump.Tables[1].Name] == nil {
				files[dump.Tables[1].Name] = &memory{}
			}
			if err := restored(ctx, dbtest.Open(t, dbtest.URL(t, "sqlite")), dump, files, family); err == nil {
				t.Error("it was restored")
			}
		})
	}
}
