package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// TestEventsReachACluster: with a NATS cluster given, what happens is in its stream.
func TestEventsReachACluster(t *testing.T) {
	outside, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, NoSigs: true, NoLog: true, JetStream: true, StoreDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	outside.Start()
	t.Cleanup(func() {
		outside.Shutdown()
		outside.WaitForShutdown()
	})
	if !outside.ReadyForConnections(20 * time.Second) {
		t.Fatal("the NATS server is not ready")
	}
	s := startServer(t, "--config="+configFileWith(t, "events: {nats: \""+outside.ClientURL()+"\"}\n"))
	s.administrator(t)
	reader, err := nats.Connect(outside.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	js, err := jetstream.New(reader)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for ; ; time.Sleep(50 * time.Millisecond) {
		stream, err := js.Stream(ctx, "SWITCHYARD_EVENTS")
		if err == nil {
			m, err := stream.GetMsg(ctx, 1)
			if err == nil {
				if m.Subject != "switchyard.events.default.user.created" || !strings.Contains(string(m.Data), `"seq":1`) {
					t.Errorf("the first message: %s %s", m.Subject, m.Data)
				}
				return
			}
		}
		if ctx.Err() != nil {
			t.Fatalf("nothing came: %v", err)
		}
	}
}
