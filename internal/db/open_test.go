package db_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/internal/db"
	"switchyard/internal/db/dbtest"
)

func TestErrorsRepeatNoPassword(t *testing.T) {
	const password = "hunter2"
	for _, url := range []string{
		"postgres://u:hunter2@127.0.0.1:1/x",
		"postgres://u:hunter2@127.0.0.1:1/x?sslmode=require",
		"postgres://u:hunter2@127.0.0.1:port/x",
		"postgres://u:hunter2@[::1/x",
		"postgres://u:hunter2@h/x?sslmode=hunter2",
		"postgres://u:hunter2%zz@h/x",
		"postgres:host=127.0.0.1 port=1 password=hunter2",
		"mysql://u:hunter2@h/x",
		"hunter2",
		"sqlite:?password=hunter2",
		"sqlite:" + filepath.Join(t.TempDir(), "x") + "?hunter2=%zz",
		"",
	} {
		_, err := db.Open(t.Context(), url, slog.New(slog.DiscardHandler))
		if err == nil || strings.Contains(err.Error(), password) {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestNobodyAnswers(t *testing.T) {
	for _, url := range []string{"postgres://u@127.0.0.1:1/x", "postgres:///x?host=" + t.TempDir()} {
		_, err := db.Open(t.Context(), url, slog.New(slog.DiscardHandler))
		if !errors.Is(err, db.ErrUnavailable) {
			t.Errorf("%s: %v, want ErrUnavailable", url, err)
		}
	}
}

func TestSQLiteFileIsPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new folder", "a#b%41 c.db")
	d := dbtest.Open(t, "sqlite:"+path, things)
	if err := insertOnly(t.Context(), d, "a"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Error(err)
		} else if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, want 0600", name, info.Mode().Perm())
		}
	}
	info, err := os.Stat(filepath.Dir(path))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("its folder: %v %v, want 0700", info, err)
	}
}

// TestOpeningTwiceKeepsTheLocks: POSIX ends a process's locks on a file whenever it
// closes the file, whoever in it took them.
func TestOpeningTwiceKeepsTheLocks(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t, "sqlite")
	d := dbtest.Open(t, url, things)
	release := hold(t, d, "a")
	path := strings.TrimPrefix(url, "sqlite:")
	before := lockedBytes(t, path)
	if before == 0 {
		t.Fatal("a transaction holds no lock: the test looks in the wrong place")
	}
	_, err := db.Open(t.Context(), url, slog.New(slog.DiscardHandler)) // it waits for the writer in vain
	if !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("%v, want ErrUnavailable", err)
	}
	if after := lockedBytes(t, path); after < before {
		t.Errorf("of %d locks %d are left after the file was opened once more", before, after)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
}

func TestSettings(t *testing.T) {
	d := dbtest.Open(t, dbtest.URL(t, "sqlite"), things)
	ctx := t.Context()
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000"} {
		check := func(q db.Querier) error {
			got, err := db.Value[string](ctx, q, "PRAGMA "+pragma)
			if got != want {
				t.Errorf("%s = %s, want %s", pragma, got, want)
			}
			return err
		}
		if err := errors.Join(d.Read(ctx, check), d.Write(ctx, func(tx *db.Tx) error { return check(tx) })); err != nil {
			t.Error(err)
		}
	}
}
