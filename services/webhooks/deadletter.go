package webhooks

import (
	"context"
	"math"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

// DeadLetter is an event that an endpoint was not told of though it was tried for three days.
type DeadLetter struct {
	Seq     int64     `json:"seq"`
	Event   string    `json:"event"` // its id
	Type    string    `json:"type"`
	Subject string    `json:"subject"`
	At      time.Time `json:"at"`
	Failed  time.Time `json:"failed"` // when it first failed
	Tries   int64     `json:"tries"`
	Error   string    `json:"error"` // of the last try
}

// DeadLetters lists those of an endpoint that follow the one with the seq after (0 for all), the oldest first.
func (s *Service) DeadLetters(ctx context.Context, c Caller, id string, after int64, limit int) ([]DeadLetter, error) {
	if err := s.allow(c, access.WebhookList); err != nil {
		return nil, err
	}
	all := []DeadLetter{}
	err := s.deps.DB.Read(ctx, func(q db.Querier) error {
		if _, err := endpointOf(ctx, q, c, id); err != nil {
			return err
		}
		type row struct {
			DeadLetter
			at, failed int64
		}
		rows, err := db.All(ctx, q, func(r *row) []any {
			return []any{&r.Seq, &r.Event, &r.Type, &r.Subject, &r.at, &r.failed, &r.Tries, &r.Error}
		}, `SELECT seq, event, type, subject, at, failed, tries, error FROM webhook_delivery
			WHERE endpoint = $1 AND dead = 1 AND seq > $2 ORDER BY seq LIMIT $3`, id, after, limit)
		for _, r := range rows {
			r.At, r.Failed = fromMicro(r.at), fromMicro(r.failed)
			all = append(all, r.DeadLetter)
		}
		return err
	})
	return all, err
}

// Redeliver has dead letters sent again, for another three days: one by its seq, or all for 0. It returns how many.
// access.ErrNotFound if it is not a dead letter; ErrForgotten if the log does not keep the event any more.
func (s *Service) Redeliver(ctx context.Context, c Caller, id string, seq int64) (n int64, err error) {
	err = s.changeDead(ctx, c, id, func(ctx context.Context, tx *db.Tx) error {
		head, err := eventlog.ReadHead(ctx, tx, c.Tenant)
		if err != nil {
			return err
		}
		if seq != 0 && seq <= head.Forgotten {
			return ErrForgotten
		}
		waiting, err := db.Value[int64](ctx, tx, `SELECT count(*) FROM webhook_delivery WHERE endpoint = $1 AND dead = 0`, id)
		if err != nil {
			return err
		}
		first, last := max(seq, head.Forgotten+1), seq
		if seq == 0 {
			last = math.MaxInt64
		}
		// Not more than may wait; the rest when these are through.
		n, err = tx.Exec(ctx, `UPDATE webhook_delivery SET dead = 0, tries = 0, failed = 0, due = 0, since = $4
			WHERE endpoint = $1 AND seq IN (SELECT seq FROM webhook_delivery WHERE endpoint = $1 AND dead = 1 AND seq >= $2 AND seq <= $3 ORDER BY seq LIMIT $5)`,
			id, first, last, s.now().UnixMicro(), max(0, int64(s.bound)-waiting))
		if err == nil && n == 0 && seq != 0 {
			return access.ErrNotFound
		}
		return err
	})
	return n, err
}

// DropDead removes dead letters: one by its seq, or all for 0. It returns how many.
func (s *Service) DropDead(ctx context.Context, c Caller, id string, seq int64) (n int64, err error) {
	err = s.changeDead(ctx, c, id, func(ctx context.Context, tx *db.Tx) error {
		n, err = tx.Exec(ctx, `DELETE FROM webhook_delivery WHERE endpoint = $1 AND dead = 1 AND (seq = $2 OR $2 = 0)`, id, seq)
		if err == nil && n == 0 && seq != 0 {
			return access.ErrNotFound
		}
		return err
	})
	return n, err
}

func (s *Service) changeDead(ctx context.Context, c Caller, id string, change func(context.Context, *db.Tx) error) error {
	if err := s.allow(c, access.WebhookEdit); err != nil {
		return err
	}
	return s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		// The row first: its courier waits until this is done.
		if n, err := tx.Exec(ctx, `UPDATE webhook_endpoint SET touched = touched + 1 WHERE id = $1 AND tenant = $2`, id, c.Tenant); err != nil || n == 0 {
			return noneOr(err)
		}
		if err := change(ctx, tx); err != nil {
			return err
		}
		s.changed(tx)
		return nil
	})
}
