package rtc

import (
	"fmt"
	"testing"
	"time"

	"switchyard/sfu"
)

// forwardRig makes a publisher of one camera and n viewers of it, and begins
// the stream. next makes the publisher's next packet of 1,200 bytes, sealed.
func forwardRig(h *house, n int) (pub *rig, next func() []byte) {
	pub = h.rig("publisher", Both, rigOffer(rigVideo("0", "sendonly")), camera("0"))
	for i := range n {
		r := h.rig(fmt.Sprint("viewer", i), Both, rigOffer(rigVideo("0", "recvonly")))
		if err := r.answer.Slots[0].Subscription.Want(sfu.Demand{Width: 1280, Height: 720}); err != nil {
			h.Fatal(err)
		}
	}
	seq, frame := uint16(0), 0
	next = func() []byte {
		body := vp8(seq == 0, frame&0x7fff, "x", 1)[0]
		frame++
		b := rtpPacket(96, seq, uint32(frame)*3000, 9, true, append(body, make([]byte, 1160-len(body))...), 1, "0", 4, []byte{byte(seq >> 8), byte(seq)})
		seq++
		sealed, err := pub.out.EncryptRTP(nil, b, nil)
		if err != nil {
			h.Fatal(err)
		}
		return sealed
	}
	for range 8 {
		pub.arrive(next())
	}
	return pub, next
}

// BenchmarkForward is the way of a packet from the publisher's SRTP to each
// viewer's socket: opened once, sealed and sent n times, one system call each.
func BenchmarkForward(b *testing.B) {
	for _, n := range []int{1, 5, 50} {
		b.Run(fmt.Sprintf("to%d", n), func(b *testing.B) {
			h := newHouse(b)
			pub, next := forwardRig(h, n)
			b.ReportAllocs()
			b.ResetTimer()
			h.onLoop0(func() {
				for done := 0; done < b.N; {
					b.StopTimer()
					var batch [64][]byte
					for i := range batch {
						batch[i] = next()
					}
					b.StartTimer()
					h.home.time = time.Now()
					h.home.now = h.home.time.UnixNano()
					for i := range batch {
						if done++; done > b.N {
							break
						}
						pub.peer.receiveMedia(batch[i], h.home.now)
						if i%4 == 3 {
							h.home.flush(h.home.now)
						}
					}
					h.home.flush(h.home.now)
				}
			})
			b.StopTimer()
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/sent")
			if out := h.server.counts.packetsOut[trafficVideo].Load() + h.server.counts.sendFull.Load(); out < uint64(b.N*n)*9/10 {
				h.tell()
				b.Errorf("%d packets sent of %d", out, b.N*n)
			}
		})
	}
}

// onLoop0 is onLoop without a limit of time.
func (h *house) onLoop0(f func()) {
	done := make(chan struct{})
	h.home.loop.Post(func() { defer close(done); f() })
	<-done
}

// TestForwardAllocates: the packet path makes no garbage.
func TestForwardAllocates(t *testing.T) {
	h := newHouse(t)
	pub, next := forwardRig(h, 4)
	var batch [][]byte
	for range 1101 {
		batch = append(batch, next())
	}
	i := 0
	var allocs float64
	h.onLoop0(func() {
		forward := func() {
			pub.peer.receiveMedia(batch[i], h.home.now)
			h.home.flush(h.home.now)
			i++
		}
		for range 1050 { // once round the history
			forward()
		}
		allocs = testing.AllocsPerRun(40, forward)
	})
	if allocs > 0 && !raceEnabled {
		t.Errorf("%.2f allocations a packet", allocs)
	}
	if n := h.server.counts.packetsOut[trafficVideo].Load(); n < 4000 {
		h.tell()
		t.Errorf("%d packets were sent", n)
	}
}

// TestWebinar: one publisher and fifty viewers with real connections; everybody
// gets everything.
func TestWebinar(t *testing.T) {
	audience := 50
	if raceEnabled {
		audience = 8 // more are too slow under the race detector to be of use
	}
	h := newHouse(t)
	publish(h, "alice", clientOptions{})
	var viewers []*client
	for i := range audience {
		c, _ := view(h, fmt.Sprint("viewer", i), clientOptions{})
		viewers = append(viewers, c)
	}
	for _, c := range viewers {
		c.flows("1", 60)
	}
	for i, c := range viewers {
		r := c.got("1")
		gaps := 0
		for k := 1; k < len(r.packets); k++ {
			if r.packets[k].SequenceNumber != r.packets[k-1].SequenceNumber+1 {
				gaps++
			}
		}
		if gaps > 0 {
			t.Errorf("viewer %d: %d gaps in %d packets", i, gaps, len(r.packets))
		}
	}
}
