// Package db opens the database, migrates it and gives transactions. It hides
// what differs between SQLite, the default, and PostgreSQL; everybody else writes
// one SQL text that both accept: parameters as $1, ON CONFLICT, RETURNING, ids as
// text, times as int64 microseconds UTC, booleans as 0 and 1, JSON as text, no
// triggers. Nothing outside this package knows which of the two it is.
//
// Modules: modernc.org/sqlite, github.com/jackc/pgx/v5, github.com/pressly/goose/v3, golang.org/x/text.
package db
