package rtc

import "testing"

// BenchmarkHandOver: what it costs more when the kernel gives a packet to another
// socket than its room's. The packets are forged, so nothing comes after their
// tag was found wrong.
func BenchmarkHandOver(b *testing.B) {
	h := newByHand(b, 2)
	c := h.viewer(0)
	home, other := h.shards[0], h.shards[1]
	forged := make([]byte, 1200)
	forged[0], forged[1], forged[11] = 0x80, 96, 7
	const pass = 16 // packets that a shard receives before it rouses another
	b.Run("at home", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			home.receive(forged, &c.addr, nil)
		}
	})
	b.Run("handed over", func(b *testing.B) {
		for i := 1; b.Loop(); i++ {
			other.receive(forged, &c.addr, nil)
			if i%pass == 0 {
				other.wakeHanded()
				home.takeHanded(home.handed.Tail())
			}
		}
	})
	if n := h.counts.handedFull.Load(); n > 0 {
		b.Errorf("%d packets found no space", n)
	}
}

// BenchmarkLend: what it costs more when another shard seals, with the kernel's
// work.
func BenchmarkLend(b *testing.B) {
	h := newByHand(b, 2)
	c := h.viewer(0)
	batch := numbered(1, 10)
	for _, out := range batch {
		out.Packet.Payload = out.Packet.Buf[:1100]
	}
	next := uint16(0)
	send := func() {
		for i := range batch {
			next++
			batch[i].Sequence = next
		}
		c.slot().WriteRTP(batch)
		for _, s := range h.shards {
			s.flush(s.now)
			s.wakeLenders()
			s.sealLent(s.lent.Tail())
			s.tx.flush()
		}
	}
	run := func(b *testing.B) {
		for b.Loop() {
			send()
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(batch)), "ns/packet")
	}
	b.Run("at home", run)
	c.peer.sealElsewhere(h.shards[1])
	b.Run("lent", run)
	if n := h.counts.lentFull.Load(); n > 0 {
		b.Errorf("%d packets found no space", n)
	}
}
