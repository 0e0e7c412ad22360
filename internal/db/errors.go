package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
)

// Errors of every method.
var (
	// ErrUnavailable: the database is gone, locked for longer than the server
	// waits, full or read-only. What was asked for was not done; it may be later. (Nobody
	// knows if the connection to PostgreSQL broke in the commit itself.)
	ErrUnavailable = errors.New("the database is not available")
	// ErrNone: the query that should give one row gave none.
	ErrNone = errors.New("there is no such row")
)

// ConflictError is a unique constraint that a change would have broken. Name is that
// of the unique index, by convention table__column__column, or of the table whose
// primary key it is, whatever the database.
type ConflictError struct{ Name string }

func (e *ConflictError) Error() string { return "already there: " + e.Name }

// Conflicts reports whether err is a ConflictError of the named unique index.
func Conflicts(err error, name string) bool {
	var conflict *ConflictError
	return errors.As(err, &conflict) && conflict.Name == name
}

// fault makes an error of a driver one of this package where it is one. That of a
// caller who went away stays its own.
func (d *DB) fault(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return ErrNone
	case errors.Is(err, ErrUnavailable), errors.Is(err, ErrNone):
		return err
	case ctx.Err() != nil && errors.Is(context.Cause(ctx), errTooLong):
		return fmt.Errorf("%w: %w: %w", ErrUnavailable, errTooLong, err)
	case ctx.Err() != nil:
		return fmt.Errorf("%w: %w", ctx.Err(), err)
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, sql.ErrConnDone):
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	var conflict *ConflictError
	if errors.As(err, &conflict) {
		return err
	}
	if known := d.dialect.classify(err); known != nil {
		if errors.As(known, &conflict) {
			return known
		}
		return fmt.Errorf("%w: %w", known, err)
	}
	return err
}

var errTooLong = errors.New("it took too long")
