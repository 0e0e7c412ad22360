package rtc

import (
	"slices"
	"testing"

	"github.com/pion/rtcp"

	"switchyard/sfu"
)

// TestNackBound: of a NACK that asks for more than is allowed the first are
// answered, and what was in the list before stays.
func TestNackBound(t *testing.T) {
	nack := &rtcp.TransportLayerNack{MediaSSRC: 2}
	for i := range 100 {
		nack.Nacks = append(nack.Nacks, rtcp.NackPair{PacketID: uint16(20 * i), LostPackets: 0xffff})
	}
	b, err := nack.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	m, _, err := nextRTCP(b)
	if err != nil {
		t.Fatal(err)
	}
	var all []uint16
	for _, pair := range nack.Nacks {
		all = append(all, pair.PacketList()...)
	}
	for _, limit := range []int{0, 1, 16, 17, 18, maxNacked, 1699, 1700, 5000} {
		if got := m.lost([]uint16{}, limit); !slices.Equal(got, all[:min(limit, len(all))]) {
			t.Errorf("limit %d: %d numbers", limit, len(got))
		}
	}
	if got := m.lost([]uint16{9, 9}, 3); !slices.Equal(got, []uint16{9, 9, 0}) {
		t.Errorf("%v", got)
	}
	room := make([]uint16, 0, maxNacked)
	if n := testing.AllocsPerRun(10, func() { m.lost(room, maxNacked) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestNackOfAClient: a client that asks for everything is sent again no more than
// the limit for one RTCP packet, however many messages that has.
func TestNackOfAClient(t *testing.T) {
	for _, messages := range []int{1, 2, 32} {
		h := newByHand(t, 1)
		home := h.shards[0]
		publisher, c := h.joins(0, camera0, camera("0")), h.viewer(0)
		if err := c.answer.Slots[0].Subscription.Want(sfu.Demand{Width: 1280, Height: 720}); err != nil {
			t.Fatal(err)
		}
		h.settle()
		for i := range 50 {
			publisher.sends(home, 10*i, 10)
			h.settle()
		}
		if n := h.counts.packetsOut[trafficVideo].Load(); n < 499 {
			t.Fatalf("%d packets were sent", n)
		}
		next := uint16(c.slot().sent.highest - 495)
		var compound []byte
		for range messages {
			nack := &rtcp.TransportLayerNack{MediaSSRC: c.slot().ssrc}
			for range 32 / messages {
				nack.Nacks = append(nack.Nacks, rtcp.NackPair{PacketID: next, LostPackets: 0x3fff}) // 15 packets
				next += 15
			}
			b, err := nack.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			compound = append(compound, b...)
		}
		sealed, err := c.out.EncryptRTCP(nil, compound, nil)
		if err != nil {
			t.Fatal(err)
		}
		home.receive(sealed, &c.addr, nil)
		home.end()
		if n := h.counts.retransmitted.Load(); n != maxNacked {
			t.Errorf("%d messages: %d packets were sent again", messages, n)
		}
		if n := h.counts.nacksReceived.Load(); n != uint64(messages) {
			t.Errorf("%d messages are counted, not %d", n, messages)
		}
	}
}
