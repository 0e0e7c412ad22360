package db

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// All returns the rows of a query. columns returns where the columns of one row go,
// in their order.
func All[T any](ctx context.Context, q Querier, columns func(*T) []any, query string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		var one T
		if err := rows.Scan(columns(&one)...); err != nil {
			return nil, fmt.Errorf("read a row: %w", err)
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// One returns the only row of a query; ErrNone if there is none.
func One[T any](ctx context.Context, q Querier, columns func(*T) []any, query string, args ...any) (T, error) {
	all, err := All(ctx, q, columns, query, args...)
	switch {
	case err != nil:
		return *new(T), err
	case len(all) == 0:
		return *new(T), ErrNone
	}
	return all[0], nil
}

// Value returns the only value of a query; ErrNone if there is none.
func Value[T any](ctx context.Context, q Querier, query string, args ...any) (T, error) {
	return One(ctx, q, func(v *T) []any { return []any{v} }, query, args...)
}

// Values returns the only column of a query.
func Values[T any](ctx context.Context, q Querier, query string, args ...any) ([]T, error) {
	return All(ctx, q, func(v *T) []any { return []any{v} }, query, args...)
}

// Fold makes texts that people take for the same equal: for columns that are compared
// or searched without regard to case.
func Fold(s string) string { return strings.ToLower(norm.NFKC.String(s)) }

// Contains is the pattern of LIKE … ESCAPE '\' for what holds s.
func Contains(s string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s) + "%"
}
