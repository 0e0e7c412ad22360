package rtc

import (
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"switchyard/sfu"
)

// TestQuietIsSentNothing: a client that can't be reached is sent nothing, and
// when it is back its streams go on where they were, from a keyframe.
func TestQuietIsSentNothing(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.QuietAfter = time.Second })
	publish(h, "alice", clientOptions{})
	n := newNAT(t, h.server.Addr())
	who, peer := h.join("bob", Both)
	c := newClient(h, who, peer, clientOptions{setting: func(se *webrtc.SettingEngine) {
		se.SetICETimeouts(20*time.Second, 30*time.Second, 100*time.Millisecond)
	}})
	c.slots(webrtc.RTPCodecTypeVideo)
	answer := n.offer(t, h, c)
	if err := answer.Slots[0].Subscription.Want(sfu.Demand{Width: 640, Height: 360}); err != nil {
		t.Fatal(err)
	}
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
