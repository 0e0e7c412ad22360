package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Stream is the JetStream stream of an external cluster into which durable events are
// copied, so that others there can read them in their own time.
const Stream = "SWITCHYARD_EVENTS"

// streamPrefix is that of its subjects: switchyard.events.TENANT.TYPE.
const streamPrefix = "switchyard.events."

// repeatsWithin is how long the cluster knows a message that was sent again.
const repeatsWithin = 10 * time.Minute

// Durable is a stream of an external cluster. Its methods may be called from any goroutine.
type Durable struct{ js jetstream.JetStream }

// OpenDurable finds or makes the stream, which keeps messages for a time and what comes twice once.
func (b *Bus) OpenDurable(ctx context.Context, keep time.Duration) (*Durable, error) {
	js, err := jetstream.New(b.conn)
	if err != nil {
		return nil, fmt.Errorf("open the stream %s: %w", Stream, err)
	}
	_, err = js.CreateStream(ctx, jetstream.StreamConfig{
		Name: Stream, Subjects: []string{streamPrefix + ">"}, MaxAge: keep, Duplicates: repeatsWithin, Storage: jetstream.FileStorage,
	})
	// One that is there with other settings was made so by whoever looks after the cluster.
	if err != nil && !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		return nil, fmt.Errorf("open the stream %s: %w", Stream, err)
	}
	return &Durable{js}, nil
}

// Publish returns once the cluster has stored the message. One with an id that it has seen
// lately counts as stored.
func (d *Durable) Publish(ctx context.Context, tenant, kind, id string, data []byte) error {
	if _, err := d.js.Publish(ctx, streamPrefix+tenant+"."+kind, data, jetstream.WithMsgID(id)); err != nil {
		return fmt.Errorf("publish to the stream %s: %w", Stream, err)
	}
	return nil
}
