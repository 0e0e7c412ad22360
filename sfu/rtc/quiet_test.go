package rtc

import (
	"testing"
	"time"
)

// TestQuietIsSentNothing: a client that can't be reached is sent nothing, and
// when it is back its streams go on where they were, from a keyframe.
func TestQuietIsSentNothing(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.QuietAfter = time.Second })
	publish(h, "alice", clientOptions{})
	n, c := behindNAT(t, h)
	who, peer := c.who, c.peer
	c.connected()
	c.flows("0", 20)

	n.cut(true)
	quiet := func(want bool) func() bool {
		return func() (is bool) {
			on(t, who, func() { is = peer.quiet })
			return is == want
		}
	}
	eventually(t, "the client is quiet", quiet(true))
	var before, after uint16
	on(t, who, func() { before = uint16(peer.slotList[0].sent.highest) })
	time.Sleep(500 * time.Millisecond) // 50 packets of the publisher's
	on(t, who, func() { after = uint16(peer.slotList[0].sent.highest) })
	if before != after {
		t.Errorf("%d packets were sent to somebody who is not there", after-before)
	}
	n.cut(false)
	eventually(t, "the client is back", quiet(false))
	c.flows("0", 20)
}
