package eventlog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"switchyard/internal/db"
)

const (
	maxBacklog   = 10_000
	backlogBatch = 64
	lateAfter    = 5 * time.Second
	firstBackoff = 50 * time.Millisecond
)

// Op writes down, with its events, something that has taken effect already.
type Op struct {
	// Merge is what the op is about: of those with the same Merge that wait while there is no
	// room, only the newest is kept. "" for one that is never dropped for another.
	Merge string
	// Do changes tx; late says that the database was not there when it happened. It may
	// run more than once.
	Do func(ctx context.Context, tx *db.Tx, late bool) error
	// Undone, unless it is nil, is told that the database did not take what Do did. Do is tried again, unless the database was there.
	Undone func()
	at     time.Time
}

// ErrBacklogFull: so much waits for the database that no more can.
var ErrBacklogFull = errors.New("too much waits for the database")

// Backlog writes ops in their order, soon, several in a transaction: calls do not wait for
// the database, nor end with it. Submit may be called from any goroutine.
type Backlog struct {
	d   *db.DB
	log *slog.Logger
	now func() time.Time

	mu      sync.Mutex
	ops     []Op
	waiting chan struct{} // 1: there are ops
	idle    chan struct{} // closed when ops is empty
}

// NewBacklog builds one; Run empties it.
func NewBacklog(d *db.DB, log *slog.Logger, now func() time.Time) *Backlog {
	b := &Backlog{d: d, log: log, now: now, waiting: make(chan struct{}, 1), idle: make(chan struct{})}
	close(b.idle)
	return b
}

// Len is how many ops wait.
func (b *Backlog) Len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.ops)
}

// Since is when the oldest op that waits was submitted; the zero time if none does.
func (b *Backlog) Since() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.ops) == 0 {
		return time.Time{}
	}
	return b.ops[0].at
}

// Submit queues an op. ErrBacklogFull if there is no room for it.
func (b *Backlog) Submit(op Op) error {
	op.at = b.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.ops) >= maxBacklog && !b.makeRoom(op.Merge) {
		return ErrBacklogFull
	}
	if len(b.ops) == 0 {
		b.idle = make(chan struct{})
	}
	b.ops = append(b.ops, op)
	select {
	case b.waiting <- struct{}{}:
	default:
	}
	return nil
}

// makeRoom drops the oldest op about the same thing, past those that may be being written.
func (b *Backlog) makeRoom(merge string) bool {
	if merge == "" {
		return false
	}
	for i := backlogBatch; i < len(b.ops); i++ {
		if b.ops[i].Merge == merge {
			b.ops = append(b.ops[:i], b.ops[i+1:]...)
			return true
		}
	}
	return false
}

// Flush waits until all that was submitted is written, or ctx ends.
func (b *Backlog) Flush(ctx context.Context) error {
	b.mu.Lock()
	idle, n := b.idle, len(b.ops)
	b.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%d changes are not written: %w", n, ctx.Err())
	}
}

// Run writes until ctx ends; call Flush before that.
func (b *Backlog) Run(ctx context.Context) error {
	backoff := firstBackoff
	for {
		b.mu.Lock()
		batch := append([]Op(nil), b.ops[:min(len(b.ops), backlogBatch)]...)
		b.mu.Unlock()
		if len(batch) == 0 {
			select {
			case <-b.waiting:
			case <-ctx.Done():
				return nil
			}
			continue
		}
		done, err := b.write(ctx, batch)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && errors.Is(err, db.ErrUnavailable):
			for _, op := range batch {
				if op.Undone != nil {
					op.Undone()
				}
			}
			if backoff == firstBackoff { // once
				b.log.Warn("the database is not there; what happens waits in memory", "waiting", b.Len(), "error", err)
			}
			select {
			case <-time.After(backoff):
			case <-ctx.Done():
				return nil
			}
			backoff = min(2*backoff, lookAgain)
			continue
		}
		if backoff != firstBackoff {
			b.log.Info("the database is there again", "waiting", b.Len())
			backoff = firstBackoff
		}
		b.mu.Lock()
		b.ops = b.ops[done:]
		if len(b.ops) == 0 {
			b.ops = nil
			close(b.idle)
		}
		b.mu.Unlock()
	}
}

// write writes a batch as one; if some op of it cannot be written whatever the database, one by one, leaving that
// one out.
func (b *Backlog) write(ctx context.Context, batch []Op) (int, error) {
	now := b.now()
	err := b.d.Write(ctx, func(tx *db.Tx) error {
		for _, op := range batch {
			if err := op.Do(ctx, tx, now.Sub(op.at) > lateAfter); err != nil {
				return err
			}
		}
		return nil
	})
	switch {
	case err == nil || errors.Is(err, db.ErrUnavailable) || ctx.Err() != nil:
		return len(batch), err
	case len(batch) > 1:
		return b.write(ctx, batch[:1])
	}
	if batch[0].Undone != nil {
		batch[0].Undone()
	}
	b.log.Error("something that happened could not be written down and is lost", "about", batch[0].Merge, "error", err)
	return 1, nil
}
