package eventlog

import (
	"context"
	"errors"
	"time"

	"switchyard/internal/db"
)

const (
	tailEvents = 4096        // newest events of a tenant that are kept in memory,
	tailBytes  = 32 << 20    // if their bodies have no more than this
	readBatch  = 512         // events of one query
	lookAgain  = time.Second // after which readers look though nobody woke them
)

// tail is the newest part of a tenant's log. It is fed by Run and read by Listeners.
type tail struct {
	listeners int
	events    []*Event // without gaps
	bytes     int      // of their bodies
	newest    int64    // seq of the last of events, or where the tail began; -1: it has not looked yet
	begins    int      // how often it began
	wanted    bool     // somebody said that there may be more
	grown     chan struct{}
}

// after returns the events that follow seq, if they are all in memory.
func (t *tail) after(seq int64, limit int) ([]*Event, bool) {
	first := t.newest - int64(len(t.events)) // the seq before the first
	if seq < first || seq > t.newest || t.newest < 0 {
		return nil, false
	}
	part := t.events[seq-first:]
	n := min(len(part), limit)
	return part[:n:n], true
}

func (t *tail) add(events []Event) {
	for i := range events {
		t.events = append(t.events, &events[i])
		t.newest = events[i].Seq
		t.bytes += len(events[i].Body)
	}
	if len(t.events) > 2*tailEvents || t.bytes > 2*tailBytes { // twice: so that little is copied
		drop := 0
		for len(t.events)-drop > tailEvents || t.bytes > tailBytes {
			t.bytes -= len(t.events[drop].Body)
			drop++
		}
		t.events = append([]*Event(nil), t.events[drop:]...)
	}
	close(t.grown)
	t.grown = make(chan struct{})
}

// beginAgain has the tail know nothing.
func (t *tail) beginAgain() {
	t.events, t.bytes, t.newest = nil, 0, -1
	t.begins++
	t.wanted = true
}

// Run reads what is new for all listeners until ctx ends. Run it once.
func (l *Log) Run(ctx context.Context) error {
	cancel, err := l.deps.Waker.OnWake(l.wake)
	if err != nil {
		return err
	}
	defer cancel()
	ticker := time.NewTicker(lookAgain)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			l.wakeAll()
		case <-l.nudge:
		}
		l.feed(ctx)
	}
}

func (l *Log) wake(tenant string) {
	l.mu.Lock()
	t := l.tails[tenant]
	if t != nil {
		t.wanted = true
	}
	l.mu.Unlock()
	if t != nil {
		l.poke()
	}
}

func (l *Log) wakeAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range l.tails {
		t.wanted = true
	}
}

func (l *Log) poke() {
	select {
	case l.nudge <- struct{}{}:
	default:
	}
}

// feed brings the tails that want it up to date.
func (l *Log) feed(ctx context.Context) {
	type want struct {
		tenant string
		t      *tail
		newest int64
	}
	var wants []want
	l.mu.Lock()
	for tenant, t := range l.tails {
		if t.wanted {
			t.wanted = false
			wants = append(wants, want{tenant, t, t.newest})
		}
	}
	l.mu.Unlock()
	for _, w := range wants {
		events, head, err := l.readFrom(ctx, w.tenant, w.newest)
		l.mu.Lock()
		var forgotten *ForgottenError
		switch {
		case errors.As(err, &forgotten) || errors.Is(err, ErrAhead): // another database was put in its place
			w.t.beginAgain()
			l.poke()
		case err != nil:
			if ctx.Err() == nil && !errors.Is(err, db.ErrUnavailable) {
				l.deps.Log.Error("reading the log failed", "tenant", w.tenant, "error", err)
			}
		case w.newest < 0: // what listeners want of before they read themselves
			w.t.newest = head.Seq - int64(len(events))
			w.t.add(events)
		case len(events) > 0:
			w.t.add(events)
			if w.t.newest < head.Seq {
				w.t.wanted = true
				l.poke()
			}
		}
		l.mu.Unlock()
	}
}

// readFrom reads what follows a number, or the newest events if that is -1.
func (l *Log) readFrom(ctx context.Context, tenant string, after int64) (events []Event, head Head, err error) {
	err = l.deps.DB.Read(ctx, func(q db.Querier) error {
		if after < 0 {
			if head, err = ReadHead(ctx, q, tenant); err != nil {
				return err
			}
			after = max(head.Forgotten, head.Seq-readBatch)
		}
		events, head, err = ReadAfter(ctx, q, tenant, after, readBatch)
		return err
	})
	return events, head, err
}
