package rtc

import (
	"sync/atomic"
	"testing"

	"github.com/pion/rtp"
)

// TestTransportFeedback: a stock client reports on what it gets by its
// transport-wide numbers, which go on over retransmissions and slots, and what
// it does not get is known as lost. Another shard that seals goes on with them.
func TestTransportFeedback(t *testing.T) {
	h, _ := several(t, 2)
	publish(h, "alice", clientOptions{})
	var came atomic.Int64
	c, _ := view(h, "bob", clientOptions{reports: true, tap: &tap{dropIn: func(*rtp.Header) bool {
		return came.Add(1)%10 == 0
	}}})
	told := func(n uint64) {
		t.Helper()
		before := h.server.counts.delivered.Load()
		eventually(t, "the client reports", func() bool { return h.server.counts.delivered.Load() >= before+n })
	}
	told(50)
	on(t, c.who, func() { c.peer.sealElsewhere(h.server.shards[1]) })
	told(50)
	on(t, c.who, func() { c.peer.recall() })
	told(50)
	if n := h.server.counts.lost.Load(); n == 0 {
		t.Error("nothing is known to be lost")
	}
	if n := h.server.counts.malformed.Load(); n != 0 {
		t.Errorf("%d messages were not understood", n)
	}
}
