package payload

import "testing"

// bitWriter writes what bitReader reads.
type bitWriter struct {
	b  []byte
	at int
}

func (w *bitWriter) bits(v uint32, n int) {
	for n--; n >= 0; n-- {
		if w.at%8 == 0 {
			w.b = append(w.b, 0)
		}
		w.b[w.at/8] |= byte(v>>n&1) << (7 - w.at%8)
		w.at++
	}
}

// marks writes decode target indications as the specification prints them.
func (w *bitWriter) marks(s string) {
	for _, c := range s {
		w.bits(map[rune]uint32{'-': 0, 'D': 1, 'S': 2, 'R': 3}[c], 2)
	}
}

// structureL1T3 is the first descriptor of a stream with three temporal layers
// (AV1 RTP specification, A.9): templates key, T0, T1, T2, T2 after T1.
var structureL1T3 = func() []byte {
	var w bitWriter
	w.bits(0b11, 2) // a frame of one packet
	w.bits(60, 6)   // template_id: the first
	w.bits(1, 16)
	w.bits(0b10000, 5) // with a structure
	w.bits(60, 6)      // template_id_offset
	w.bits(2, 5)       // three decode targets
	for _, next := range []uint32{0, 1, 1, 0, 3} {
		w.bits(next, 2)
	}
	for _, s := range []string{"SSS", "SSS", "-DS", "--D", "--D"} {
		w.marks(s)
	}
	for _, fdiffs := range [][]uint32{{}, {4}, {2}, {1}, {1}} {
		for _, d := range fdiffs {
			w.bits(1, 1)
			w.bits(d-1, 4)
		}
		w.bits(0, 1)
	}
	w.bits(0b01, 2) // one chain of ns(4)
	for range 5 {
		w.bits(0, 4)
	}
	w.bits(1, 1)
	w.bits(319, 16)
	w.bits(179, 16)
	return w.b
}()

// descriptor is a short one.
func descriptor(flags uint32, template uint8, number uint16) []byte {
	var w bitWriter
	w.bits(flags, 2)
	w.bits(uint32(template), 6)
	w.bits(uint32(number), 16)
	return w.b
}

func TestDependencies(t *testing.T) {
	const one = HasFrameNumber | FrameStart | FrameEnd
	var deps Dependencies
	for _, c := range []struct {
		name string
		b    []byte
		ok   bool
		want Facts
	}{
		{name: "before a structure", b: descriptor(3, 5, 9), ok: true, want: Facts{Flags: one, FrameNumber: 9}},
		{name: "too short", b: []byte{1, 2}},
		{name: "cut structure", b: structureL1T3[:8]},
		{name: "structure", b: structureL1T3, ok: true, want: Facts{Flags: one | SwitchUp, Up: 2, FrameNumber: 1, Width: 320, Height: 180}},
		{name: "T2", b: descriptor(3, 63, 2), ok: true, want: Facts{Flags: one | Discardable, Temporal: 2, FrameNumber: 2}},
		{name: "T1, offset wraps", b: descriptor(3, 62, 3), ok: true, want: Facts{Flags: one | SwitchUp, Up: 2, Temporal: 1, FrameNumber: 3}},
		{name: "T2 after T1", b: descriptor(3, 0, 4), ok: true, want: Facts{Flags: one | Discardable, Temporal: 2, FrameNumber: 4}},
		{name: "T0, first packet", b: descriptor(2, 61, 5), ok: true, want: Facts{Flags: HasFrameNumber | FrameStart | SwitchUp, Up: 2, FrameNumber: 5}},
		{name: "unknown template", b: descriptor(3, 1, 6)},
		{name: "a broken structure changes nothing", b: structureL1T3[:12]},
		{name: "last packet", b: descriptor(1, 61, 5), ok: true, want: Facts{Flags: HasFrameNumber | FrameEnd | SwitchUp, Up: 2, FrameNumber: 5}},
	} {
		var f Facts
		if ok := deps.parse(c.b, &f); ok != c.ok || ok && f != c.want {
			t.Errorf("%s: %v %+v", c.name, ok, f)
		}
	}

	var w bitWriter
	w.bits(0b11, 2)
	w.bits(61, 6)
	w.bits(7, 16)
	w.bits(0b01100, 5) // active targets and indications of its own
	w.bits(0b111, 3)
	w.marks("S--")
	var f Facts
	if !deps.parse(w.b, &f) || f.Up != 0 || !f.Flags.Has(SwitchUp) {
		t.Errorf("own indications: %+v", f)
	}
}

func TestAV1(t *testing.T) {
	var deps Dependencies
	for _, c := range []struct {
		name          string
		b, descriptor []byte
		ok            bool
		flags         Flags
	}{
		{name: "empty"},
		{name: "header only", b: []byte{0x18}},
		{name: "new stream", b: []byte{0x18, 0x0A, 0x0B}, ok: true, flags: KeyframeStart | FrameStart},
		{name: "its second packet", b: []byte{0x90, 0x0A}, ok: true},
		{name: "length past the end", b: []byte{0x08, 0x7F, 0x0A}, ok: true, flags: KeyframeStart | FrameStart},
		{name: "broken descriptor", b: []byte{0x10, 0x0A}, descriptor: []byte{1}, ok: true},
		{name: "delta with a descriptor", b: []byte{0x10, 0x0A}, descriptor: descriptor(3, 1, 2), ok: true, flags: HasFrameNumber | FrameStart | FrameEnd},
	} {
		var f Facts
		if ok := AV1(c.b, c.descriptor, &deps, &f); ok != c.ok || ok && f.Flags != c.flags {
			t.Errorf("%s: %v %+v", c.name, ok, f)
		}
	}
}
