package db

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

const postgresConnections = 16

func openPostgres(url string) (*DB, error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, errors.New("the postgres URL cannot be read") // the driver's error may repeat the password
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = patience
	}
	milliseconds := func(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
	for name, value := range map[string]string{
		"application_name":                    "switchyard",
		"timezone":                            "UTC",
		"lock_timeout":                        milliseconds(patience),
		"statement_timeout":                   milliseconds(txLimit),
		"idle_in_transaction_session_timeout": milliseconds(2 * txLimit),
	} {
		if _, given := cfg.RuntimeParams[name]; !given {
			cfg.RuntimeParams[name] = value
		}
	}
	pool := stdlib.OpenDB(*cfg)
	pool.SetMaxOpenConns(postgresConnections)
	pool.SetMaxIdleConns(postgresConnections)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	return &DB{dialect: postgresDialect{cfg}, write: pool, read: pool}, nil
}

type postgresDialect struct{ config *pgx.ConnConfig }

func (p postgresDialect) migrator(*DB) (*sql.DB, func() error) {
	cfg := p.config.Copy()
	cfg.RuntimeParams["lock_timeout"] = "0"
	cfg.RuntimeParams["statement_timeout"] = "0"
	cfg.RuntimeParams["idle_in_transaction_session_timeout"] = "0"
	pool := stdlib.OpenDB(*cfg)
	return pool, pool.Close
}

func (postgresDialect) name() string                 { return "postgres" }
func (postgresDialect) writeOptions() *sql.TxOptions { return nil } // READ COMMITTED
func (postgresDialect) readOptions() *sql.TxOptions {
	return &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
}

// SQLSTATEs; PostgreSQL's appendix A.
const (
	stateUnique        = "23505"
	stateSerialization = "40001"
	stateDeadlock      = "40P01"
	stateLockTimeout   = "55P03"
	stateCanceled      = "57014"
	stateReadOnly      = "25006"
)

func (postgresDialect) retry(err error) bool {
	var fault *pgconn.PgError
	return errors.As(err, &fault) && (fault.Code == stateSerialization || fault.Code == stateDeadlock)
}

func (postgresDialect) classify(err error) error {
	var fault *pgconn.PgError
	if errors.As(err, &fault) {
		class := fault.Code[:min(2, len(fault.Code))]
		switch {
		case fault.Code == stateUnique:
			return &ConflictError{Name: strings.TrimSuffix(fault.ConstraintName, "_pkey")}
		case fault.Code == stateLockTimeout, fault.Code == stateCanceled, fault.Code == stateReadOnly:
			return ErrUnavailable
		case class == "08", class == "53", class == "57", class == "58", class == "28", class == "3D":
			return ErrUnavailable // connection, resources, shutdown, system, authentication, no such database
		}
		return nil
	}
	var network net.Error
	var connecting *pgconn.ConnectError
	if errors.As(err, &network) || errors.As(err, &connecting) || pgconn.Timeout(err) || strings.Contains(err.Error(), "conn closed") ||
		strings.Contains(err.Error(), "unexpected EOF") {
		return ErrUnavailable
	}
	return nil
}

func (postgresDialect) copyTo(context.Context, *sql.DB, string) error { return errors.ErrUnsupported }

func (postgresDialect) tableQuery() string {
	return `SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()`
}

func (postgresDialect) referenceQuery() string {
	return `SELECT c.conrelid::regclass::text, c.confrelid::regclass::text FROM pg_constraint c
		JOIN pg_namespace n ON n.oid = c.connamespace WHERE c.contype = 'f' AND n.nspname = current_schema()`
}

func (p postgresDialect) dumper(d *DB) (*sql.DB, func() error) { return p.migrator(d) }
