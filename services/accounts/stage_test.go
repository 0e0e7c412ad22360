package accounts

import (
	"bytes"
	"context"
	"sync"
	"time"

	"switchyard/internal/db"
	"switchyard/internal/mail"
)

// clock is the time of a test.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// mailbox is an outbox that also remembers what was queued by transactions that were committed.
type mailbox struct {
	*mail.Outbox
	mu     sync.Mutex
	queued []mail.Message
}

func (m *mailbox) Enqueue(ctx context.Context, tx *db.Tx, message mail.Message) error {
	tx.AfterCommit(func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.queued = append(m.queued, message)
	})
	return m.Outbox.Enqueue(ctx, tx, message)
}

func (m *mailbox) Send(context.Context, mail.Message) error { return nil }

func (m *mailbox) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.queued)
}

type nobodyWaits struct{}

func (nobodyWaits) Wake(string)                         {}
func (nobodyWaits) OnWake(func(string)) (func(), error) { return func() {}, nil }

// output is a log that many write to.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}
