package eventlog_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

type thing struct {
	ID    string
	Value int64
	Gone  bool
}

func (th *thing) columns() []any { return []any{&th.ID, &th.Value} }

// churn changes things at random: each change is told by an event.
func churn(ctx context.Context, d *db.DB, l *eventlog.Log, changes int) error {
	for range changes {
		th := thing{ID: fmt.Sprint("t", rand.N(50)), Value: rand.Int64(), Gone: rand.N(4) == 0}
		err := d.Write(ctx, func(tx *db.Tx) (err error) {
			if th.Gone {
				_, err = tx.Exec(ctx, `DELETE FROM thing WHERE id = $1`, th.ID)
			} else {
				_, err = tx.Exec(ctx, `INSERT INTO thing (id, tenant, value) VALUES ($1, 'a', $2) ON CONFLICT (id) DO UPDATE SET value = excluded.value`, th.ID, th.Value)
			}
			body, fault := json.Marshal(th)
			e := eventlog.Event{Tenant: "a", Type: "thing.changed", Subject: "thing:" + th.ID, Body: body}
			return errors.Join(err, fault, l.Emit(tx, e))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// mirror is a consumer that keeps a copy: from a snapshot, then from the stream.
type mirror struct {
	things map[string]int64
	seq    int64
}

// snapshot lists the things and where the log was.
func snapshot(ctx context.Context, d *db.DB) (*mirror, error) {
	m := &mirror{things: map[string]int64{}}
	err := d.Read(ctx, func(q db.Querier) error {
		all, err := db.All(ctx, q, (*thing).columns, `SELECT id, value FROM thing`)
		if err != nil {
			return err
		}
		for _, th := range all {
			m.things[th.ID] = th.Value
		}
		h, err := eventlog.ReadHead(ctx, q, "a")
		m.seq = h.Seq
		return err
	})
	return m, err
}

// follow applies events until it is killed, or has come to a number.
func (m *mirror) follow(ctx context.Context, l *eventlog.Log, until int64) error {
	n := l.Listen("a", m.seq)
	defer n.Close()
	for m.seq < until {
		events, err := n.Next(ctx)
		if err != nil {
			return err
		}
		for _, e := range events {
			if e.Seq != m.seq+1 {
				return fmt.Errorf("event %d after %d", e.Seq, m.seq)
			}
			var th thing
			if err := json.Unmarshal(e.Body, &th); err != nil {
				return err
			}
			m.seq = e.Seq
			m.things[th.ID] = th.Value
			if th.Gone {
				delete(m.things, th.ID)
			}
			if ctx.Err() != nil { // killed in the middle of a batch
				return ctx.Err()
			}
		}
	}
	return nil
}

// TestMirrors: consumers that are killed and started again at random moments, from where they were
// or from a new snapshot, end with what the table holds.
func TestMirrors(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, l *eventlog.Log, _ *wakes) {
		const mirrors, writers, changes = 3, 2, 500
		var writing, mirroring sync.WaitGroup
		for range writers {
			writing.Go(func() {
				if err := churn(t.Context(), d, l, changes); err != nil {
					t.Error(err)
				}
			})
		}
		written := make(chan struct{})
		restarts := make([]int, mirrors)
		for i := range mirrors {
			mirroring.Go(func() {
				m, err := snapshot(t.Context(), d)
				if err != nil {
					t.Error(err)
					return
				}
				for last := false; !last; restarts[i]++ {
					ctx, kill := context.WithTimeout(t.Context(), rand.N(60*time.Millisecond))
					select {
					case <-written:
						ctx, last = t.Context(), true
					default:
					}
					err := m.follow(ctx, l, writers*changes)
					kill()
					var forgotten *eventlog.ForgottenError
					switch {
					case errors.As(err, &forgotten), !last && rand.N(4) == 0:
						last = false
						if m, err = snapshot(t.Context(), d); err != nil {
							t.Error(err)
							return
						}
					case err != nil && ctx.Err() == nil:
						t.Error(err)
						return
					}
				}
				now, err := snapshot(t.Context(), d)
				if err != nil || now.seq != m.seq || !maps.Equal(now.things, m.things) {
					t.Errorf("%v: mirror %d has %d things at %d, the table %d at %d", err, i, len(m.things), m.seq, len(now.things), now.seq)
				}
			})
		}
		forget, stopForgetting := context.WithCancel(t.Context())
		var forgetting sync.WaitGroup
		forgetting.Go(func() {
			for forget.Err() == nil {
				if err := l.Forget(forget, time.Now().Add(-200*time.Millisecond)); err != nil && forget.Err() == nil {
					t.Error(err)
				}
				select {
				case <-time.After(100 * time.Millisecond):
				case <-forget.Done():
				}
			}
		})
		writing.Wait()
		close(written)
		mirroring.Wait()
		stopForgetting()
		forgetting.Wait()
		for i, n := range restarts {
			if n < 3 {
				t.Errorf("mirror %d was started only %d times", i, n)
			}
		}
	})
}
