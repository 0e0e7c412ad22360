// Package bus carries what is only of the moment between the parts of the program
// and, when it is told of a NATS cluster, between nodes. A message reaches who is
// there when it is sent, or nobody; what must not be lost is in the event log.
//
// Modules: github.com/nats-io/nats-server/v2 (embedded, opens no port), github.com/nats-io/nats.go.
package bus

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// startLimit is how long the embedded server may take to start.
const startLimit = 10 * time.Second

// Bus is a connection. Its methods may be called from any goroutine.
type Bus struct {
	embedded *server.Server // nil: an external cluster
	conn     *nats.Conn
}

// Open connects to the NATS servers that urls names, separated by commas; "" starts one in this process.
func Open(urls string, log *slog.Logger) (*Bus, error) {
	b := &Bus{}
	options := []nats.Option{
		nats.Name("switchyard"),
		nats.MaxReconnects(-1),
		nats.ReconnectBufSize(-1), // what can't be sent now is of no use later
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			if !errors.Is(err, nats.ErrSlowConsumer) {
				log.Warn("a fault on the bus", "error", err)
			}
		}),
	}
	if urls == "" {
		var err error
		b.embedded, err = server.NewServer(&server.Options{ServerName: "switchyard", DontListen: true, NoSigs: true, NoLog: true, MaxPayload: 1 << 20})
		if err != nil {
			return nil, fmt.Errorf("start the bus: %w", err)
		}
		b.embedded.Start()
		if !b.embedded.ReadyForConnections(startLimit) {
			b.embedded.Shutdown()
			return nil, fmt.Errorf("start the bus: it is not ready after %v", startLimit)
		}
		options = append(options, nats.InProcessServer(b.embedded))
	}
	var err error
	if b.conn, err = nats.Connect(urls, options...); err != nil {
		b.Close()
		return nil, fmt.Errorf("connect to the bus: %w", err)
	}
	return b, nil
}

// Close ends all subscriptions.
func (b *Bus) Close() {
	if b.conn != nil {
		b.conn.Close()
	}
	if b.embedded != nil {
		b.embedded.Shutdown()
		b.embedded.WaitForShutdown()
	}
}

// Publish sends data, at most 1 MiB, to all who have subscribed to a subject like
// room.ID.speaking. It doesn't wait for them.
func (b *Bus) Publish(subject string, data []byte) error {
	if err := b.conn.Publish(subject, data); err != nil {
		return fmt.Errorf("publish to %s: %w", subject, err)
	}
	return nil
}

// Subscribe has f called, one at a time, with every message to a subject, in which *
// stands for one word and > for the rest, until cancel. Messages for which f is too slow are lost.
func (b *Bus) Subscribe(subject string, f func(subject string, data []byte)) (cancel func(), err error) {
	s, err := b.conn.Subscribe(subject, func(m *nats.Msg) { f(m.Subject, m.Data) })
	if err != nil {
		return nil, fmt.Errorf("subscribe to %s: %w", subject, err)
	}
	// The server has to have it before anybody publishes.
	if err := b.conn.FlushTimeout(startLimit); err != nil {
		return nil, errors.Join(fmt.Errorf("subscribe to %s: %w", subject, err), s.Unsubscribe())
	}
	return func() { s.Unsubscribe() }, nil // fails only when the bus is closed
}

const wakePrefix = "events."

// Wake tells readers on all nodes that a tenant's event log has grown.
func (b *Bus) Wake(tenant string) {
	b.conn.Publish(wakePrefix+tenant, nil) // readers look anyway after a second
}

// OnWake has f called with the tenant of every Wake until cancel.
func (b *Bus) OnWake(f func(tenant string)) (cancel func(), err error) {
	return b.Subscribe(wakePrefix+"*", func(subject string, _ []byte) { f(strings.TrimPrefix(subject, wakePrefix)) })
}
