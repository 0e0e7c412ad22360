package powercut_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"switchyard/internal/db"
	"switchyard/internal/db/dbtest"
	"switchyard/internal/db/powercut"
)

func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }

var things = db.Migrations{Owner: "things", Files: fstest.MapFS{
	"00001_thing.sql": {Data: []byte("-- +goose Up\nCREATE TABLE thing (id BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL);\n")},
}}

var names atomic.Int64

func disk(t *testing.T) (*powercut.Disk, string) {
	t.Helper()
	name := fmt.Sprint("disk", names.Add(1))
	d, err := powercut.Register(name)
	if err != nil {
		t.Fatal(err)
	}
	return d, name
}

// prepared is a database that nobody has open: who has would keep the wal-index alive.
func prepared(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.db")
	d, err := db.Open(t.Context(), "sqlite:"+path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.Migrate(t.Context(), t.TempDir(), things), d.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// left is what the disk holds, seen without the VFS.
func left(t *testing.T, path string) map[int64]bool {
	t.Helper()
	d, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var verdict string
	if err := d.QueryRow("PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Fatalf("integrity: %q %v", verdict, err)
	}
	rows, err := d.Query("SELECT id FROM thing")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	all := map[int64]bool{}
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		all[id] = true
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestAcknowledgedChangesSurvive cuts the power of one database again and again while
// several write to it, and small logs and big changes make it move its log.
func TestAcknowledgedChangesSurvive(t *testing.T) {
	path := prepared(t)
	rounds := 20
	if testing.Short() {
		rounds = 5
	}
	var next atomic.Int64
	acknowledged := map[int64]bool{}
	for range rounds {
		power, name := disk(t)
		d, err := db.Open(t.Context(), "sqlite:"+path+"?vfs="+name, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		var mu sync.Mutex
		end := next.Load() + 1 + rand.Int64N(150)
		for range 3 {
			all.Go(func() {
				for {
					id := next.Add(1)
					if id == end {
						power.Cut()
					}
					err := d.Write(t.Context(), func(tx *db.Tx) error {
						_, err := tx.Exec(t.Context(), `INSERT INTO thing (id, name) VALUES ($1, $2)`, id, fmt.Sprintf("%*d", rand.IntN(5000), id))
						return err
					})
					if err != nil {
						if !errors.Is(err, db.ErrUnavailable) {
							t.Error(err)
						}
						return
					}
					mu.Lock()
					acknowledged[id] = true
					mu.Unlock()
				}
			})
		}
		all.Wait()
		d.Close() // fails: there is no power
		there := left(t, path)
		for id := range acknowledged {
			if !there[id] {
				t.Fatalf("row %d was acknowledged and is lost", id)
			}
		}
	}
	if len(acknowledged) < 10*rounds {
		t.Errorf("only %d changes in %d rounds", len(acknowledged), rounds)
	}
}

// TestItDoesLose: what SQLite does not sync is lost, or the other tests prove nothing.
func TestItDoesLose(t *testing.T) {
	for _, c := range []struct {
		synchronous string
		lost        bool
	}{{"OFF", true}, {"NORMAL", true}, {"FULL", false}} {
		t.Run(c.synchronous, func(t *testing.T) {
			path := prepared(t)
			power, name := disk(t)
			d, err := sql.Open("sqlite", "file:"+path+"?vfs="+name+"&_pragma=journal_mode(WAL)&_pragma=synchronous("+c.synchronous+")")
			if err != nil {
				t.Fatal(err)
			}
			const rows = 50
			for id := range rows {
				if _, err := d.Exec("INSERT INTO thing (id, name) VALUES ($1, 'x')", id); err != nil {
					t.Fatal(err)
				}
			}
			if unsynced := power.Unsynced(); unsynced > 0 != c.lost {
				t.Errorf("%d bytes are not synced", unsynced)
			}
			power.Cut()
			d.Close()
			if there := len(left(t, path)); there < rows != c.lost {
				t.Errorf("%d of %d rows are left", there, rows)
			}
		})
	}
}

func TestDiskThatTakesNoWrites(t *testing.T) {
	power, name := disk(t)
	d := dbtest.Open(t, dbtest.URL(t, "sqlite")+"?vfs="+name, things)
	ctx := context.Background()
	insert := func(id int) error {
		return d.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO thing (id, name) VALUES ($1, 'x')`, id)
			return err
		})
	}
	if err := insert(1); err != nil {
		t.Fatal(err)
	}
	power.Break(true)
	if err := insert(2); !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("%v, want ErrUnavailable", err)
	}
	power.Break(false)
	if err := insert(3); err != nil {
		t.Errorf("after it takes writes again: %v", err)
	}
	err := d.Read(ctx, func(q db.Querier) error {
		rows, err := db.Values[int](ctx, q, `SELECT id FROM thing ORDER BY id`)
		if fmt.Sprint(rows) != "[1 3]" {
			t.Errorf("rows %v, want 1 and 3", rows)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
