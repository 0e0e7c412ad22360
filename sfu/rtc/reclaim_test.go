package rtc

import (
	"math/rand/v2"
	"testing"

	"switchyard/sfu"
)

// TestLentPeerLeaves: a peer that leaves while another shard seals for it, or while
// its sealing changes hands, leaves nothing behind, and nothing is sent to it.
func TestLentPeerLeaves(t *testing.T) {
	for name, c := range map[string]struct{ fenced, full bool }{
		"lent": {false, false}, "on the way back": {true, false}, "no space to ask": {false, true}, "no space to ask on the way back": {true, true},
	} {
		t.Run(name, func(t *testing.T) {
			h := newByHand(t, 2)
			home, helper := h.shards[0], h.shards[1]
			gone, other := h.viewer(0), h.viewer(0)
			gone.peer.sealElsewhere(helper)
			other.peer.sealElsewhere(helper)
			batch, more := numbered(1, 10), numbered(11, 10)
			if c.full {
				batch = fills(other)
			} else {
				gone.slot().WriteRTP(batch)
			}
			home.end()
			if c.fenced {
				gone.peer.recall()
			}
			gone.slot().WriteRTP(more)
			gone.peer.Close()
			h.turn(home)
			gone.slot().WriteRTP(numbered(21, 10))
			for range lentPlaces/lentBatch + 2 {
				h.settle()
			}
			if n := h.counts.lentPeers.Load(); n != 1 {
				t.Errorf("%d peers are lent, not 1", n)
			}
			if n := held(batch) + held(more); n != 0 {
				t.Errorf("packets are held %d times", n)
			}
			gone.hears(1, 0)
		})
	}
}

// TestRecall: sealing comes back when the other shard has sealed all that it was
// lent, whenever that has its turns; nothing is lost, overtaken or sent twice.
func TestRecall(t *testing.T) {
	for seed := range uint64(30) {
		random := rand.New(rand.NewPCG(seed, 2))
		h := newByHand(t, 2)
		home, helper := h.shards[0], h.shards[1]
		c := h.viewer(0)
		next, back := 1, 0
		var all []sfu.Outgoing
		write := func(n int) {
			batch := numbered(next, n)
			all = append(all, batch...)
			c.slot().WriteRTP(batch)
			next += n
			home.end()
		}
		for range 200 {
			lent := c.peer.sealer != nil
			switch random.IntN(6) {
			case 0, 1:
				write(1 + random.IntN(3))
			case 2: // what is lent during a pass is looked at in the next
				end := helper.lent.Tail()
				write(1)
				h.turn(helper, end)
			case 3:
				h.turn(home)
			case 4:
				h.turn(helper)
			case 5:
				if lent {
					c.peer.recall()
				} else {
					c.peer.sealElsewhere(helper)
				}
			}
			if lent && c.peer.sealer == nil {
				back++
			}
		}
		h.settle()
		if c.hears(1, next-1); back < 3 {
			t.Fatalf("seed %d: sealing came back %d times", seed, back)
		}
		if n := held(all); n != 0 {
			t.Fatalf("seed %d: packets are held %d times in the end", seed, n)
		}
	}
}
