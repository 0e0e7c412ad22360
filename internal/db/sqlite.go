//go:build !fuzz

package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// sqliteReaders is how many snapshots can be read at once.
const sqliteReaders = 8

// openSQLite takes what follows sqlite: in the URL, a path and, for tests, ?vfs=NAME.
func openSQLite(rest string) (*DB, error) {
	path, query, _ := strings.Cut(rest, "?")
	if path == "" {
		return nil, errors.New("sqlite: names no file")
	}
	// Made here so that nobody else can read it; its journals take its mode.
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	if err := makeEmpty(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	given, err := url.ParseQuery(query)
	if err != nil {
		return nil, errors.New("sqlite: the part after ? cannot be read")
	}
	source := func(more ...string) string {
		v := url.Values{"_pragma": append([]string{
			fmt.Sprintf("busy_timeout(%d)", patience.Milliseconds()), "foreign_keys(1)",
			"synchronous(FULL)", "temp_store(MEMORY)", "trusted_schema(0)",
		}, more...)}
		if vfs := given.Get("vfs"); vfs != "" {
			v.Set("vfs", vfs)
		}
		return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + v.Encode()
	}
	write, err := sql.Open("sqlite", source("journal_mode(WAL)", "journal_size_limit(67108864)")+"&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	write.SetMaxIdleConns(1)
	read, err := sql.Open("sqlite", source("query_only(1)"))
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(sqliteReaders)
	read.SetMaxIdleConns(sqliteReaders)
	return &DB{dialect: sqliteDialect{}, write: write, read: read}, nil
}

// makeEmpty makes a file that only this user can read. It does not open one that is there:
// closing it would end the locks that this process holds on it.
func makeEmpty(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return file.Close()
}

type sqliteDialect struct{}

func (sqliteDialect) name() string                 { return "sqlite" }
func (sqliteDialect) writeOptions() *sql.TxOptions { return nil }
func (sqliteDialect) readOptions() *sql.TxOptions  { return nil }
func (sqliteDialect) retry(error) bool             { return false } // there is one writer

func (sqliteDialect) classify(err error) error {
	var fault *sqlite.Error
	if !errors.As(err, &fault) {
		return nil
	}
	switch fault.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE:
		return &ConflictError{Name: sqliteIndex(fault.Error())}
	case sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		table, _, _ := strings.Cut(sqliteIndex(fault.Error()), "__")
		return &ConflictError{Name: table}
	}
	switch fault.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY,
		sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PROTOCOL:
		return ErrUnavailable
	}
	return nil
}

var sqliteColumns = regexp.MustCompile(`UNIQUE constraint failed: (\w+)\.(\w+(?:, \w+\.\w+)*)`)

// sqliteIndex makes the conventional name of an index from the columns that the
// message lists.
func sqliteIndex(message string) string {
	m := sqliteColumns.FindStringSubmatch(message)
	if m == nil {
		return ""
	}
	return m[1] + "__" + strings.ReplaceAll(m[2], ", "+m[1]+".", "__")
}

func (sqliteDialect) copyTo(ctx context.Context, d *sql.DB, path string) error {
	if err := makeEmpty(path); err != nil {
		return err
	}
	if _, err := d.ExecContext(ctx, "VACUUM INTO $1", path); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

func (sqliteDialect) migrator(d *DB) (*sql.DB, func() error) {
	return d.write, func() error { return nil }
}

func (sqliteDialect) tableQuery() string {
	return `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'`
}

func (sqliteDialect) referenceQuery() string {
	return `SELECT m.name, f."table" FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'`
}

func (sqliteDialect) dumper(d *DB) (*sql.DB, func() error) {
	return d.read, func() error { return nil }
}
