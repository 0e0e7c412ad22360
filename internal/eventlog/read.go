package eventlog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"switchyard/internal/db"
)

// Head is how far a tenant's log has come.
type Head struct {
	Seq       int64 // of the newest event, 0 if there never was one
	Forgotten int64 // of the newest event that is not kept any more, 0 if all are
}

func (h *Head) columns() []any { return []any{&h.Seq, &h.Forgotten} }

// ReadHead reads it in a snapshot: with rows that were read in the same one, a reader
// that goes on after Seq misses nothing and sees nothing twice.
func ReadHead(ctx context.Context, q db.Querier, tenant string) (Head, error) {
	h, err := db.One(ctx, q, (*Head).columns, `SELECT seq, forgotten FROM event_head WHERE tenant = $1`, tenant)
	if errors.Is(err, db.ErrNone) {
		return Head{}, nil
	}
	return h, err
}

// ReadAfter returns at most limit events that follow after, in their order, and how far the log has come.
// *ForgottenError or ErrAhead.
func ReadAfter(ctx context.Context, q db.Querier, tenant string, after int64, limit int) ([]Event, Head, error) {
	head, err := ReadHead(ctx, q, tenant)
	switch {
	case err != nil:
		return nil, head, fmt.Errorf("read the head of the log: %w", err)
	case after < head.Forgotten:
		return nil, head, &ForgottenError{Oldest: head.Forgotten + 1}
	case after > head.Seq:
		return nil, head, ErrAhead
	}
	rows, err := db.All(ctx, q, (*row).columns, `
		SELECT tenant, seq, id, type, at, subject, actor, audience, late, body
		FROM event WHERE tenant = $1 AND seq > $2 ORDER BY seq LIMIT $3`, tenant, after, limit)
	if err != nil {
		return nil, head, fmt.Errorf("read the log: %w", err)
	}
	if len(rows) > 0 && rows[0].Seq != after+1 { // forgotten since the head was read
		return nil, head, &ForgottenError{Oldest: rows[0].Seq}
	}
	events := make([]Event, len(rows))
	for i := range rows {
		if events[i], err = rows[i].event(); err != nil {
			return nil, head, err
		}
	}
	return events, head, nil
}

// forgetBatch is how many events one transaction of Forget looks at.
const forgetBatch = 1000

// Forget removes events that happened before a time, oldest first, except those that a follower has
// still to read.
func (l *Log) Forget(ctx context.Context, before time.Time) error {
	var tenants []string
	err := l.deps.DB.Read(ctx, func(q db.Querier) (err error) {
		tenants, err = db.Values[string](ctx, q, `SELECT tenant FROM event_head WHERE seq > forgotten`)
		return err
	})
	for _, tenant := range tenants {
		for more := true; more && err == nil; {
			more, err = l.forgetSome(ctx, tenant, before)
		}
	}
	if err != nil {
		return fmt.Errorf("forget old events: %w", err)
	}
	return nil
}

func (l *Log) forgetSome(ctx context.Context, tenant string, before time.Time) (more bool, err error) {
	err = l.deps.DB.Write(ctx, func(tx *db.Tx) error {
		head, err := ReadHead(ctx, tx, tenant)
		if err != nil {
			return err
		}
		read, err := db.Value[int64](ctx, tx, `SELECT coalesce(min(seq), $2) FROM event_position WHERE tenant = $1`, tenant, head.Seq)
		if err != nil {
			return err
		}
		// The first that stays; after it nothing goes, so that what is kept has no gaps.
		stays, err := db.Value[int64](ctx, tx, `
			SELECT coalesce(min(seq), $4) FROM event WHERE tenant = $1 AND seq > $2 AND seq <= $4 AND at >= $3`,
			tenant, head.Forgotten, before.UnixMicro(), min(head.Forgotten+forgetBatch, read)+1)
		if err != nil {
			return err
		}
		until := stays - 1
		if until <= head.Forgotten {
			more = false
			return nil
		}
		if _, err := tx.Exec(ctx, `DELETE FROM event WHERE tenant = $1 AND seq <= $2`, tenant, until); err != nil {
			return err
		}
		more = until == head.Forgotten+forgetBatch
		_, err = tx.Exec(ctx, `UPDATE event_head SET forgotten = $2 WHERE tenant = $1 AND forgotten < $2`, tenant, until) // another node may have come further
		return err
	})
	return more, err
}
