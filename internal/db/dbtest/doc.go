// Package dbtest gives tests an empty database of each kind: SQLite in a file and a
// real PostgreSQL, whose server it starts on a Unix socket. Only tests import it.
package dbtest
