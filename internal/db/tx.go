package db

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Querier reads and, in a Tx, changes rows.
type Querier interface {
	// Exec returns how many rows were changed.
	Exec(ctx context.Context, query string, args ...any) (int64, error)
	// Query returns rows that the caller closes; All and One are simpler.
	Query(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Tx is a transaction that Write gave its function. It ends with the function.
type Tx struct {
	snapshot
	before []func(context.Context, *Tx) error
	after  []func()
	notes  map[any]any
	failed error // of a nested Write: nothing of this may be committed
	broken error // of a statement: the database may have rolled back already
}

// snapshot is the Querier of a transaction.
type snapshot struct {
	tx *sql.Tx
	d  *DB
}

func (s snapshot) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	result, err := s.tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, s.d.fault(ctx, err)
	}
	return result.RowsAffected()
}

func (s snapshot) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	rows, err := s.tx.QueryContext(ctx, query, args...)
	return rows, s.d.fault(ctx, err)
}

// Exec is Querier's. After a statement that failed there are no others.
func (tx *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	if tx.broken != nil {
		return 0, tx.over()
	}
	n, err := tx.snapshot.Exec(ctx, query, args...)
	tx.broken = err
	return n, err
}

// Query is Querier's. After a statement that failed there are no others.
func (tx *Tx) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if tx.broken != nil {
		return nil, tx.over()
	}
	rows, err := tx.snapshot.Query(ctx, query, args...)
	tx.broken = err
	return rows, err
}

// over is PostgreSQL's behaviour for both: SQLite would run the next statement, and
// outside of any transaction if a full disk made it roll this one back.
func (tx *Tx) over() error {
	return fmt.Errorf("a statement of this transaction has failed before: %w", tx.broken)
}

// BeforeCommit has f run after the function of Write and before the commit, in the
// order of the calls: for what should hold its locks for the shortest time.
func (tx *Tx) BeforeCommit(f func(context.Context, *Tx) error) { tx.before = append(tx.before, f) }

// AfterCommit has f run once the change is durable. It must not block.
func (tx *Tx) AfterCommit(f func()) { tx.after = append(tx.after, f) }

// Note keeps a value with the transaction under a key of the caller's own type, so
// that calls in one transaction can add to it; make makes the first.
func (tx *Tx) Note(key any, make func() any) any {
	if v, found := tx.notes[key]; found {
		return v
	}
	if tx.notes == nil {
		tx.notes = map[any]any{}
	}
	v := make()
	tx.notes[key] = v
	return v
}

type ambient struct{}

// In has every Read and Write with the returned context take part in tx, so that
// what several methods do is done as one. A Write that fails in it keeps all of it
// from being committed.
func In(ctx context.Context, tx *Tx) context.Context { return context.WithValue(ctx, ambient{}, tx) }

// Read gives f a consistent snapshot. f must not keep the Querier.
func (d *DB) Read(ctx context.Context, f func(Querier) error) error {
	return d.look(ctx, f, func(ctx context.Context, conn *sql.Conn) error {
		tx, err := conn.BeginTx(ctx, d.dialect.readOptions())
		if err != nil {
			return err
		}
		defer tx.Rollback() // a snapshot has nothing to commit
		return f(snapshot{tx, d})
	})
}

// Glance gives f a Querier outside of any transaction, on which each statement sees a snapshot of its own: a
// round trip instead of three for what is one statement, or several that need not agree. f must not keep it.
func (d *DB) Glance(ctx context.Context, f func(Querier) error) error {
	return d.look(ctx, f, func(_ context.Context, conn *sql.Conn) error { return f(glance{conn, d}) })
}

// look gives inside the transaction that ctx takes part in, if any, or else a connection to on, for no longer than a transaction may take.
func (d *DB) look(ctx context.Context, inside func(Querier) error, on func(context.Context, *sql.Conn) error) error {
	if outer, _ := ctx.Value(ambient{}).(*Tx); outer != nil && outer.d == d {
		return inside(outer)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, txLimit, errTooLong)
	defer cancel()
	conn, err := d.connect(ctx, d.read)
	if err != nil {
		return err
	}
	defer conn.Close()
	return d.fault(ctx, on(ctx, conn))
}

// glance is the Querier of a Glance.
type glance struct {
	conn *sql.Conn
	d    *DB
}

func (g glance) Exec(context.Context, string, ...any) (int64, error) {
	return 0, errors.New("a glance changes nothing")
}

func (g glance) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	rows, err := g.conn.QueryContext(ctx, query, args...)
	return rows, g.d.fault(ctx, err)
}

// Write runs f in a transaction and commits what it did, or nothing of it if f
// returns an error. f may run more than once, when another transaction was in its
// way, and so must change nothing but the transaction. When Write returns nil the
// change is on disk.
func (d *DB) Write(ctx context.Context, f func(*Tx) error) error {
	if outer, _ := ctx.Value(ambient{}).(*Tx); outer != nil && outer.d == d {
		err := f(outer)
		if err != nil {
			outer.failed = err
		}
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, txLimit, errTooLong)
	defer cancel()
	for try := 1; ; try++ {
		err := d.writeOnce(ctx, f)
		if err == nil || !d.dialect.retry(err) {
			return d.fault(ctx, err)
		}
		if try == maxRetries {
			return fmt.Errorf("%w: others were in the way %d times: %w", ErrUnavailable, try, err)
		}
		pause := time.NewTimer(rand.N(time.Millisecond << try))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return d.fault(ctx, ctx.Err())
		}
	}
}

func (d *DB) writeOnce(ctx context.Context, f func(*Tx) error) error {
	conn, err := d.connect(ctx, d.write)
	if err != nil {
		return err
	}
	defer conn.Close()
	raw, err := conn.BeginTx(ctx, d.dialect.writeOptions())
	if err != nil {
		return err
	}
	defer raw.Rollback() // does nothing after Commit
	tx := &Tx{snapshot: snapshot{raw, d}}
	if err := f(tx); err != nil {
		return err
	}
	for i := 0; i < len(tx.before); i++ { // one may add another
		if err := tx.before[i](ctx, tx); err != nil {
			return err
		}
	}
	if failed := cmp.Or(tx.failed, tx.broken); failed != nil {
		return fmt.Errorf("a part of the transaction failed: %w", failed)
	}
	if err := raw.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	for _, f := range tx.after {
		f()
	}
	return nil
}

// connect waits for a connection no longer than patience.
func (d *DB) connect(ctx context.Context, pool *sql.DB) (*sql.Conn, error) {
	waiting, cancel := context.WithTimeoutCause(ctx, patience, errNoConnection)
	defer cancel()
	conn, err := pool.Conn(waiting)
	switch {
	case err == nil:
		return conn, nil
	case ctx.Err() == nil && errors.Is(context.Cause(waiting), errNoConnection):
		return nil, fmt.Errorf("%w: no connection in %v: %w", ErrUnavailable, patience, err)
	}
	return nil, d.fault(ctx, err)
}

var errNoConnection = errors.New("no connection")
