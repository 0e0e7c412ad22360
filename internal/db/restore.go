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

// ErrNotEmpty: there is something already where a dump is to be restored.
var ErrNotEmpty = errors.New("the database is not empty")

// restoreBatch is how many rows one transaction of Restore writes.
const restoreBatch = 5000

// Restore fills an empty database with a dump and brings it up to date. next returns the tables' rows in the order of dump.Tables.
// ErrNotEmpty; ErrNewer if the dump is of a newer version of the program. After an error the database is useless.
func (d *DB) Restore(ctx context.Context, dump Dump, next func(table string) (io.Reader, error), all ...Migrations) error {
	var existing []string
	err := d.Read(ctx, func(q Querier) (err error) {
		existing, err = Values[string](ctx, q, d.dialect.tableQuery())
		return err
	})
	if err != nil {
		return err
	}
	if len(existing) > 0 {
		return fmt.Errorf("%w: it has %d tables", ErrNotEmpty, len(existing))
	}
	if err := d.migrateTo(ctx, dump.Versions, all); err != nil {
		return err
	}
	for _, table := range dump.Tables {
		r, err := next(table.Name)
		if err == nil {
			err = d.restoreTable(ctx, table, r)
		}
		if err != nil {
			return fmt.Errorf("restore table %s: %w", table.Name, err)
		}
	}
	return d.Migrate(ctx, "", all...)
}

// migrateTo brings empty tables to the versions that a dump has.
func (d *DB) migrateTo(ctx context.Context, versions map[string]int64, all []Migrations) error {
	for owner := range versions {
		if !slices.ContainsFunc(all, func(m Migrations) bool { return m.Owner == owner }) {
			return fmt.Errorf("restore: %w: it has tables of %q", ErrNewer, owner)
		}
	}
	pool, closePool := d.dialect.migrator(d)
	defer closePool()
	for _, m := range all {
		version := versions[m.Owner]
		if version == 0 {
			continue
		}
		p, err := d.provider(pool, m)
		if err != nil {
			return fmt.Errorf("migrate %s: %w", m.Owner, err)
		}
		if _, target, err := p.GetVersions(ctx); err != nil || target < version {
			return errors.Join(fmt.Errorf("migrate %s: %w: the dump has version %d, this one knows %d", m.Owner, ErrNewer, version, target), err)
		}
		if _, err := p.UpTo(ctx, version); err != nil {
			return fmt.Errorf("migrate %s: %w", m.Owner, err)
		}
	}
	return nil
}

func (d *DB) restoreTable(ctx context.Context, table DumpedTable, r io.Reader) error {
	for _, name := range append([]string{table.Name}, table.Columns...) {
		if !plainName(name) {
			return fmt.Errorf("%.40q is no name of a table or column", name)
		}
	}
	places := make([]string, len(table.Columns))
	for i := range places {
		places[i] = fmt.Sprintf("$%d", i+1)
	}
	insert := fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", table.Name, strings.Join(table.Columns, ", "), strings.Join(places, ", "))
	decoder := json.NewDecoder(r)
	decoder.UseNumber()
	rows := int64(0)
	for more := true; more; {
		var batch [][]any
		for len(batch) < restoreBatch {
			var row []any
			err := decoder.Decode(&row)
			if errors.Is(err, io.EOF) {
				more = false
				break
			}
			if err != nil {
				return fmt.Errorf("row %d: %w", rows+int64(len(batch))+1, err)
			}
			if err := integers(row, len(places)); err != nil {
				return fmt.Errorf("row %d: %w", rows+int64(len(batch))+1, err)
			}
			batch = append(batch, row)
		}
		err := d.Write(ctx, func(tx *Tx) error {
			for _, row := range batch {
				if _, err := tx.Exec(ctx, insert, row...); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		rows += int64(len(batch))
	}
	if rows != table.Rows {
		return fmt.Errorf("%d rows, %d were dumped", rows, table.Rows)
	}
	return nil
}

// integers makes the numbers of a row int64.
func integers(row []any, columns int) error {
	if len(row) != columns {
		return fmt.Errorf("%d values for %d columns", len(row), columns)
	}
	for i, v := range row {
		switch v := v.(type) {
		case string:
		case json.Number:
			n, err := v.Int64()
			if err != nil {
				return err
			}
			row[i] = n
		default:
			return fmt.Errorf("a %T is neither a text nor an integer", v)
		}
	}
	return nil
}

func plainName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
}
