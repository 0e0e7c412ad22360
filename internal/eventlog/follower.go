package eventlog

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"switchyard/internal/db"
)

// Follower consumes the whole log in order, once.
type Follower struct {
	Name string // its position is stored under it
	// Consume changes what the follower keeps, in tx. Its position moves on in the same
	// transaction, so every event is consumed exactly once. An event that it cannot
	// consume stops the tenant's log for it, which is retried and logged; so does one at
	// which it panics.
	Consume func(ctx context.Context, tx *db.Tx, e Event) error
}

const (
	followBatch = 64
	maxBackoff  = 30 * time.Second
)

// Follow feeds f until ctx ends.
func (l *Log) Follow(ctx context.Context, f Follower) error {
	woken, cancel, err := l.wakes()
	if err != nil {
		return err
	}
	defer cancel()
	all, stopped := backoff{}, map[string]*backoff{} // of the database, of tenants
	for {
		faults, err := l.catchUp(ctx, f, func(tenant string) bool { return stopped[tenant].waits() })
		if ctx.Err() != nil {
			return nil
		}
		for tenant, fault := range faults {
			if fault == nil {
				delete(stopped, tenant)
				continue
			}
			b := stopped[tenant]
			if b == nil {
				b = &backoff{}
				stopped[tenant] = b
			}
			l.deps.Log.Error("following the log failed", "follower", f.Name, "tenant", tenant, "error", fault, "again_in", b.fail().String())
		}
		pause, wake := lookAgain, woken
		if err != nil {
			pause, wake = all.fail(), nil // waking does not shorten it
			l.deps.Log.Error("following the log failed", "follower", f.Name, "error", err, "again_in", pause.String())
		} else {
			all = backoff{}
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

// backoff is how long something that fails is left alone.
type backoff struct {
	pause time.Duration
	until time.Time
}

func (b *backoff) fail() time.Duration {
	b.pause = max(lookAgain, min(2*b.pause, maxBackoff))
	b.until = time.Now().Add(b.pause)
	return b.pause
}

func (b *backoff) waits() bool { return b != nil && time.Now().Before(b.until) }

// CatchUp feeds f with all that it has not consumed yet.
func (l *Log) CatchUp(ctx context.Context, f Follower) error {
	faults, err := l.catchUp(ctx, f, func(string) bool { return false })
	for tenant, fault := range faults {
		if fault != nil {
			err = errors.Join(err, fmt.Errorf("tenant %s: %w", tenant, fault))
		}
	}
	return err
}

// catchUp returns what became of each tenant that was behind and is not to be left
// alone, and what was wrong with the database.
func (l *Log) catchUp(ctx context.Context, f Follower, skip func(tenant string) bool) (map[string]error, error) {
	var behind []string
	err := l.deps.DB.Read(ctx, func(q db.Querier) (err error) {
		behind, err = db.Values[string](ctx, q, `
			SELECT h.tenant FROM event_head h LEFT JOIN event_position p ON p.tenant = h.tenant AND p.follower = $1
			WHERE h.seq > coalesce(p.seq, h.forgotten) ORDER BY h.tenant`, f.Name)
		return err
	})
	if err != nil {
		return nil, err
	}
	faults := map[string]error{}
	for _, tenant := range behind {
		if skip(tenant) {
			continue
		}
		for more := true; more && err == nil; {
			more, err = l.followSome(ctx, f, tenant, followBatch)
		}
		if errors.Is(err, db.ErrUnavailable) || ctx.Err() != nil {
			return faults, err
		}
		faults[tenant], err = err, nil
	}
	return faults, nil
}

func (l *Log) followSome(ctx context.Context, f Follower, tenant string, limit int) (more bool, err error) {
	good := 0 // events before the one that cannot be consumed
	err = l.deps.DB.Write(ctx, func(tx *db.Tx) error {
		position, err := db.Value[int64](ctx, tx, `SELECT seq FROM event_position WHERE follower = $1 AND tenant = $2`, f.Name, tenant)
		if errors.Is(err, db.ErrNone) {
			head, err := ReadHead(ctx, tx, tenant)
			if err != nil {
				return err
			}
			position = head.Forgotten
		} else if err != nil {
			return err
		}
		events, _, err := ReadAfter(ctx, tx, tenant, position, limit)
		if err != nil {
			return err
		}
		more = len(events) == limit
		if len(events) == 0 {
			return nil
		}
		// First, since it locks: another node that consumes the same waits here. If it was
		// quicker, nothing of this is kept.
		n, err := tx.Exec(ctx, `
			INSERT INTO event_position (follower, tenant, seq) VALUES ($1, $2, $3)
			ON CONFLICT (follower, tenant) DO UPDATE SET seq = excluded.seq WHERE event_position.seq = $4`,
			f.Name, tenant, events[len(events)-1].Seq, position)
		if err == nil && n == 0 {
			err = errOvertaken
		}
		if err != nil {
			return err
		}
		for i, e := range events {
			if err := l.consume(ctx, f, tx, e); err != nil {
				good = i
				return fmt.Errorf("event %d (%s): %w", e.Seq, e.Type, err)
			}
		}
		good = 0
		return nil
	})
	switch {
	case errors.Is(err, errOvertaken):
		return true, nil
	case err != nil && good > 0 && !errors.Is(err, db.ErrUnavailable) && ctx.Err() == nil:
		return l.followSome(ctx, f, tenant, good) // then the next round begins with the one that fails
	}
	return more, err
}

// consume makes an error of a panic: one event must not end the program.
func (l *Log) consume(ctx context.Context, f Follower, tx *db.Tx, e Event) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			l.deps.Log.Error("recovered from a fault", "where", "eventlog", "follower", f.Name, "tenant", e.Tenant, "seq", e.Seq, "type", e.Type,
				"fault", fmt.Sprint(fault), "stack", string(debug.Stack()))
			err = fmt.Errorf("%w: %v", errPanic, fault)
		}
	}()
	return f.Consume(ctx, tx, e)
}

var errPanic = errors.New("consuming it panicked")

var errOvertaken = errors.New("another node has consumed the same events")
