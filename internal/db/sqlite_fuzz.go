//go:build fuzz

package db

import "errors"

// openSQLite is missing from builds that fuzz: instrumenting the library takes longer than
// everything else together, and what is fuzzed opens no database.
func openSQLite(string) (*DB, error) { return nil, errors.New("this build has no SQLite") }
