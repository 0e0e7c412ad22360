package eventlog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"switchyard/internal/db"
)

// Exporter copies the log to somewhere else, in order and at least once.
type Exporter struct {
	Name string // its position is stored under it
	// Send takes one event. An event is sent again when its position could not be stored: whoever
	// takes it tells repeats by ID.
	Send func(ctx context.Context, e Event) error
}

const exportBatch = 100

// Export feeds x until ctx ends. Nothing that x sends keeps the database waiting.
func (l *Log) Export(ctx context.Context, x Exporter) error {
	woken, cancel, err := l.wakes()
	if err != nil {
		return err
	}
	defer cancel()
	failing := backoff{}
	for {
		err := l.exportAll(ctx, x)
		pause, wake := lookAgain, woken
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			pause, wake = failing.fail(), nil // waking does not shorten it
			l.deps.Log.Warn("events could not be exported", "exporter", x.Name, "error", err, "again_in", pause.String())
		default:
			failing = backoff{}
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-wake:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// exportAll sends what there is, tenant after tenant.
func (l *Log) exportAll(ctx context.Context, x Exporter) error {
	type position struct {
		tenant string
		seq    int64
	}
	var behind []position
	err := l.deps.DB.Read(ctx, func(q db.Querier) (err error) {
		behind, err = db.All(ctx, q, func(p *position) []any { return []any{&p.tenant, &p.seq} }, `
			SELECT h.tenant, coalesce(p.seq, h.forgotten) FROM event_head h LEFT JOIN event_position p ON p.tenant = h.tenant AND p.follower = $1
			WHERE h.seq > coalesce(p.seq, h.forgotten) ORDER BY h.tenant`, x.Name)
		return err
	})
	var faults []error
	for _, p := range behind {
		for seq := p.seq; ; {
			next, fault := l.exportSome(ctx, x, p.tenant, seq)
			if fault != nil {
				faults = append(faults, fmt.Errorf("tenant %s: %w", p.tenant, fault))
			}
			if fault != nil || next == seq {
				break
			}
			seq = next
		}
	}
	return errors.Join(append(faults, err)...)
}

// exportSome sends a batch and stores how far it came, even if it failed on the way.
func (l *Log) exportSome(ctx context.Context, x Exporter, tenant string, seq int64) (int64, error) {
	var events []Event
	err := l.deps.DB.Read(ctx, func(q db.Querier) (err error) {
		events, _, err = ReadAfter(ctx, q, tenant, seq, exportBatch)
		return err
	})
	if err != nil || len(events) == 0 {
		return seq, err
	}
	sent := seq
	for _, e := range events {
		if err = x.Send(ctx, e); err != nil {
			break
		}
		sent = e.Seq
	}
	if sent == seq {
		return seq, err
	}
	stored := l.deps.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO event_position (follower, tenant, seq) VALUES ($1, $2, $3)
			ON CONFLICT (follower, tenant) DO UPDATE SET seq = excluded.seq WHERE event_position.seq < excluded.seq`, x.Name, tenant, sent)
		return err
	})
	return sent, errors.Join(err, stored)
}
