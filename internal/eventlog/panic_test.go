package eventlog_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"switchyard/internal/db"
	"switchyard/internal/db/dbtest"
	"switchyard/internal/eventlog"
)

// output is a log that is read while it is written.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// TestPanicOfAFollower: an event at which Consume panics is one that cannot be consumed. Nothing of it is kept, and it is tried again.
func TestPanicOfAFollower(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		log := &output{}
		l := eventlog.New(eventlog.Deps{DB: d, Waker: &wakes{}, Log: slog.New(slog.NewTextHandler(log, nil)), Now: time.Now})
		var mu sync.Mutex
		tries := 0
		done := make(chan struct{})
		f := counting(t, func(e eventlog.Event) error {
			mu.Lock()
			defer mu.Unlock()
			if e.Subject == "thing:bad" {
				if tries++; tries <= 3 { // twice by CatchUp: after the one before it, it is tried once more
					panic("assignment to entry in nil map")
				}
				close(done)
			}
			return nil
		})
		mustAdd(t, d, l, "a", "1", "bad")
		if err := l.CatchUp(t.Context(), f); err == nil || errors.Is(err, db.ErrUnavailable) || !strings.Contains(err.Error(), "nil map") {
			t.Errorf("CatchUp: %v", err)
		}
		if once, _ := consumed(t, d); once != 1 {
			t.Errorf("%d things were consumed, want the one before it", once)
		}
		run(t, func(ctx context.Context) error { return l.Follow(ctx, f) })
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			t.Fatal("it is not tried again")
		}
		if err := l.CatchUp(t.Context(), f); err != nil {
			t.Error(err)
		}
		if once, otherwise := consumed(t, d); once != 2 || otherwise != 0 {
			t.Errorf("%d things were consumed once, %d otherwise", once, otherwise)
		}
		if text := log.String(); strings.Count(text, "stack=") != 3 || !strings.Contains(text, "panic_test.go") || !strings.Contains(text, "again_in=") {
			t.Errorf("the log has\n%s", text)
		}
	}, eventlog.Migrations(), things)
}
