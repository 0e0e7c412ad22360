package payload

import (
	"bytes"
	"encoding/binary"
	"os"
	"testing"

	"github.com/pion/rtp/codecs"
)

// ivfFrames reads the frames of an IVF file.
func ivfFrames(t testing.TB, name string) [][]byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var frames [][]byte
	for b = b[32:]; len(b) > 0; {
		size := int(binary.LittleEndian.Uint32(b))
		frames = append(frames, b[12:12+size])
		b = b[12+size:]
	}
	return frames
}

// accessUnits reads those of an Annex B file, by its SPS and slices.
func accessUnits(t testing.TB, name string) [][]byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var units [][]byte
	begun := 0
	slice := false
	for i := 0; i+5 < len(b); i++ {
		if !bytes.Equal(b[i:i+3], []byte{0, 0, 1}) {
			continue
		}
		at := i
		if at > 0 && b[at-1] == 0 {
			at--
		}
		kind := b[i+3] & 0x1F
		// A slice begins a picture if first_mb_in_slice, its first number, is 0.
		first := kind >= 6 || b[i+4]&0x80 != 0
		if slice && first {
			units = append(units, b[begun:at])
			begun, slice = at, false
		}
		slice = slice || kind == 1 || kind == 5
	}
	return append(units, b[begun:])
}

type sample struct {
	name  string
	parse func([]byte, *Facts) bool
	split func(frame []byte) [][]byte
	units func(testing.TB) [][]byte
}

// samples are ten pictures of 320 by 180 each, the first and sixth keyframes.
func samples() []sample {
	const mtu = 600
	vp8 := &codecs.VP8Payloader{EnablePictureID: true}
	vp9 := &codecs.VP9Payloader{FlexibleMode: true, InitialPictureIDFn: func() uint16 { return 127 }}
	h264 := &codecs.H264Payloader{}
	av1 := &codecs.AV1Payloader{}
	var deps Dependencies
	return []sample{
		{name: "vp8", parse: VP8, split: func(b []byte) [][]byte { return vp8.Payload(mtu, b) }, units: func(t testing.TB) [][]byte { return ivfFrames(t, "vp8.ivf") }},
		{name: "vp9", parse: VP9, split: func(b []byte) [][]byte { return vp9.Payload(mtu, b) }, units: func(t testing.TB) [][]byte { return ivfFrames(t, "vp9.ivf") }},
		{name: "h264", parse: H264, split: func(b []byte) [][]byte { return h264.Payload(mtu, b) }, units: func(t testing.TB) [][]byte { return accessUnits(t, "h264.264") }},
		{name: "av1", parse: func(b []byte, f *Facts) bool { return AV1(b, nil, &deps, f) }, split: func(b []byte) [][]byte { return av1.Payload(mtu, b) }, units: func(t testing.TB) [][]byte { return ivfFrames(t, "av1.ivf") }},
	}
}

func TestRealStreams(t *testing.T) {
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			units := s.units(t)
			if len(units) != 10 {
				t.Fatalf("%d pictures in the sample", len(units))
			}
			for i, unit := range units {
				packets := s.split(unit)
				for k, b := range packets {
					var f Facts
					if !s.parse(b, &f) {
						t.Fatalf("picture %d packet %d refused", i, k)
					}
					if want := i%5 == 0 && k == 0; f.Flags.Has(KeyframeStart) != want {
						t.Errorf("picture %d packet %d: keyframe start %v", i, k, !want)
					}
					if f.Flags.Has(KeyframeStart) && (f.Width != 320 || f.Height != 180) {
						t.Errorf("picture %d is %d by %d", i, f.Width, f.Height)
					}
					if f.Temporal != 0 || f.Spatial != 0 {
						t.Errorf("picture %d packet %d: layer %d,%d", i, k, f.Spatial, f.Temporal)
					}
					switch s.name {
					case "vp8", "vp9":
						if want := k == 0; f.Flags.Has(FrameStart) != want {
							t.Errorf("picture %d packet %d: frame start %v", i, k, !want)
						}
						if i > 0 && !f.Flags.Has(HasPictureID) { // pion gives the first picture none
							t.Errorf("picture %d packet %d: no picture id", i, k)
						}
					}
				}
			}
		})
	}
}

func TestVP8(t *testing.T) {
	// Dimensions are 14 bits each, below two bits of scale.
	key := []byte{0x10, 0x02, 0x00, 0x9D, 0x01, 0x2A, 0x40, 0x41, 0xB4, 0x80, 0xFF}
	for _, c := range []struct {
		name string
		b    []byte
		ok   bool
		want Facts
	}{
		{name: "empty"},
		{name: "descriptor only", b: []byte{0x10}},
		{name: "plain delta", b: []byte{0x10, 0x01, 0xAA}, ok: true, want: Facts{Flags: FrameStart}},
		{name: "second packet", b: []byte{0x00, 0x00, 0xAA}, ok: true},
		{name: "second partition", b: []byte{0x11, 0x00, 0xAA}, ok: true},
		{name: "keyframe", b: append([]byte{0x10}, key...), ok: true, want: Facts{Flags: FrameStart | KeyframeStart, Width: 320, Height: 180}},
		{name: "no start code", b: []byte{0x10, 0x00, 0, 0, 1, 2, 3, 4, 5, 6, 7}, ok: true, want: Facts{Flags: FrameStart}},
		{name: "short picture id", b: []byte{0x90, 0x80, 0x7F, 0x01}, ok: true, want: Facts{Flags: FrameStart | HasPictureID, PictureID: 127, Descriptor: 3}},
		{name: "long picture id", b: []byte{0x90, 0x80, 0x81, 0x02, 0x01}, ok: true, want: Facts{Flags: FrameStart | HasPictureID | WidePictureID, PictureID: 258, Descriptor: 4}},
		{name: "cut picture id", b: []byte{0x90, 0x80, 0x81}},
		{name: "cut TL0PICIDX", b: []byte{0x90, 0x40}},
		{name: "cut TID", b: []byte{0x90, 0xE0, 0x01, 0x02}},
		{name: "cut payload", b: []byte{0x90, 0xE0, 0x01, 0x02, 0x80}},
		{
			name: "all", b: []byte{0xB0, 0xF0, 0x81, 0x02, 0x09, 0xA5, 0x01}, ok: true,
			want: Facts{Flags: FrameStart | HasPictureID | WidePictureID | HasTL0 | TemporalSync | Discardable, PictureID: 258, TL0: 9, Temporal: 2, Descriptor: 6},
		},
	} {
		var f Facts
		if ok := VP8(c.b, &f); ok != c.ok || ok && f != c.want {
			t.Errorf("%s: %v %+v", c.name, ok, f)
		}
	}
}
