package accounts

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

func (r *rig) exec(query string, args ...any) {
	r.t.Helper()
	if err := r.db.Write(r.t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(r.t.Context(), query, args...)
		return err
	}); err != nil {
		r.t.Fatal(err)
	}
}

// events are those of a tenant with a type, the oldest first.
func (r *rig) events(tenant, kind string) []eventlog.Event {
	r.t.Helper()
	var some []eventlog.Event
	err := r.db.Read(r.t.Context(), func(q db.Querier) error {
		all, _, err := eventlog.ReadAfter(r.t.Context(), q, tenant, 0, 10_000)
		for _, e := range all {
			if e.Type == kind {
				some = append(some, e)
			}
		}
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return some
}

func field(t testing.TB, e eventlog.Event, name string) any {
	t.Helper()
	var body map[string]any
	if err := json.Unmarshal(e.Body, &body); err != nil {
		t.Fatal(err)
	}
	return body[name]
}

// tables are all that the database has, and their rows as text.
func (r *rig) tables(ctx context.Context) map[string][]map[string]string {
	r.t.Helper()
	list := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'`
	if r.db.Dialect() == "postgres" {
		list = `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()`
	}
	tables := map[string][]map[string]string{}
	err := r.db.Read(ctx, func(q db.Querier) error {
		names, err := db.Values[string](ctx, q, list)
		if err != nil {
			return err
		}
		for _, name := range names {
			if tables[name], err = rowsOf(ctx, q, name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		r.t.Error(err)
	}
	return tables
}

func rowsOf(ctx context.Context, q db.Querier, table string) ([]map[string]string, error) {
	rows, err := q.Query(ctx, `SELECT * FROM `+table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var all []map[string]string
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		row := map[string]string{}
		for i, column := range columns {
			row[column] = fmt.Sprint(values[i])
		}
		all = append(all, row)
	}
	return all, rows.Err()
}

// tellsNoSecret looks at every row and the log. Mails alone hold links.
func (r *rig) tellsNoSecret() {
	r.t.Helper()
	for table, rows := range r.tables(context.Background()) {
		if table == "mail_outbox" {
			continue
		}
		for _, row := range rows {
			for column, value := range row {
				for _, secret := range r.secrets {
					if strings.Contains(value, secret) {
						r.t.Errorf("%s.%s holds the secret %q: %s", table, column, secret, value)
					}
				}
			}
		}
	}
	for _, secret := range r.secrets {
		if strings.Contains(r.log.b.String(), secret) {
			r.t.Errorf("the log holds the secret %q: %s", secret, r.log.b.String())
		}
	}
}
