package eventlog

import (
	"context"
	"time"
)

// Listener reads a tenant's log from a position on. One goroutine at a time uses it.
type Listener struct {
	log     *Log
	tenant  string
	t       *tail
	seq     int64
	checked int // the tail's beginnings when the database last confirmed that seq exists; 0: never
}

// Listen returns a Listener of the events after a number; 0 is all that there are. Close ends it.
func (l *Log) Listen(tenant string, after int64) *Listener {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.tails[tenant]
	if t == nil {
		t = &tail{newest: -1, begins: 1, grown: make(chan struct{})}
		l.tails[tenant] = t
	}
	t.listeners++
	t.wanted = true
	l.poke()
	return &Listener{log: l, tenant: tenant, t: t, seq: max(after, 0)}
}

// Close ends the listening.
func (l *Listener) Close() {
	l.log.mu.Lock()
	defer l.log.mu.Unlock()
	if l.t.listeners--; l.t.listeners == 0 {
		delete(l.log.tails, l.tenant)
	}
}

// Next returns the events that follow those returned before, at least one, waiting for it until
// ctx ends. The events are shared: they must not be changed. *ForgottenError, ErrAhead,
// db.ErrUnavailable (it may be called again) or ctx's error.
func (l *Listener) Next(ctx context.Context) ([]*Event, error) {
	for {
		l.log.mu.Lock()
		events, known := l.t.after(l.seq, readBatch)
		grown, begins, begun := l.t.grown, l.t.begins, l.t.newest >= 0
		early := l.seq > l.t.newest && l.checked == begins // it has read more than the tail, which will catch up
		l.log.mu.Unlock()
		switch {
		case len(events) > 0:
			l.seq, l.checked = events[len(events)-1].Seq, begins
			return events, nil
		case begun && !known && !early:
			events, err := l.behind(ctx)
			if err != nil {
				return nil, err
			}
			l.checked = begins
			if len(events) > 0 {
				return events, nil
			}
		}
		timer := time.NewTimer(lookAgain)
		select {
		case <-grown:
			timer.Stop()
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		}
	}
}

// behind reads for this listener alone what the tail does not hold.
func (l *Listener) behind(ctx context.Context) ([]*Event, error) {
	events, _, err := l.log.readFrom(ctx, l.tenant, l.seq)
	if err != nil || len(events) == 0 {
		return nil, err
	}
	shared := make([]*Event, len(events))
	for i := range events {
		shared[i] = &events[i]
	}
	l.seq = shared[len(shared)-1].Seq
	return shared, nil
}
