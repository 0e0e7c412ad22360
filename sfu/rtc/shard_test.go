package rtc

import (
	"fmt"
	"testing"
	"time"

	"switchyard/sfu"
)

// several is a house with so many shards, and a room on each.
func several(t *testing.T, shards int) (h *house, rooms []*sfu.Room) {
	t.Helper()
	h = newHouse(t, func(c *Config) { c.Shards = shards })
	rooms = append(rooms, h.room)
	for i := 1; i < shards; i++ {
		r, err := h.sfu.Open(sfu.RoomID(fmt.Sprint("room", i)))
		if err != nil {
			t.Fatal(err)
		}
		rooms = append(rooms, r)
	}
	seen := make(map[sfu.Loop]bool)
	for _, r := range rooms {
		seen[r.Loop()] = true
	}
	if len(seen) != shards {
		t.Fatalf("%d rooms are on %d shards", len(rooms), len(seen))
	}
	return h, rooms
}

// in makes joins go to another room.
func (h *house) in(r *sfu.Room, f func()) {
	h.Helper()
	before := h.room
	h.room = r
	defer func() { h.room = before }()
	f()
}

// on runs f on the loop of a participant and waits for it.
func on(t testing.TB, p *sfu.Participant, f func()) {
	t.Helper()
	done := make(chan struct{})
	p.Post(func() { defer close(done); f() })
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Fatal("the participant's loop does not run")
	}
}

// TestShards: rooms of different shards work side by side on one port, whichever
// socket the kernel gives a packet to.
func TestShards(t *testing.T) {
	h, rooms := several(t, 3)
	var viewers []*client
	for i, r := range rooms {
		h.in(r, func() {
			publish(h, fmt.Sprint("publisher", i), clientOptions{})
			for k := range 4 {
				c, _ := view(h, fmt.Sprintf("viewer%d-%d", i, k), clientOptions{})
				viewers = append(viewers, c)
			}
		})
	}
	for _, c := range viewers {
		c.flows("1", 40)
	}
	gapless(t, viewers...)
	// Of 15 clients the kernel gives all to the right socket once in millions.
	if n := h.server.counts.handed.Load(); n == 0 {
		t.Error("no packet came by a socket of another shard")
	}
	if n := h.server.counts.handedFull.Load(); n != 0 {
		t.Errorf("%d packets found no space", n)
	}
}

// gapless checks that what viewers got is without gaps.
func gapless(t *testing.T, viewers ...*client) {
	t.Helper()
	for i, c := range viewers {
		r := c.got("1")
		for k := 1; k < len(r.packets); k++ {
			if d := r.packets[k].SequenceNumber - r.packets[k-1].SequenceNumber; d != 1 {
				t.Errorf("viewer %d: a step of %d after %d packets", i, d, k)
				break
			}
		}
	}
}

// TestMoveBetweenShards: who moves to a room of another shard goes on over the
// same connection, with what it publishes and what it sees, back and forth.
func TestMoveBetweenShards(t *testing.T) {
	h, rooms := several(t, 2)
	var there *client
	h.in(rooms[1], func() {
		publish(h, "bob", clientOptions{})
		there, _ = view(h, "bob's viewer", clientOptions{})
	})
	publish(h, "carol", clientOptions{})
	staying, _ := view(h, "carol's viewer", clientOptions{})
	mover, _, _ := publish(h, "alice", clientOptions{})
	watcher, _ := view(h, "walker", clientOptions{})
	watcher.flows("1", 20)
	staying.flows("1", 20)
	there.flows("1", 20)

	ufrag := mover.peer.ice.ufrag
	for i := range 6 {
		from, to := rooms[i%2], rooms[(i+1)%2]
		for _, who := range []*client{mover, watcher} {
			if err := from.Move(who.who, to); err != nil {
				t.Fatal(err)
			}
		}
		on(t, watcher.who, func() {
			if got := watcher.peer.shard().loop; sfu.Loop(got) != to.Loop() {
				t.Error("the peer is not on the shard of its room")
			}
		})
		watcher.flows("1", 20)
		staying.flows("1", 20)
		there.flows("1", 20)
	}
	if mover.peer.ice.ufrag != ufrag {
		t.Error("ICE was restarted")
	}
	for _, sh := range h.server.shards {
		done := make(chan int)
		sh.loop.Post(func() { done <- len(sh.everyone) })
		if n := <-done; n == 0 || n > 6 {
			t.Errorf("%d peers on a shard", n)
		}
	}
}

// TestMoveInAHurry: a participant is moved again before it has arrived, and
// what was asked of it meanwhile happens in order, wherever it is by then.
func TestMoveInAHurry(t *testing.T) {
	h, rooms := several(t, 3)
	publish(h, "alice", clientOptions{})
	c, answer := view(h, "bob", clientOptions{})
	sub := answer.Slots[1].Subscription
	c.flows("1", 10)
	for i := range 300 {
		if err := rooms[i%3].Move(c.who, rooms[(i+1)%3]); err != nil {
			t.Fatal(err)
		}
		if err := sub.Want(sfu.Demand{Width: 320 + i, Height: 180}); err != nil {
			t.Fatal(err)
		}
	}
	order := make(chan int, 100)
	for i := range 100 {
		c.who.Post(func() { order <- i })
	}
	for i := range 100 {
		if got := <-order; got != i {
			t.Fatalf("function %d ran in place of %d", got, i)
		}
	}
	c.flows("1", 20)
}

// TestLend: another shard seals for viewers of a room, in the middle of a
// stream and back again, and nobody misses anything.
func TestLend(t *testing.T) {
	h, _ := several(t, 2)
	helper := h.server.shards[1]
	publish(h, "alice", clientOptions{})
	var viewers []*client
	for i := range 4 {
		c, _ := view(h, fmt.Sprint("viewer", i), clientOptions{})
		viewers = append(viewers, c)
	}
	for range 3 {
		for _, c := range viewers {
			c.flows("1", 15)
			on(t, c.who, func() { c.peer.sealElsewhere(helper) })
		}
		lent := h.server.counts.lent.Load()
		for _, c := range viewers {
			c.flows("1", 30)
		}
		if n := h.server.counts.lent.Load() - lent; n < 60 {
			t.Errorf("%d packets were lent", n)
		}
		if n := h.server.counts.lentPeers.Load(); n != 4 {
			t.Errorf("%d peers are lent", n)
		}
		for _, c := range viewers {
			on(t, c.who, func() { c.peer.recall() })
		}
		eventually(t, "sealing is back", func() bool { return h.server.counts.lentPeers.Load() == 0 })
	}
	for _, c := range viewers {
		c.flows("1", 15)
	}
	gapless(t, viewers...)
	if n := h.server.counts.lentFull.Load() + h.server.counts.lentLate.Load(); n != 0 {
		t.Errorf("%d lent packets were dropped", n)
	}
}

// TestLentPeerMovesAndLeaves: who is lent may move to the shard that seals for
// it, and leave.
func TestLentPeerMovesAndLeaves(t *testing.T) {
	h, rooms := several(t, 2)
	publish(h, "alice", clientOptions{})
	h.in(rooms[1], func() { publish(h, "carol", clientOptions{}) })
	c, _ := view(h, "bob", clientOptions{})
	c.flows("1", 15)
	on(t, c.who, func() { c.peer.sealElsewhere(h.server.shards[1]) })
	c.flows("1", 15)
	if err := rooms[0].Move(c.who, rooms[1]); err != nil {
		t.Fatal(err)
	}
	c.flows("1", 15)
	on(t, c.who, func() {
		if c.peer.lane != nil {
			t.Error("the shard of its room seals for it as if it were another")
		}
		c.peer.sealElsewhere(h.server.shards[0])
	})
	c.flows("1", 15)
	c.peer.Close()
	eventually(t, "the peer is not counted as lent any more", func() bool { return h.server.counts.lentPeers.Load() == 0 })
}
