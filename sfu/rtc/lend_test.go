package rtc

import (
	"testing"
	"time"

	"switchyard/sfu"
)

// held counts the packets of a batch that somebody retains.
func held(batch []sfu.Outgoing) (n int) {
	for _, o := range batch {
		n += retained(o.Packet)
	}
	return n
}

// TestLentPackets: what is lent is sealed and sent by the other shard, in order;
// each packet is retained once for all receivers, and released behind the last.
func TestLentPackets(t *testing.T) {
	h := newByHand(t, 2)
	home, helper := h.shards[0], h.shards[1]
	var viewers []*hand
	for range 3 {
		c := h.viewer(0)
		c.peer.sealElsewhere(helper)
		viewers = append(viewers, c)
	}
	if n := h.counts.lentPeers.Load(); n != 3 {
		t.Errorf("%d peers are lent", n)
	}
	for round := range 5 {
		batch := numbered(1+20*round, 20)
		for _, c := range viewers {
			c.slot().WriteRTP(batch[:12])
		}
		for _, c := range viewers {
			c.slot().WriteRTP(batch[12:])
		}
		if n := held(batch); n != 20 {
			t.Errorf("round %d: 20 packets are held %d times", round, n)
		}
		home.end()
		if n := held(batch); n != 20 {
			t.Errorf("round %d: 20 packets are held %d times at the end of the pass", round, n)
		}
		if n := home.tx.packets + helper.tx.packets; n > 0 {
			t.Errorf("round %d: %d packets were sealed before the other shard's turn", round, n)
		}
		h.turn(helper)
		if n := held(batch); n != 0 {
			t.Errorf("round %d: packets are held %d times after they were sent", round, n)
		}
		for _, c := range viewers {
			c.hears(1+20*round, 20)
		}
	}
	if n := h.counts.lent.Load(); n != 5*20*3 {
		t.Errorf("%d packets are counted as lent", n)
	}
	if n := home.tx.calls.Load(); n != 0 {
		t.Errorf("the peers' own shard sent %d times", n)
	}
}

// fills lends so much of one packet that, with its release, the ring is full.
func fills(c *hand) (one []sfu.Outgoing) {
	one = numbered(1, 1)
	batch := make([]sfu.Outgoing, lentPlaces-1)
	for i := range batch {
		batch[i] = one[0]
		batch[i].Sequence = uint16(1 + i)
	}
	c.slot().WriteRTP(batch)
	return one
}

// TestLendingFindsNoSpace: what does not fit into the ring is dropped and
// counted, its slot is interrupted and no other, and all packets are released in
// the end, those too whose release found no space at first.
func TestLendingFindsNoSpace(t *testing.T) {
	for name, free := range map[string]int{"none": 0, "for one": 1, "for some": 7} {
		t.Run(name, func(t *testing.T) {
			h := newByHand(t, 2)
			home, helper := h.shards[0], h.shards[1]
			filler, late := h.viewer(0), h.viewer(0)
			filler.peer.sealElsewhere(helper)
			late.peer.sealElsewhere(helper)
			one := fills(filler)
			home.end()
			if place, _ := helper.lent.Claim(); place != nil {
				t.Fatal("the ring is not full")
			}
			h.clock(helper)
			helper.sealLent(helper.lent.Tail() - uint64(lentPlaces-free))

			more := numbered(50, 10)
			late.slot().WriteRTP(more)
			if n := h.counts.lentFull.Load(); n != uint64(10-free) {
				t.Errorf("%d packets are counted, not %d", n, 10-free)
			}
			if n := held(more); n != free {
				t.Errorf("%d packets are held, not %d", n, free)
			}
			if filler.slot().interrupting.Load() || !late.slot().interrupting.Load() {
				t.Error("not the slot is interrupted whose packets were dropped")
			}
			home.end()
			for range lentPlaces/lentBatch + 2 {
				h.turn(helper)
				h.turn(home)
			}
			if late.slot().interrupting.Load() {
				t.Error("the slot is still to be interrupted")
			}
			if n := held(more) + held(one); n != 0 {
				t.Errorf("packets are held %d times in the end", n)
			}
			for _, l := range home.lanes {
				if len(l.kept) > 0 || l.used {
					t.Errorf("a lane keeps %d packets", len(l.kept))
				}
			}
			late.hears(50, free)
			late.slot().WriteRTP(numbered(60, 5))
			h.settle()
			late.hears(60, 5)
		})
	}
}

// TestLentTooLate: what has waited too long is dropped and counted, interrupts
// its slot, and lets its packets go.
func TestLentTooLate(t *testing.T) {
	h := newByHand(t, 2)
	home, helper := h.shards[0], h.shards[1]
	c, other := h.viewer(0), h.viewer(0)
	c.peer.sealElsewhere(helper)
	other.peer.sealElsewhere(helper)
	batch, young := numbered(1, 10), numbered(11, 4)
	h.turn(home)
	c.slot().WriteRTP(batch)
	home.end()
	h.now = h.now.Add(time.Duration(lentFor) * 6 / 10)
	h.turn(home)
	other.slot().WriteRTP(young)
	home.end()
	h.now = h.now.Add(time.Duration(lentFor) * 6 / 10)
	h.turn(helper)
	if n := h.counts.lentLate.Load(); n != 10 {
		t.Errorf("%d packets are counted as late", n)
	}
	if !c.slot().interrupting.Load() || other.slot().interrupting.Load() {
		t.Error("not the slot is interrupted whose packets were late")
	}
	if n := held(batch) + held(young); n != 0 {
		t.Errorf("packets are held %d times", n)
	}
	h.turn(home)
	if c.slot().interrupting.Load() {
		t.Error("the slot is still to be interrupted")
	}
	c.hears(1, 0)
	other.hears(11, 4)
}
