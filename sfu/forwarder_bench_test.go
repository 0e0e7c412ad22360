package sfu

import (
	"testing"
	"time"

	"switchyard/internal/payload/payloadtest"
)

// discard is a Sink.
type discard struct{ packets int }

func (d *discard) WriteRTP(batch []Outgoing)      { d.packets += len(batch) }
func (d *discard) Clock(rtp uint32, at time.Time) {}

// circuit makes a function that commits 8 packets, a picture or sound, forwards
// them to n forwarders, which leave out one temporal layer of three, and answers
// a NACK of each.
func circuit(codec Codec, n int) (run func(), sink *discard) {
	sink = new(discard)
	e := newEncoding(0, codec.Kind(), 512, nil)
	var forwarders []*forwarder
	for range n {
		f := newForwarder(codec.Kind(), sink, nil)
		f.setLayers(anyLayer, 1)
		f.carry(e, 1, true)
		forwarders = append(forwarders, f)
	}
	s := payloadtest.Stream{Codec: codec.String(), Temporal: 3, Packets: 8, Wide: true}
	var frames [][]payloadtest.Packet
	for range 400 { // a whole number of patterns
		frames = append(frames, s.Frame(false))
	}
	seq, at, stamp, now := uint16(0), 0, uint32(0), int64(1e18)
	packets := make([]*Packet, 0, 16)
	nack := make([]uint16, 1)
	run = func() {
		now += int64(33 * time.Millisecond)
		stamp += 3000
		frame := frames[at%len(frames)]
		packets = e.reserve(len(frame), packets[:0])
		for i, p := range frame {
			q := packets[i]
			q.Sequence, q.Timestamp, q.Marker, q.Codec, q.Arrival = seq, stamp, p.Marker, codec, now
			q.Payload = q.Buf[:copy(q.Buf[:], p.Payload)]
			if p.Dependency != nil {
				q.Dependency = q.Buf[len(q.Payload) : len(q.Payload)+copy(q.Buf[len(q.Payload):], p.Dependency)]
			}
			seq++
		}
		at++
		accepted := e.commit(packets, now)
		for _, f := range forwarders {
			f.forward(e, accepted, now)
			nack[0] = uint16(f.sent.next) - 3
			f.retransmit(nack, now)
		}
	}
	for range 2000 {
		run()
	}
	return run, sink
}

func TestForwardingAllocatesNothing(t *testing.T) {
	for _, codec := range []Codec{Opus, VP8, VP9, AV1, H264} {
		run, _ := circuit(codec, 3)
		if n := testing.AllocsPerRun(500, run); n != 0 {
			t.Errorf("%v: %v allocations a picture", codec, n)
		}
	}
}

func BenchmarkForward(b *testing.B) {
	for _, codec := range []Codec{Opus, VP8, VP9, AV1, H264} {
		b.Run(codec.String(), func(b *testing.B) {
			run, sink := circuit(codec, 100)
			sink.packets = 0
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				run()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(sink.packets), "ns/packet")
		})
	}
}
