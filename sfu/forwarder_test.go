package sfu

import (
	"slices"
	"testing"
	"time"

	"switchyard/internal/payload"
	"switchyard/internal/payload/payloadtest"
)

// bench is a forwarder, its sink and streams for tests that send packet by packet.
type bench struct {
	*testing.T
	f   *forwarder
	r   *recorder
	now int64
}

func newBench(t *testing.T, kind Kind) *bench {
	b := &bench{T: t, r: newRecorder(t), now: 1e18}
	b.f = newForwarder(kind, b.r, b.r.onSwitch)
	return b
}

// feeder is one encoding and its encoder.
type feeder struct {
	payloadtest.Stream
	e     *encoding
	seq   uint16
	codec Codec
}

func (b *bench) feeder(codec Codec, tag uint32) *feeder {
	b.r.codecs[tag] = codec
	return &feeder{
		Stream: payloadtest.Stream{Codec: codec.String(), Tag: tag, Wide: true, Packets: 1, Timestamp: tag << 24},
		e:      newEncoding(0, codec.Kind(), 256, nil), seq: uint16(tag) * 1000, codec: codec,
	}
}

// frame makes the next picture without delivering it; a frame interval passes.
func (b *bench) frame(s *feeder, key bool) []flight {
	b.now += int64(time.Second) * 3000 / 90000
	var list []flight
	for _, p := range s.Frame(key) {
		list = append(list, flight{seq: s.seq, packet: p})
		s.seq++
	}
	return list
}

func (b *bench) deliver(s *feeder, list ...flight) {
	b.f.forward(s.e, commitFlights(s.e, list, s.codec, b.now), b.now)
}

// send makes and delivers n pictures.
func (b *bench) send(s *feeder, n int) {
	for range n {
		b.deliver(s, b.frame(s, false)...)
	}
}

// pictures lists which pictures came of a publication, by the slot's numbers.
func (b *bench) pictures(tag uint32) []uint32 {
	var list []uint32
	var numbers []int64
	for n := range b.r.got {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	for _, n := range numbers {
		if w := b.r.got[n]; w.csrc == tag && len(w.payload) > 0 {
			if _, picture, _ := w.id(); len(list) == 0 || list[len(list)-1] != picture {
				list = append(list, picture)
			}
		}
	}
	return list
}

func (b *bench) expect(what string, tag uint32, want ...uint32) {
	b.Helper()
	if got := b.pictures(tag); !slices.Equal(got, want) {
		b.Fatalf("%s: pictures %v, not %v", what, got, want)
	}
}

func TestSwitchAtKeyframe(t *testing.T) {
	b := newBench(t, Video)
	one, two := b.feeder(VP8, 1), b.feeder(VP8, 2)
	b.f.carry(one.e, 1, false)
	b.send(one, 3)
	b.send(two, 2)
	b.f.carry(two.e, 2, false)
	if e, ok := b.f.waiting(); !ok || e != two.e {
		t.Fatal("nobody waits for a keyframe of the second")
	}
	b.send(two, 2)
	b.send(one, 2)
	b.expect("until the keyframe the first runs on", 1, 0, 1, 2, 3, 4)
	b.deliver(two, b.frame(two, true)...)
	if _, ok := b.f.waiting(); ok {
		t.Error("a keyframe is still waited for")
	}
	b.send(one, 2)
	b.send(two, 1)
	b.expect("the first has ended", 1, 0, 1, 2, 3, 4)
	b.expect("the second flows", 2, 4, 5)
	if n := len(b.r.got); int64(n) != b.r.highest-b.lowest()+1 {
		t.Errorf("%d packets have numbers to %d", n, b.r.highest)
	}

	b.f.carry(one.e, 1, true)
	b.send(two, 1)
	b.expect("the second has stopped at once", 2, 4, 5)
	b.f.carry(two.e, 2, true)
	b.send(two, 1)
	b.expect("and goes on at a keyframe only", 2, 4, 5)
	b.deliver(two, b.frame(two, true)...)
	b.expect("and goes on at a keyframe", 2, 4, 5, 8)
}

func (b *bench) lowest() int64 {
	low := b.r.highest
	for n := range b.r.got {
		low = min(low, n)
	}
	return low
}

func TestSwitchAtRepairedKeyframe(t *testing.T) {
	b := newBench(t, Video)
	one, two := b.feeder(H264, 1), b.feeder(H264, 2)
	b.f.carry(one.e, 1, false)
	b.send(one, 2)
	b.f.carry(two.e, 2, false)
	two.Packets = 3
	key := b.frame(two, true)
	b.deliver(two, key[1:]...)
	delta := b.frame(two, false)
	b.deliver(two, delta[0], delta[2])
	b.expect("without its first packet a keyframe is none", 2)
	b.deliver(two, key[0])
	b.expect("it came late", 2, 0, 1)
	before := len(b.r.got)
	b.deliver(two, delta[1])
	if len(b.r.got) != before+1 || int64(len(b.r.got)) != b.r.highest-b.lowest()+1 {
		t.Error("a gap was not filled")
	}
}

func TestLateAfterSwitch(t *testing.T) {
	b := newBench(t, Video)
	one, two := b.feeder(VP9, 1), b.feeder(VP9, 2)
	b.f.carry(one.e, 1, false)
	b.send(one, 1)
	missing := b.frame(one, false)
	other := b.frame(one, false)
	b.send(one, 1)
	b.f.carry(two.e, 2, true)
	b.send(two, 2)
	tail := b.frame(one, false)
	b.deliver(one, missing...)
	b.deliver(one, tail...)
	b.expect("only what a number waits for", 1, 0, 1, 3)
	// This one is in the history, but was not shown to the forwarder.
	commitFlights(one.e, other, VP9, b.now)
	b.f.retransmit([]uint16{uint16(b.lowest() + 2)}, b.now)
	b.expect("a NACK finds it", 1, 0, 1, 2, 3)
	if b.r.again != 0 {
		t.Error("it was sent as a retransmission")
	}
}

func TestInterruption(t *testing.T) {
	for _, codec := range []Codec{Opus, VP8, AV1} {
		b := newBench(t, codec.Kind())
		s := b.feeder(codec, 1)
		s.Step = codec.ClockRate() / 30
		b.f.carry(s.e, 1, false)
		b.send(s, 3)
		first := b.r.got[b.r.highest].timestamp
		b.f.carry(nil, 0, true)
		b.send(s, 3)
		b.f.carry(s.e, 1, false)
		if e, ok := b.f.waiting(); ok != (codec != Opus) || ok && e != s.e {
			t.Errorf("%v: waiting is %v", codec, ok)
		}
		b.deliver(s, b.frame(s, true)...)
		b.expect(codec.String(), 1, 0, 1, 2, 6)
		if n := b.r.highest - b.lowest(); n != 3 {
			t.Errorf("%v: the last number is %d after the first", codec, n)
		}
		if d := b.r.got[b.r.highest].timestamp - first; d != 4*s.Step {
			t.Errorf("%v: %d ticks passed, not %d", codec, d, 4*s.Step)
		}
	}
}

func TestTemporalLayers(t *testing.T) {
	for _, codec := range []Codec{VP8, VP9, AV1} {
		t.Run(codec.String(), func(t *testing.T) {
			b := newBench(t, Video)
			s := b.feeder(codec, 1)
			s.Temporal, s.Packets = 3, 2
			b.f.carry(s.e, 1, false)
			b.f.setLayers(anyLayer, 1)
			b.send(s, 8)
			b.expect("up to layer 1", 1, 0, 2, 4, 6)
			b.f.setLayers(anyLayer, 0)
			b.send(s, 4)
			b.expect("layer 0", 1, 0, 2, 4, 6, 8)
			b.f.setLayers(anyLayer, anyLayer)
			b.send(s, 1) // layer 0
			b.send(s, 3) // 2 1 2
			b.send(s, 4)
			got := b.pictures(1)
			if tail := got[len(got)-4:]; !slices.Equal(tail, []uint32{16, 17, 18, 19}) {
				t.Errorf("all layers: %v", got)
			}
			if n := len(b.r.got); int64(n) != b.r.highest-b.lowest()+1 {
				t.Errorf("%d packets have %d numbers", n, b.r.highest-b.lowest()+1)
			}
			if _, temporal := s.e.layers(); temporal != 2 {
				t.Errorf("highest layer %d", temporal)
			}
		})
	}
}

func TestSpatialLayers(t *testing.T) {
	b := newBench(t, Video)
	s := b.feeder(VP9, 1)
	s.Spatial, s.Packets = 3, 2
	layers := func() (n uint8, markers int) {
		for i := b.r.highest; ; i-- {
			w, ok := b.r.got[i]
			if !ok || w.timestamp != b.r.got[b.r.highest].timestamp {
				return n, markers
			}
			var f payload.Facts
			payload.VP9(w.payload, &f)
			n = max(n, f.Spatial)
			if w.marker {
				markers++
			}
		}
	}
	check := func(what string, want uint8) {
		t.Helper()
		if n, markers := layers(); n != want || markers != 1 || !b.r.got[b.r.highest].marker {
			t.Errorf("%s: layer %d, %d markers", what, n, markers)
		}
	}
	b.f.carry(s.e, 1, false)
	b.send(s, 2)
	check("all", 2)
	b.f.setLayers(1, anyLayer)
	b.send(s, 1)
	check("lower at once", 1)
	if _, ok := b.f.waiting(); ok {
		t.Error("a keyframe is waited for")
	}
	b.f.setLayers(2, anyLayer)
	b.send(s, 1)
	check("not higher between keyframes", 1)
	if e, ok := b.f.waiting(); !ok || e != s.e {
		t.Error("no keyframe is waited for")
	}
	b.deliver(s, b.frame(s, true)...)
	check("higher at a keyframe", 2)
	if w, h := s.e.size(); w != 320 || h != 180 {
		t.Errorf("%d by %d", w, h)
	}
}

func TestSourceRestarts(t *testing.T) {
	b := newBench(t, Video)
	s := b.feeder(VP8, 1)
	b.f.carry(s.e, 1, false)
	b.send(s, 3)
	s.e.reset(nil)
	s.seq, s.Timestamp = 7, 7
	b.deliver(s, b.frame(s, false)...)
	b.expect("another source begins at a keyframe", 1, 0, 1, 2)
	if e, ok := b.f.waiting(); !ok || e != s.e {
		t.Error("no keyframe is waited for")
	}
	b.deliver(s, b.frame(s, true)...)
	b.expect("at a keyframe", 1, 0, 1, 2, 4)
	// The encoder changes its codec.
	s.codec, s.Codec = H264, "h264"
	b.r.codecs[1] = H264
	b.send(s, 1)
	b.expect("another codec begins at a keyframe", 1, 0, 1, 2, 4)
	b.deliver(s, b.frame(s, true)...)
	b.expect("at a keyframe", 1, 0, 1, 2, 4, 6)
}

func TestRetransmissionLimits(t *testing.T) {
	b := newBench(t, Audio)
	s := b.feeder(Opus, 1)
	b.f.carry(s.e, 1, false)
	b.send(s, 3)
	seq := uint16(b.r.highest)
	for range 100 {
		b.f.retransmit([]uint16{seq, seq, seq + 1, seq + 2, seq - 600, seq + 30000}, b.now)
		b.now += int64(time.Millisecond)
	}
	if b.r.again != 5 {
		t.Errorf("a packet was sent again %d times", b.r.again)
	}
	b.send(s, 300)
	b.f.retransmit([]uint16{seq}, b.now)
	if b.r.again != 5 {
		t.Error("a packet that is gone was sent again")
	}
	b.f.forget(s.e)
	b.f.retransmit([]uint16{uint16(b.r.highest)}, b.now)
	if b.r.again != 5 || b.f.flowing {
		t.Error("a forgotten encoding is remembered")
	}
}

func TestCarryNothing(t *testing.T) {
	b := newBench(t, Video)
	s := b.feeder(AV1, 1)
	b.f.carry(s.e, 1, false)
	b.send(s, 2)
	b.f.carry(nil, 0, false)
	b.send(s, 2)
	b.expect("nothing after", 1, 0, 1)
	if _, ok := b.f.waiting(); ok || b.f.flowing {
		t.Error("something is waited for")
	}
}
