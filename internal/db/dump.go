package db

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// A dump holds rows, not a database's own files: what was dumped from one kind of
// database can be restored into the other. It relies on all columns being text or
// integers.

// Dump is what a snapshot holds.
type Dump struct {
	Versions map[string]int64 `json:"versions"` // of the tables of each owner
	Tables   []DumpedTable    `json:"tables"`   // those that others refer to first
}

// DumpedTable is one table of a Dump.
type DumpedTable struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
	Rows    int64    `json:"rows"`
}

const versionPrefix = "version_"

// Dump writes all tables, as they are at one instant, each to what open returns: one
// row a line, a JSON array. Others may read and write meanwhile, for as long as it takes.
func (d *DB) Dump(ctx context.Context, open func(table string) (io.WriteCloser, error)) (Dump, error) {
	dump, err := d.dump(ctx, open)
	if err != nil {
		return Dump{}, fmt.Errorf("dump the database: %w", d.fault(ctx, err))
	}
	return dump, nil
}

func (d *DB) dump(ctx context.Context, open func(string) (io.WriteCloser, error)) (Dump, error) {
	pool, closePool := d.dialect.dumper(d)
	defer closePool()
	conn, err := d.connect(ctx, pool)
	if err != nil {
		return Dump{}, err
	}
	defer conn.Close()
	tx, err := conn.BeginTx(ctx, d.dialect.readOptions())
	if err != nil {
		return Dump{}, err
	}
	defer tx.Rollback() // a snapshot has nothing to commit
	q := snapshot{tx, d}
	dump := Dump{Versions: map[string]int64{}}
	names, err := d.tables(ctx, q)
	if err != nil {
		return Dump{}, err
	}
	for _, name := range names {
		if owner, isVersion := strings.CutPrefix(name, versionPrefix); isVersion {
			dump.Versions[owner], err = Value[int64](ctx, q, "SELECT coalesce(max(version_id), 0) FROM "+name)
			if err != nil {
				return Dump{}, err
			}
			continue
		}
		table, err := dumpTable(ctx, q, name, open)
		if err != nil {
			return Dump{}, fmt.Errorf("table %s: %w", name, err)
		}
		dump.Tables = append(dump.Tables, table)
	}
	return dump, nil
}

func dumpTable(ctx context.Context, q Querier, name string, open func(string) (io.WriteCloser, error)) (table DumpedTable, err error) {
	rows, err := q.Query(ctx, "SELECT * FROM "+name)
	if err != nil {
		return table, err
	}
	defer rows.Close()
	table.Name = name
	if table.Columns, err = rows.Columns(); err != nil {
		return table, err
	}
	w, err := open(name)
	if err != nil {
		return table, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	values := make([]any, len(table.Columns))
	into := make([]any, len(values))
	for i := range values {
		into[i] = &values[i]
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return table, err
		}
		for i, v := range values {
			switch v := v.(type) {
			case int64, string:
			case []byte:
				values[i] = string(v)
			default:
				return table, fmt.Errorf("column %s holds a %T, which a dump cannot", table.Columns[i], v)
			}
		}
		if err := encoder.Encode(values); err != nil {
			return table, err
		}
		table.Rows++
	}
	return table, rows.Err()
}

// tables lists all tables, those that others refer to before these.
func (d *DB) tables(ctx context.Context, q Querier) ([]string, error) {
	names, err := Values[string](ctx, q, d.dialect.tableQuery())
	if err != nil {
		return nil, err
	}
	type reference struct{ from, to string }
	references, err := All(ctx, q, func(r *reference) []any { return []any{&r.from, &r.to} }, d.dialect.referenceQuery())
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var ordered []string
	placed := map[string]bool{}
	for len(ordered) < len(names) {
		before := len(ordered)
		for _, name := range names {
			waits := slices.ContainsFunc(references, func(r reference) bool { return r.from == name && r.to != name && !placed[r.to] })
			if !placed[name] && !waits {
				placed[name] = true
				ordered = append(ordered, name)
			}
		}
		if len(ordered) == before {
			return nil, errors.New("tables refer to each other in a circle")
		}
	}
	return ordered, nil
}
