package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// Limits of waiting.
const (
	patience   = 5 * time.Second  // for the writing connection, and for a lock
	txLimit    = 30 * time.Second // a transaction as a whole
	maxRetries = 8                // of a transaction that lost against another one
)

// DB is an open database. Its methods may be called from any goroutine.
type DB struct {
	dialect dialect
	write   *sql.DB // SQLite: one connection
	read    *sql.DB // SQLite: connections that cannot write; PostgreSQL: the same pool as write
	log     *slog.Logger
}

// dialect is what differs between the two.
type dialect interface {
	name() string
	writeOptions() *sql.TxOptions
	readOptions() *sql.TxOptions
	// classify returns the error of this package that err is a case of, or nil.
	classify(err error) error
	// retry reports whether the same transaction may succeed if it is tried again.
	retry(err error) bool
	// migrator is the pool that migrations run on, without limits of time, and how it is closed.
	migrator(d *DB) (*sql.DB, func() error)
	// copyTo writes a consistent copy of the database to a file that does not
	// exist; errors.ErrUnsupported if that is not this program's business.
	copyTo(ctx context.Context, d *sql.DB, path string) error
	// tableQuery lists the tables, referenceQuery pairs of a table and one that it refers to.
	tableQuery() string
	referenceQuery() string
	// dumper is the pool that a dump reads from, without limits of time, and how it is closed.
	dumper(d *DB) (*sql.DB, func() error)
}

// Open opens the database that url names: sqlite:PATH, made if it is not there, or
// postgres://… as libpq has it. A server that does not answer is ErrUnavailable. No
// error repeats a password in the URL.
func Open(ctx context.Context, url string, log *slog.Logger) (*DB, error) {
	var d *DB
	var err error
	scheme, rest, _ := strings.Cut(url, ":")
	switch scheme {
	case "sqlite":
		d, err = openSQLite(rest)
	case "postgres", "postgresql":
		d, err = openPostgres(url)
	default:
		return nil, errors.New("open the database: the URL begins neither with sqlite: nor with postgres://")
	}
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	d.log = log
	if err := d.Ping(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open the database: %w", err), d.Close())
	}
	return d, nil
}

// Dialect is "sqlite" or "postgres": for logs and metrics, never for choosing SQL.
func (d *DB) Dialect() string { return d.dialect.name() }

// Ping reports whether a transaction that writes can begin now; ErrUnavailable if
// not.
func (d *DB) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, 2*patience, errTooLong)
	defer cancel()
	conn, err := d.connect(ctx, d.write)
	if err != nil {
		return err
	}
	defer conn.Close()
	tx, err := conn.BeginTx(ctx, d.dialect.writeOptions())
	if err != nil {
		return d.fault(ctx, err)
	}
	return d.fault(ctx, tx.Rollback())
}

// Close ends all connections. Transactions that run fail.
func (d *DB) Close() error {
	err := d.write.Close()
	if d.read != d.write {
		err = errors.Join(d.read.Close(), err) // the writer last: it checkpoints
	}
	return err
}
