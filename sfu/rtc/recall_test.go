package rtc

import (
	"testing"
	"time"

	"switchyard/sfu"
)

// outgoing makes so many packets for a slot, numbered from first, every fourth
// one to be sent again too.
func outgoing(first uint16, n int) []sfu.Outgoing {
	var list []sfu.Outgoing
	for i := range n {
		p := &sfu.Packet{Codec: sfu.VP8}
		p.Payload = append(p.Buf[:0], "payload"...)
		out := sfu.Outgoing{Packet: p, Sequence: first + uint16(i), Timestamp: 5, CSRC: 77}
		list = append(list, out)
		if i%4 == 3 {
			out.Retransmission = true
			list = append(list, out)
		}
	}
	return list
}

// TestRecallWaits: while sealing goes back from a shard that is busy, packets
// wait: no number is used by both, and none is lost.
func TestRecallWaits(t *testing.T) {
	h, _ := several(t, 2)
	helper := h.server.shards[1]
	r := h.rig("alice", Both, rigOffer(rigVideo("0", "recvonly")))
	slot := r.peer.slotList[0]
	next := uint16(1000)
	write := func(n int) {
		list := outgoing(next, n)
		next += uint16(n)
		r.state(func(*Peer) { slot.WriteRTP(list) })
	}
	for range 20 {
		r.state(func(p *Peer) { p.sealElsewhere(helper) })
		write(8)
		busy, free := make(chan struct{}), make(chan struct{})
		helper.loop.Post(func() { close(busy); <-free })
		<-busy
		write(8)
		r.state(func(p *Peer) { p.recall() })
		write(16)
		if h.server.counts.lentPeers.Load() != 1 {
			t.Fatal("it came back from a shard that does not run")
		}
		close(free)
		eventually(t, "sealing is back", func() bool { return h.server.counts.lentPeers.Load() == 0 })
		write(8)
	}
	seen := make(map[[2]uint32]bool)
	for range 20 * 40 * 5 / 4 {
		_, hd := r.listen()
		key := [2]uint32{hd.ssrc, uint32(hd.sequence)}
		if seen[key] {
			t.Fatalf("number %d of %d was used twice", hd.sequence, hd.ssrc)
		}
		seen[key] = true
	}
	if n := h.server.counts.twice.Load() + h.server.counts.lentFull.Load(); n != 0 {
		t.Errorf("%d packets were lost", n)
	}
}

// TestFenceIsBounded: what waits for a shard that does not answer is bounded,
// what finds no space interrupts the slot, and a peer that goes lets go of it.
func TestFenceIsBounded(t *testing.T) {
	h, _ := several(t, 2)
	helper := h.server.shards[1]
	r := h.rig("alice", Both, rigOffer(rigVideo("0", "recvonly")))
	slot := r.peer.slotList[0]
	busy, free := make(chan struct{}), make(chan struct{})
	helper.loop.Post(func() { close(busy); <-free })
	<-busy
	list := outgoing(1000, 300)
	r.state(func(p *Peer) {
		p.sealElsewhere(helper)
		p.recall()
		slot.WriteRTP(list)
		if len(p.behind) != maxFenced || h.server.counts.lentFull.Load() == 0 || !slot.interrupting.Load() {
			t.Errorf("%d wait, %d were dropped, interrupted: %v", len(p.behind), h.server.counts.lentFull.Load(), slot.interrupting.Load())
		}
	})
	r.peer.Close()
	h.onLoop(func() {
		if n := len(r.peer.behind); n != 0 {
			t.Errorf("%d packets still wait", n)
		}
	})
	close(free)
	eventually(t, "it is not lent any more", func() bool { return h.server.counts.lentPeers.Load() == 0 })
}

// TestNewPeerWhileMoving: a peer that is made while its participant goes from
// loop to loop ends up with it, once.
func TestNewPeerWhileMoving(t *testing.T) {
	h, rooms := several(t, 3)
	who, first := h.join("alice", Both)
	stop, moved := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(moved)
		for i := 0; ; i++ {
			if err := rooms[i%3].Move(who, rooms[(i+1)%3]); err != nil {
				t.Error(err)
			}
			select {
			case <-stop:
				return
			case <-time.After(200 * time.Microsecond):
			}
		}
	}()
	var peers []*Peer
	for i := range 100 {
		peer, err := h.server.NewPeer(who, PeerOptions{Name: "peer" + string(rune('A'+i%8)) + string(rune('a'+i/8))})
		if err != nil {
			t.Fatal(err)
		}
		if peers = append(peers, peer); len(peers) == 8 {
			for _, p := range peers {
				p.Close()
			}
			peers = nil
		}
	}
	close(stop)
	<-moved
	on(t, who, func() {
		n := 0
		for _, p := range first.shard().everyone {
			if p.participant == who {
				n++
			}
		}
		if n != 1+len(peers) {
			t.Errorf("%d peers are watched, there are %d", n, 1+len(peers))
		}
	})
}
