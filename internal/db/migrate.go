package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"
)

// Migrations are the changes of the tables that one part of the program owns.
type Migrations struct {
	Owner string // a word; its version is in the table version_OWNER
	Files fs.FS  // 00001_what.sql, … in goose's format, forward only
}

// ErrNewer: the database was written by a newer version of the program.
var ErrNewer = errors.New("the database belongs to a newer version of the program")

// lockTries is for how many seconds a program waits for another one that migrates.
const lockTries = 600

// keptCopies is how many copies from before migrations stay.
const keptCopies = 3

// Migrate brings all tables up to date. When there is something to do and there
// are tables already, it first copies the database into the directory before, if it can be copied to a
// file; of older copies the newest are kept. ErrNewer if some version is unknown.
func (d *DB) Migrate(ctx context.Context, before string, all ...Migrations) error {
	pool, closePool := d.dialect.migrator(d)
	defer closePool()
	var providers []*goose.Provider
	pending, used := false, false
	for _, m := range all {
		p, err := d.provider(pool, m)
		if err != nil {
			return fmt.Errorf("migrate %s: %w", m.Owner, err)
		}
		current, target, err := p.GetVersions(ctx)
		switch {
		case err != nil:
			return fmt.Errorf("migrate %s: %w", m.Owner, d.fault(ctx, err))
		case current > target:
			return fmt.Errorf("migrate %s: %w: it has version %d, this one knows %d", m.Owner, ErrNewer, current, target)
		}
		pending = pending || current < target
		used = used || current > 0
		providers = append(providers, p)
	}
	if !pending {
		return nil
	}
	if used {
		if err := d.copyBefore(ctx, before); err != nil {
			return fmt.Errorf("copy the database before migrating it: %w", err)
		}
	}
	for i, p := range providers {
		done, err := p.Up(ctx)
		if err != nil {
			return fmt.Errorf("migrate %s: %w", all[i].Owner, d.fault(ctx, err))
		}
		for _, r := range done {
			d.log.Info("migrated", "owner", all[i].Owner, "version", r.Source.Version, "took", r.Duration.String())
		}
	}
	return nil
}

func (d *DB) provider(pool *sql.DB, m Migrations) (*goose.Provider, error) {
	kind := goose.DialectSQLite3
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if d.dialect.name() == "postgres" {
		kind = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, lockTries)) // of two programs that start, one migrates
		if err != nil {
			return nil, err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	store, err := database.NewStore(kind, "version_"+m.Owner)
	if err != nil {
		return nil, err
	}
	return goose.NewProvider("", pool, m.Files, append(options, goose.WithStore(store))...)
}

// copyBefore keeps a copy of the database as it was.
func (d *DB) copyBefore(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	path := filepath.Join(dir, "before-"+time.Now().UTC().Format("20060102T150405.000000")+".db")
	err := d.dialect.copyTo(ctx, d.write, path)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		d.log.Warn("the database is migrated without a copy of it: this program copies only SQLite's; `switchyard backup` makes one of any")
		return nil
	case err != nil:
		return d.fault(ctx, err)
	}
	d.log.Info("copied the database before migrating it", "file", path)
	old, err := filepath.Glob(filepath.Join(dir, "before-*.db"))
	if err != nil {
		return err
	}
	slices.Sort(old)
	for _, path := range old[:max(0, len(old)-keptCopies)] {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return nil
}

// CopyTo writes a consistent copy of the database, as it is now, to a file that does
// not exist yet. errors.ErrUnsupported for a database that is not a file.
func (d *DB) CopyTo(ctx context.Context, path string) error {
	return d.fault(ctx, d.dialect.copyTo(ctx, d.write, path))
}
