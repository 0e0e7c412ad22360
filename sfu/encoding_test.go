package sfu

import (
	"testing"
	"time"

	"switchyard/internal/payload"
	"switchyard/internal/payload/payloadtest"
)

// give commits packets with these sequence numbers, one commit each, and returns
// how many were accepted.
func give(e *encoding, codec Codec, body []byte, seqs ...uint16) int {
	n := 0
	for _, seq := range seqs {
		n += len(commitFlights(e, []flight{{seq: seq, packet: payloadtest.Packet{Payload: body}}}, codec, 1e18))
	}
	return n
}

func TestEncodingAccepts(t *testing.T) {
	opus := []byte{0x78, 1}
	for _, c := range []struct {
		name string
		seqs []uint16
		want int
	}{
		{"in order over the wrap", []uint16{65534, 65535, 0, 1}, 4},
		{"duplicates", []uint16{5, 6, 6, 5, 7}, 3},
		{"late", []uint16{10, 12, 11, 9}, 4},
		{"too late", []uint16{1000, 1000 - 64}, 1},
		{"a stray number", []uint16{1, 2, 30000, 3}, 3},
		{"stray numbers between", []uint16{1, 30000, 2, 30001, 3, 30002, 4}, 4},
		{"the source began anew", []uint16{1, 2, 30000, 30001, 30002, 30003}, 4},
		{"the source began anew, backwards", []uint16{40000, 200, 201, 202, 203}, 3},
	} {
		e := newEncoding(0, Audio, 64, nil)
		if n := give(e, Opus, opus, c.seqs...); n != c.want {
			t.Errorf("%s: %d accepted, not %d", c.name, n, c.want)
		}
	}

	e := newEncoding(0, Video, 64, nil)
	if n := give(e, VP8, []byte{0x90}, 1); n != 0 {
		t.Error("garbage was accepted")
	}
	if n := give(e, Opus, opus, 1); n != 0 {
		t.Error("sound was accepted as a picture")
	}
	if n := give(e, NoCodec, opus, 1); n != 0 {
		t.Error("no codec was accepted")
	}
	if n := give(e, VP8, []byte{}, 1); n != 1 {
		t.Error("padding was not accepted")
	}
}

// TestHistoryKeeps checks that what was not received displaces nothing, and
// that no packet is made once the ring is full.
func TestHistoryKeeps(t *testing.T) {
	e := newEncoding(0, Audio, 64, nil)
	opus := []byte{0x78, 1}
	seen := make(map[*Packet]bool)
	for seq := range uint16(1000) {
		packets := e.reserve(4, nil)
		for _, p := range packets {
			if p.Payload != nil || p.Dependency != nil || p.HasLevel {
				t.Fatal("a reserved packet is not empty")
			}
			seen[p] = true
		}
		p := packets[2]
		p.Sequence, p.Codec, p.Payload, p.HasLevel = seq, Opus, p.Buf[:copy(p.Buf[:], opus)], true
		if got := e.commit(packets, 1e18); len(got) != 1 || got[0] != p || e.history.at(p.ext) != p {
			t.Fatalf("packet %d: %v", seq, got)
		}
		if back := e.history.at(p.ext - min(int64(seq), 63)); back == nil || back.Sequence != seq-min(seq, 63) {
			t.Fatalf("packet %d: what came 63 before is gone", seq)
		}
		if e.history.at(p.ext-64) != nil {
			t.Fatal("more is kept than there is room for")
		}
	}
	if len(seen) > 64+4 {
		t.Errorf("%d packets were made", len(seen))
	}
	e.reset(nil)
	give(e, Opus, opus, 999)
	if p := e.history.at(e.highest); p == nil || p.Sequence != 999 {
		t.Error("after a reset the next packet is not kept")
	}
}

func TestEncodingUnwrapsPictures(t *testing.T) {
	e := newEncoding(0, Video, 64, nil)
	for i, id := range []byte{126, 127, 0, 2, 1, 3} {
		accepted := commitFlights(e, []flight{{seq: uint16(i), packet: payloadtest.Packet{Payload: []byte{0x90, 0x80, id, 1}}}}, VP8, 1e18)
		want := []uint16{0x7FFE, 0x7FFF, 0, 2, 1, 3}[i]
		if got := accepted[0].facts.PictureID; got != want {
			t.Errorf("picture id %d is %d, not %d", id, got, want)
		}
	}
	if e.picture != 3 {
		t.Errorf("the newest is %d", e.picture)
	}
}

func TestEncodingMeasures(t *testing.T) {
	e := newEncoding(1, Video, 256, nil)
	s := payloadtest.Stream{Codec: "vp8", Temporal: 3, Wide: true, Width: 640, Height: 360}
	now, seq := int64(1e18), uint16(0)
	if e.live(now) {
		t.Error("live before the first packet")
	}
	for range 90 {
		now += int64(time.Second) / 30
		for _, p := range s.Frame(false) {
			p.Payload = append(p.Payload, make([]byte, 1000-len(p.Payload))...)
			commitFlights(e, []flight{{seq: seq, packet: p}}, VP8, now)
			seq++
		}
	}
	if rate := e.bitrate(now); rate < 8*1000*27 || rate > 8*1000*31 {
		t.Errorf("%d bits per second", rate)
	}
	for temporal, want := range []int{7, 14, 29} {
		if fps := e.fps(now, int8(temporal)); fps < want-2 || fps > want+2 {
			t.Errorf("%d pictures a second up to layer %d", fps, temporal)
		}
	}
	if spatial, temporal := e.layers(); spatial != 0 || temporal != 2 {
		t.Errorf("layers %d,%d", spatial, temporal)
	}
	if w, h := e.size(); w != 640 || h != 360 {
		t.Errorf("%d by %d", w, h)
	}
	if !e.live(now + int64(time.Second)) {
		t.Error("not live after a second")
	}
	now += int64(2 * time.Second)
	if e.live(now) || e.bitrate(now) != 0 || e.fps(now, anyLayer) != 0 {
		t.Error("live after two seconds")
	}
	e.reset(nil)
	if w, _ := e.size(); w != 0 || e.live(now) {
		t.Error("a reset keeps what was measured")
	}
}

// FuzzEncoding gives an encoding and a forwarder whatever bytes there are.
func FuzzEncoding(f *testing.F) {
	f.Add([]byte{4, 0, 1, 0, 12, 0x18, 0x0A, 0x0B, 1, 2, 3, 4, 5, 6, 7, 8, 9})
	f.Add([]byte{1, 0, 1, 0, 6, 0xB0, 0xF0, 0x81, 0x02, 0x09, 0xA5, 1, 0, 2, 0, 6, 0xB0, 0xF0, 0x81, 0x02, 0x09, 0xA5})
	f.Fuzz(func(t *testing.T, b []byte) {
		e := newEncoding(0, Video, 16, nil)
		sink := checkedSink{t}
		fw := newForwarder(Video, sink, nil)
		fw.setLayers(0, 0)
		fw.carry(e, 1, true)
		now := int64(1e18)
		for len(b) >= 5 {
			p := payloadtest.Packet{Timestamp: uint32(b[3]) << 24, Marker: b[3]&1 == 1}
			codec := VP8 + Codec(b[0]&3)
			seq := uint16(b[1])<<8 | uint16(b[2])
			if b[0]&4 != 0 {
				fw.setLayers(int8(b[0]>>3&3), int8(b[0]>>5&3))
			}
			n := min(int(b[4]&31), len(b)-5)
			p.Payload = b[5 : 5+n]
			if codec == AV1 && n > 8 {
				p.Payload, p.Dependency = p.Payload[:8], p.Payload[8:]
			}
			b = b[5+n:]
			now += int64(time.Millisecond)
			fw.forward(e, commitFlights(e, []flight{{seq: seq, packet: p}}, codec, now), now)
			fw.retransmit([]uint16{uint16(fw.sent.next - 1), uint16(fw.sent.next - 2), seq}, now)
		}
	})
}

// checkedSink checks what a sink does with a packet.
type checkedSink struct{ t *testing.T }

func (s checkedSink) Clock(uint32, time.Time) {}

func (s checkedSink) WriteRTP(batch []Outgoing) {
	for _, o := range batch {
		if int(o.PrefixLen) > len(o.Prefix) || int(o.Skip) > len(o.Payload) {
			s.t.Fatalf("prefix of %d bytes for %d of %d", o.PrefixLen, o.Skip, len(o.Payload))
		}
		if o.Dependency != nil && len(o.Dependency) < 3 {
			s.t.Fatal("a frame number does not fit into its descriptor")
		}
		if o.facts.Flags.Has(payload.Empty) != (len(o.Payload) == 0) && o.Buf != [BufferSize]byte{} {
			s.t.Fatal("a packet is not what it says")
		}
	}
}
