package eventlog

import (
	"encoding/json"
	"testing"
)

func batch(from int64, n, bytes int) []Event {
	events := make([]Event, n)
	for i := range events {
		events[i] = Event{Seq: from + int64(i), Body: make(json.RawMessage, bytes)}
	}
	return events
}

func TestTailIsBounded(t *testing.T) {
	for _, c := range []struct {
		name           string
		n, bytes       int
		atLeast, bound int // of events in memory
	}{
		{"by count", 3 * tailEvents, 10, tailEvents, 2*tailEvents + readBatch},
		{"by size", 2000, 100_000, tailBytes/100_000 - 1, 2*tailBytes/100_000 + readBatch},
	} {
		t.Run(c.name, func(t *testing.T) {
			tail := tail{newest: 7, grown: make(chan struct{})}
			for seq := int64(8); int(seq) < c.n; seq += 100 {
				grown := tail.grown
				tail.add(batch(seq, 100, c.bytes))
				select {
				case <-grown:
				default:
					t.Fatal("nobody was told")
				}
				if len(tail.events) > c.bound {
					t.Fatalf("%d events in memory, more than %d", len(tail.events), c.bound)
				}
			}
			if len(tail.events) < c.atLeast {
				t.Errorf("%d events in memory, fewer than %d", len(tail.events), c.atLeast)
			}
			bytes := 0
			for i, e := range tail.events {
				bytes += len(e.Body)
				if want := tail.newest - int64(len(tail.events)-1-i); e.Seq != want {
					t.Fatalf("event %d is at the place of %d", e.Seq, want)
				}
			}
			if bytes != tail.bytes {
				t.Errorf("%d bytes counted, there are %d", tail.bytes, bytes)
			}
		})
	}
}

func TestTailAfter(t *testing.T) {
	full := tail{newest: 10, grown: make(chan struct{})}
	full.add(batch(11, 5, 1))
	for _, c := range []struct {
		tail  *tail
		after int64
		known bool
		want  []int64
	}{
		{&full, 9, false, nil},
		{&full, 10, true, []int64{11, 12, 13}}, // three at once
		{&full, 13, true, []int64{14, 15}},
		{&full, 15, true, nil},
		{&full, 16, false, nil},
		{&tail{newest: -1}, 0, false, nil},
		{&tail{newest: 0}, 0, true, nil},
	} {
		events, known := c.tail.after(c.after, 3)
		if known != c.known || len(events) != len(c.want) {
			t.Errorf("after %d: %d events, known %v", c.after, len(events), known)
			continue
		}
		for i, e := range events {
			if e.Seq != c.want[i] {
				t.Errorf("after %d: event %d, want %d", c.after, e.Seq, c.want[i])
			}
		}
	}
}
