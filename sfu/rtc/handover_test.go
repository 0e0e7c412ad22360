package rtc

import (
	"testing"

	"switchyard/sfu"
)

// camera0 is the offer of one that sends a picture.
var camera0 = rigOffer(rigVideo("0", "sendonly"))

// sends seals n packets of a picture, from a number on, and has a shard receive
// them as if by its socket.
func (c *hand) sends(at *shard, from, n int) {
	c.Helper()
	for i := from; i < from+n; i++ {
		b, err := c.out.EncryptRTP(nil, rtpPacket(96, uint16(i), uint32(i)*3000, 1234, true, vp8(i == 0, i, "x", 1)[0], 1, "0"), nil)
		if err != nil {
			c.Fatal(err)
		}
		at.receive(b, &c.addr, nil)
	}
	at.wakeHanded()
	at.end()
}

// came is how many packets of a client were taken.
func (c *hand) came() int { return accepted(c.peer, 1234) }

// TestHandedOver: what comes to the socket of another shard is taken on the
// peer's own, in order, as many as the ring holds; more is dropped and counted,
// and nobody else's packets are.
func TestHandedOver(t *testing.T) {
	h := newByHand(t, 3)
	first, second, third := h.shards[0], h.shards[1], h.shards[2]
	crowded, other, own := h.joins(1, camera0, camera("0")), h.joins(2, camera0, camera("0")), h.joins(0, camera0, camera("0"))
	sent := 0
	for round := range 3 {
		crowded.sends(first, sent, handedPlaces+30)
		sent += handedPlaces + 30
		other.sends(first, 10*round, 10)
		own.sends(first, 10*round, 10)
		first.flush(first.now)
		if n := own.came(); n != 10*(round+1) {
			t.Errorf("round %d: %d packets of the shard's own peer", round, n)
		}
		if n := crowded.came() + other.came(); n != (handedPlaces+10)*round {
			t.Errorf("round %d: %d packets were taken on the wrong shard", round, n)
		}
		if n := h.counts.handedFull.Load(); n != uint64(30*(round+1)) {
			t.Errorf("round %d: %d packets found no space", round, n)
		}
		if n := h.counts.handed.Load(); n != uint64((handedPlaces+10)*(round+1)) {
			t.Errorf("round %d: %d packets were handed over", round, n)
		}
		h.turn(second)
		h.turn(third)
		if n, m := crowded.came(), other.came(); n != handedPlaces*(round+1) || m != 10*(round+1) {
			t.Errorf("round %d: %d and %d packets came to the others", round, n, m)
		}
		if n := len(crowded.peer.early); n > 0 {
			t.Errorf("round %d: %d packets are held", round, n)
		}
	}
	if n := crowded.peer.streams[1234].enc.nack.missing; len(n) != 2*30 {
		t.Errorf("%d packets are missed", len(n))
	}
	if n := h.counts.unknownAddress.Load() + h.counts.forged.Load() + h.counts.replayed.Load() + h.counts.unmapped.Load(); n > 0 {
		t.Errorf("%d packets were refused", n)
	}
}

// TestPacketsOnTheWay: what comes for a peer between two shards is held, so much
// as is allowed, and taken once it has arrived, in order; after that it comes by
// whatever socket.
func TestPacketsOnTheWay(t *testing.T) {
	h := newByHand(t, 2)
	old, next := h.shards[0], h.shards[1]
	c := h.joins(0, camera0, camera("0"))
	c.sends(old, 0, 5)
	if err := h.rooms[0].Move(c.who, h.rooms[1]); err != nil {
		t.Fatal(err)
	}
	c.sends(old, 5, 5) // it has not left yet
	old.flush(old.now)
	if n := c.came(); n != 10 {
		t.Errorf("%d packets were taken before it left", n)
	}
	h.turn(old)
	if home := c.peer.shard(); home != next || !c.peer.away {
		t.Error("it has not left")
	}
	c.sends(old, 10, 20)
	next.takeHanded(next.handed.Tail()) // before what is posted, that is before it has arrived
	c.sends(next, 30, 20)
	if n := len(c.peer.early); n != maxEarly || c.came() != 10 {
		t.Errorf("%d packets are held, %d were taken", n, c.came())
	}
	if n := h.counts.beforeKeys.Load(); n != 40-maxEarly {
		t.Errorf("%d packets were dropped", n)
	}
	h.turn(next)
	if n := c.came(); n != 10+maxEarly || len(c.peer.early) > 0 || c.peer.away {
		t.Errorf("%d packets were taken when it arrived", n)
	}
	c.sends(old, 50, 10)
	c.sends(next, 60, 10)
	h.turn(next)
	if n := c.came(); n != 10+maxEarly+20 {
		t.Errorf("%d packets were taken in the end", n)
	}
	if len(old.everyone)+len(old.active) > 0 || len(next.everyone) != 1 || len(next.active) != 1 {
		t.Error("it is not where it should be")
	}
}

// TestLeavesOnTheWay: who ends between two shards is forgotten by both.
func TestLeavesOnTheWay(t *testing.T) {
	h := newByHand(t, 2)
	c := h.joins(0, camera0, camera("0"))
	c.sends(h.shards[0], 0, 5)
	if err := h.rooms[0].Move(c.who, h.rooms[1]); err != nil {
		t.Fatal(err)
	}
	h.turn(h.shards[0])
	c.sends(h.shards[0], 5, 5)
	c.peer.Close()
	h.settle()
	for i, sh := range h.shards {
		if len(sh.everyone)+len(sh.active)+len(sh.addresses)+len(sh.ufrags) > 0 {
			t.Errorf("shard %d remembers it", i)
		}
	}
	unknown := h.counts.unknownAddress.Load()
	c.sends(h.shards[0], 10, 1)
	c.sends(h.shards[1], 11, 1)
	if n := h.counts.unknownAddress.Load() - unknown; n != 2 {
		t.Errorf("%d packets were of nobody", n)
	}
}

// TestPeerComesOnTheWay: a transport that comes to a participant between two
// shards is where the participant arrives, once.
func TestPeerComesOnTheWay(t *testing.T) {
	for name, c := range map[string]struct {
		rooms []int // that it moves to before the transport comes
		turn  bool  // its shard has a turn after the first of them
	}{
		"nowhere": {nil, false}, "leaving": {[]int{1}, false}, "left": {[]int{1}, true},
		"leaving, and on": {[]int{1, 2}, false}, "left, and on": {[]int{1, 2}, true}, "there and back": {[]int{1, 0}, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := newByHand(t, 3)
			who, _, err := h.rooms[0].Join(sfu.Join{Identity: "who", Counted: true, Grants: sfu.DefaultGrants})
			if err != nil {
				t.Fatal(err)
			}
			h.settle()
			at := 0
			for _, to := range c.rooms {
				if err := h.rooms[at].Move(who, h.rooms[to]); err != nil {
					t.Fatal(err)
				}
				if at = to; c.turn {
					h.turn(h.shards[0])
				}
			}
			peer, err := h.NewPeer(who, PeerOptions{Name: "peer", Role: Both})
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				h.settle()
				if peer.shard() != h.shards[at] || peer.away {
					t.Error("the transport is not on the shard of its room")
				}
				for i, sh := range h.shards {
					want := 0
					if i == at {
						want = 1
					}
					if n := len(sh.everyone); n != want {
						t.Errorf("shard %d knows it %d times", i, n)
					}
					if n := sh.loop.panics.Load(); n > 0 {
						t.Errorf("%d faults on shard %d", n, i)
					}
				}
				next := (at + 1) % 3
				if err := h.rooms[at].Move(who, h.rooms[next]); err != nil {
					t.Fatal(err)
				}
				at = next
			}
		})
	}
}
