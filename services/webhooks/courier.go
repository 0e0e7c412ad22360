package webhooks

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

const (
	maxSending  = 16     // subjects at once
	maxFlowing  = 32     // subjects that flow, above which the log is not read on
	maxPending  = 10_000 // events that wait, above which the log is not read on
	maxHeld     = 512    // events that wait, above which what they say is not kept in memory
	maxNews     = 128    // events that wait without a row, above which the log is not read on until they have one
	recordEvery = 250 * time.Millisecond
	skipEvery   = 5 * time.Second        // recording that nothing wanted has come
	grace       = 500 * time.Millisecond // for what is being sent when the courier has to end
	recordLimit = 5 * time.Second
	retryRecord = time.Second
)

// courier delivers to one endpoint. Its loop owns all fields; helpers read the log and send, and talk to it by channels.
type courier struct {
	s       *Service
	row     endpointRow // as it was when the courier began
	filters []string
	keys    secrets
	log     *slog.Logger

	q    *queue
	read int64             // seq up to which events were queued
	hand []*eventlog.Event // what follows, as far as the reader has given it
	news record

	recorded time.Time // when news was last written, or tried to be
	stuck    bool      // that failed
}

// batch is what the reader found in the log.
type batch struct {
	events []*eventlog.Event
	oldest int64 // not 0: events before it are not kept any more
}

// errSuperseded: the endpoint was changed, or another node delivers to it.
var errSuperseded = errors.New("the endpoint was changed")

// run delivers until ctx ends or the endpoint is changed. nil or errSuperseded are no faults.
func (c *courier) run(ctx context.Context) error {
	if err := c.load(ctx); err != nil {
		return err
	}
	var helpers sync.WaitGroup
	defer helpers.Wait()
	reading, stopReading := context.WithCancel(ctx)
	defer stopReading()
	sending, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	batches, outcomes := make(chan batch), make(chan outcome, maxSending)
	helpers.Go(func() { c.readLog(reading, c.read, batches) })
	for {
		c.take()
		for c.q.sending < maxSending && !c.stuck {
			it := c.q.next(c.s.now())
			if it == nil {
				break
			}
			seq, event := it.seq, it.event
			helpers.Go(func() {
				o := c.s.deliver(sending, &c.row, c.keys, seq, event)
				o.item = it
				outcomes <- o
			})
		}
		more := batches
		if len(c.hand) > 0 || c.stuck {
			more = nil
		}
		timer := time.NewTimer(c.rest())
		select {
		case b := <-more:
			c.missed(b.oldest)
			c.hand = b.events
		case o := <-outcomes:
			c.settle(o)
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return c.end(ctx, cut, outcomes)
		}
		timer.Stop()
		if !c.isTime() {
			continue
		}
		err := c.write(ctx)
		switch {
		case ctx.Err() != nil:
		case err == nil && c.news.gone:
			return errSuperseded
		case errors.Is(err, db.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
			c.log.Warn("what was delivered could not be written down; nothing more is sent until it can", "error", err)
		case err != nil:
			return err
		}
	}
}

// end waits a little for what is being sent and writes down what is known.
func (c *courier) end(ctx context.Context, cut context.CancelFunc, outcomes <-chan outcome) error {
	timer := time.AfterFunc(grace, cut)
	defer timer.Stop()
	for c.q.sending > 0 {
		c.settle(<-outcomes)
	}
	return c.write(ctx)
}

// rest is how long there is nothing to do unless something comes.
func (c *courier) rest() time.Duration {
	d := c.s.idle
	if due, waits := c.q.due(); waits && !c.stuck && c.q.sending < maxSending {
		d = min(d, due.Sub(c.s.now()))
	}
	if c.news.urgent() {
		d = min(d, c.s.every-time.Since(c.recorded))
	}
	return max(d, time.Millisecond)
}

// isTime reports whether what is news should be written now.
func (c *courier) isTime() bool {
	since := time.Since(c.recorded)
	switch {
	case c.stuck:
		return since >= retryRecord
	case c.news.urgent():
		return c.news.gone || since >= c.s.every
	}
	return c.read != c.row.position && since >= skipEvery
}

// missed notices that events before oldest are not kept any more; 0 if all are.
func (c *courier) missed(oldest int64) {
	if oldest == 0 || oldest-1 <= c.read {
		return
	}
	c.news.missed += oldest - 1 - c.read
	c.news.lagging = LaggingForgotten
	c.read = oldest - 1
	c.log.Warn("the log does not keep any more what a webhook had still to be told of", "missed", c.news.missed)
}

// take queues what is wanted of what is at hand, as long as there is room.
func (c *courier) take() {
	for len(c.hand) > 0 && c.q.pending < c.s.bound && c.q.flowing() < maxFlowing && len(c.news.rows) < maxNews {
		e := c.hand[0]
		c.hand = c.hand[1:]
		if e.Seq <= c.read {
			continue
		}
		c.read = e.Seq
		if !wanted(c.filters, e) {
			continue
		}
		it := &item{seq: e.Seq, id: e.ID, what: e.Type, at: e.At, event: e, since: c.s.now()}
		c.q.add(e.Subject, it)
		c.news.waits(it)
	}
	c.lag()
}

// settle is what follows of an attempt.
func (c *courier) settle(o outcome) {
	it, now := o.item, c.s.now()
	switch o.result {
	case delivered:
		c.news.success = now
		c.news.settled(it)
		c.q.done(it)
		return
	case forgotten:
		c.news.missed++
		c.news.lagging = LaggingForgotten
		c.news.settled(it)
		c.q.done(it)
		return
	case postponed, interrupted:
		it.due = now.Add(firstPause)
		c.q.again(it)
		return
	case gone:
		c.news.gone = true
	}
	c.news.problem, c.news.problemAt = o.problem, now
	it.tries++
	it.problem = o.problem
	if it.failed.IsZero() {
		it.failed = now
	}
	if now.Sub(it.since) >= patience {
		c.log.Warn("a webhook is not told of an event after all", "subject", it.line.subject, "event", it.id, "tries", it.tries, "error", it.problem)
		c.news.died(it)
		c.q.done(it)
		return
	}
	it.due = now.Add(pause(it.tries))
	it.event = nil // long before it is sent again
	c.news.waits(it)
	c.q.again(it)
}

// lag notices when so much waits that the log cannot be read on.
func (c *courier) lag() {
	switch c.news.lagging {
	case "":
		if c.q.pending >= c.s.bound && c.q.failing > 0 {
			c.news.lagging = LaggingBacklog
			c.log.Warn("so much waits for a webhook that the log is not read on", "pending", c.q.pending)
		}
	case LaggingBacklog:
		if c.q.pending < c.s.bound/2 {
			c.news.lagging = ""
		}
	}
}

// readLog hands over what follows in the log until ctx ends.
func (c *courier) readLog(ctx context.Context, after int64, out chan<- batch) {
	l := c.s.deps.Events.Listen(c.row.tenant, after)
	defer func() { l.Close() }()
	for {
		var b batch
		events, err := l.Next(ctx)
		var lost *eventlog.ForgottenError
		switch {
		case ctx.Err() != nil:
			return
		case errors.As(err, &lost):
			b.oldest = lost.Oldest
			l.Close()
			l = c.s.deps.Events.Listen(c.row.tenant, lost.Oldest-1)
		case err != nil:
			if !errors.Is(err, db.ErrUnavailable) {
				c.log.Error("reading the log for a webhook failed", "error", err)
			}
			timer := time.NewTimer(retryRecord)
			select {
			case <-timer.C:
			case <-ctx.Done():
				timer.Stop()
				return
			}
			continue
		default:
			b.events = events
		}
		select {
		case out <- b:
		case <-ctx.Done():
			return
		}
	}
}
