package payload

import "testing"

func TestVP9(t *testing.T) {
	for _, c := range []struct {
		name string
		b    []byte
		ok   bool
		want Facts
	}{
		{name: "empty"},
		{name: "descriptor only", b: []byte{0x08}},
		{name: "keyframe without anything", b: []byte{0x0C, 0xAA}, ok: true, want: Facts{Flags: FrameStart | FrameEnd | KeyframeStart}},
		{name: "predicted", b: []byte{0xCC, 0x05, 0xAA}, ok: true, want: Facts{Flags: FrameStart | FrameEnd | HasPictureID, PictureID: 5, Descriptor: 2}},
		{name: "cut picture id", b: []byte{0x80, 0x85}},
		{
			name: "layer indices", b: []byte{0xE8, 0x81, 0x02, 0x52, 0x07, 0xAA}, ok: true,
			want: Facts{Flags: FrameStart | HasPictureID | WidePictureID | HasTL0 | SwitchUp | TemporalSync, PictureID: 258, Temporal: 2, Spatial: 1, TL0: 7, Up: 7, Descriptor: 5},
		},
		{name: "cut TL0PICIDX", b: []byte{0xE8, 0x81, 0x02, 0x52}},
		{
			name: "flexible", b: []byte{0xFC, 0x81, 0x02, 0x40, 0x03, 0x04, 0xAA}, ok: true,
			want: Facts{Flags: FrameStart | FrameEnd | HasPictureID | WidePictureID, PictureID: 258, Temporal: 2, Descriptor: 3},
		},
		{name: "four references", b: []byte{0xFC, 0x81, 0x02, 0x40, 0x03, 0x03, 0x03, 0x02, 0xAA}},
		{name: "endless references", b: []byte{0xFC, 0x81, 0x02, 0x40, 0x03, 0x03}},
		{
			name: "structure", b: []byte{0x2A, 0x01, 0x00, 0x38, 0x00, 160, 0x00, 90, 0x01, 0x40, 0x00, 180, 0x02, 0x00, 0x04, 0x01, 0xAA}, ok: true,
			want: Facts{Flags: FrameStart | HasTL0 | KeyframeStart, Width: 320, Height: 180},
		},
		{name: "cut structure", b: []byte{0x2A, 0x01, 0x00, 0x38, 0x00, 160, 0x00, 90, 0x01, 0x40}},
		{name: "cut pictures of a structure", b: []byte{0x2A, 0x01, 0x00, 0x08, 0x05, 0x04}},
		{name: "upper layer of a keyframe", b: []byte{0x28, 0x03, 0x00, 0xAA}, ok: true, want: Facts{Flags: FrameStart | HasTL0, Spatial: 1}},
	} {
		var f Facts
		if ok := VP9(c.b, &f); ok != c.ok || ok && f != c.want {
			t.Errorf("%s: %v %+v", c.name, ok, f)
		}
	}
}

func TestH264(t *testing.T) {
	// 1280 by 720: 45 rows of macroblocks, constrained baseline.
	sps := []byte{0x67, 0x42, 0xC0, 0x1F, 0xDA, 0x01, 0x40, 0x16, 0xE8, 0x06, 0xD0, 0xA1, 0x35}
	stap := append([]byte{0x78, 0, byte(len(sps))}, sps...)
	stap = append(stap, 0, 2, 0x68, 0xCE)
	key := FrameStart | KeyframeStart
	for _, c := range []struct {
		name string
		b    []byte
		ok   bool
		want Facts
	}{
		{name: "empty"},
		{name: "parameters alone", b: sps, ok: true, want: Facts{Flags: key, Width: 1280, Height: 720}},
		{name: "aggregated", b: stap, ok: true, want: Facts{Flags: key, Width: 1280, Height: 720}},
		{name: "cut aggregate", b: stap[:9]},
		{name: "empty unit in an aggregate", b: []byte{0x78, 0, 0, 0x68}},
		{name: "aggregate of nothing", b: []byte{0x78}},
		{name: "IDR without parameters", b: []byte{0x65, 0x88}, ok: true},
		{name: "not referred to", b: []byte{0x01, 0x88}, ok: true, want: Facts{Flags: Discardable}},
		{name: "fragment", b: []byte{0x7C, 0x85, 0x88}, ok: true},
		{name: "fragment not referred to", b: []byte{0x1C, 0x01, 0x88}, ok: true, want: Facts{Flags: Discardable}},
		{name: "first fragment of parameters", b: []byte{0x7C, 0x87, 0x42}, ok: true, want: Facts{Flags: key}},
		{name: "cut fragment", b: []byte{0x7C, 0x85}},
		{name: "parameters without content", b: []byte{0x67}, ok: true, want: Facts{Flags: key}},
		{name: "interleaved mode", b: []byte{0x79, 0, 0, 1, 2}},
	} {
		var f Facts
		if ok := H264(c.b, &f); ok != c.ok || ok && f != c.want {
			t.Errorf("%s: %v %+v", c.name, ok, f)
		}
	}
}

func TestOpus(t *testing.T) {
	for _, c := range []struct {
		b    []byte
		ok   bool
		want uint16
	}{
		{nil, false, 0},
		{[]byte{0x78}, true, 960},           // hybrid, 20 ms, one frame
		{[]byte{0xF8, 1}, true, 960},        // CELT, 20 ms
		{[]byte{0xE1, 1}, true, 2 * 120},    // CELT, two of 2.5 ms
		{[]byte{0x1B}, false, 0},            // a count is missing
		{[]byte{0x1B, 2}, true, 5760},       // SILK, two of 60 ms
		{[]byte{0x1B, 0x3F, 1}, true, 5760}, // more than there can be
	} {
		var f Facts
		if ok := Opus(c.b, &f); ok != c.ok || f.Duration != c.want {
			t.Errorf("% x: %v, %d samples", c.b, ok, f.Duration)
		}
	}
}
