package eventlog_test

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"testing"
	"time"

	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

// TestExportGoesOnWhereItWas: a receiver that fails now and then gets everything in order, and what was sent before a restart is not
// sent again but for what could not be stored.
func TestExportGoesOnWhereItWas(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, log *eventlog.Log, _ *wakes) {
		add := func(n int) {
			ids := make([]string, n)
			for i := range ids {
				ids[i] = rand.Text()
			}
			mustAdd(t, d, log, "default", ids...)
		}
		add(250)
		var mu sync.Mutex
		var got []int64
		calls := 0
		export := func(ctx context.Context, until int64) {
			ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
			defer cancel()
			err := log.Export(ctx, eventlog.Exporter{Name: "copy", Send: func(_ context.Context, e eventlog.Event) error {
				mu.Lock()
				defer mu.Unlock()
				if calls++; calls == 70 {
					return errors.New("away for a moment")
				}
				got = append(got, e.Seq)
				if e.Seq >= until {
					cancel()
				}
				return nil
			}})
			if err != nil {
				t.Error(err)
			}
		}
		export(t.Context(), 250)
		add(10)
		export(t.Context(), 260)
		seen := int64(0)
		for _, seq := range got {
			if seq > seen+1 {
				t.Fatalf("%d comes after %d", seq, seen)
			}
			seen = max(seen, seq)
		}
		if seen != 260 {
			t.Errorf("the last one is %d, want 260", seen)
		}
		// The batch in whose middle a run was ended is sent again, no more.
		if len(got) > 260+2*100 {
			t.Errorf("%d were sent for 260 events", len(got))
		}
	})
}
