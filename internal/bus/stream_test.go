package bus

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// TestDurableKeepsEachOnce: what was published is in the stream of a real server with JetStream, in order, once, though
// it was published again.
func TestDurableKeepsEachOnce(t *testing.T) {
	outside, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, NoSigs: true, NoLog: true, JetStream: true, StoreDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	outside.Start()
	t.Cleanup(func() {
		outside.Shutdown()
		outside.WaitForShutdown()
	})
	if !outside.ReadyForConnections(startLimit) {
		t.Fatal("the server is not ready")
	}
	b, err := Open(outside.ClientURL(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for range 2 { // the second finds it
		d, err := b.OpenDurable(ctx, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 20 {
			if err := d.Publish(ctx, "default", "user.created", fmt.Sprint("id", i), []byte(fmt.Sprint(i))); err != nil {
				t.Fatal(err)
			}
		}
	}
	reader, err := nats.Connect(outside.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	js, err := jetstream.New(reader)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(ctx, Stream)
	if err != nil {
		t.Fatal(err)
	}
	if n := stream.CachedInfo().State.Msgs; n != 20 {
		t.Errorf("%d messages, want 20", n)
	}
	for i := range 20 {
		m, err := stream.GetMsg(ctx, uint64(i+1))
		if err != nil || m.Subject != "switchyard.events.default.user.created" || string(m.Data) != fmt.Sprint(i) {
			t.Errorf("message %d: %+v %v", i, m, err)
		}
	}
}
