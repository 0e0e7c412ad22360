package payload

import (
	"encoding/hex"
	"slices"
	"testing"
)

// ue and se write Exp-Golomb numbers.
func (w *bitWriter) ue(v uint32) {
	n := 0
	for (v+1)>>(n+1) > 0 {
		n++
	}
	w.bits(0, n)
	w.bits(v+1, n+1)
}

func (w *bitWriter) se(v int32) {
	if v > 0 {
		w.ue(uint32(2*v - 1))
	} else {
		w.ue(uint32(-2 * v))
	}
}

// TestH264Dimensions reads parameter sets of x264 and one that has what x264
// does not write.
func TestH264Dimensions(t *testing.T) {
	for _, c := range []struct {
		name, sps     string
		width, height uint16
	}{
		{"high, cropped", "67640028acb403c0113f2e0220000003002000000781e30654", 1920, 1080},
		{"interlaced", "67640028acd94078044fde0220000003002000000783e2c5b2c0", 1920, 1080},
		{"4:4:4", "67f4000d919b282a33c7c5e022000003000200000300781e28532c", 322, 182},
		{"4:2:2", "677a000dbcd941519e222f0110000003001000000303c0f1429960", 322, 182},
	} {
		b, err := hex.DecodeString(c.sps)
		if err != nil {
			t.Fatal(err)
		}
		var f Facts
		if !H264(b, &f) || f.Width != c.width || f.Height != c.height {
			t.Errorf("%s: %d by %d", c.name, f.Width, f.Height)
		}
		for n := range b {
			f = Facts{}
			H264(b[:n], &f) // cut anywhere it may be unknown, but not a fault
		}
	}

	var w bitWriter
	w.bits(0x67, 8)
	w.bits(100, 8)
	w.bits(31, 16)
	w.ue(0)
	w.ue(3) // 4:4:4
	w.bits(0, 1)
	w.ue(0)
	w.ue(0)
	w.bits(0, 1)
	w.bits(1, 1) // scaling matrix
	for i := range 12 {
		w.bits(uint32(i+1)&1, 1)
		if i&1 == 1 {
			continue
		}
		w.se(4)
		w.se(-12) // 8, 12, and the rest as the one before
	}
	w.ue(0)
	w.ue(1) // picture order count by a list
	w.bits(0, 1)
	w.se(-3)
	w.se(2)
	w.ue(2)
	w.se(1)
	w.se(-1)
	w.ue(1)
	w.bits(0, 1)
	w.ue(39)
	w.ue(22)
	w.bits(1, 1)
	w.bits(0, 1)
	w.bits(1, 1)
	w.ue(0)
	w.ue(0)
	w.ue(0)
	w.ue(8)
	w.bits(1, 1)
	var f Facts
	if !H264(w.b, &f) || f.Width != 640 || f.Height != 360 {
		t.Errorf("scaling lists: %d by %d", f.Width, f.Height)
	}
}

func TestUnescape(t *testing.T) {
	got := unescape(make([]byte, 0, 7), []byte{0, 0, 3, 1, 0, 0, 3, 0, 5, 6})
	if want := []byte{0, 0, 1, 0, 0, 0, 5}; !slices.Equal(got, want) {
		t.Errorf("% x, not % x", got, want)
	}
}

// TestAV1Dimensions reads sequence headers of SVT-AV1 and rav1e, and ones that
// have what those do not write.
func TestAV1Dimensions(t *testing.T) {
	real := func(s string) []byte {
		b, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	size := func(w *bitWriter) []byte {
		w.bits(9, 4)
		w.bits(8, 4)
		w.bits(321, 10)
		w.bits(181, 9)
		w.bits(0, 8)
		return w.b
	}
	var full bitWriter
	full.bits(0x08, 8)
	full.bits(0, 5)
	full.bits(1, 1) // timing
	full.bits(1, 32)
	full.bits(30, 32)
	full.bits(1, 1)
	full.bits(0b00101, 5) // uvlc
	full.bits(1, 1)       // decoder model
	full.bits(9, 5)
	full.bits(1, 32)
	full.bits(0, 10)
	full.bits(1, 1) // display delay
	full.bits(1, 5) // two operating points
	for level := range uint32(2) {
		full.bits(0x101, 12)
		full.bits(7+level, 5)
		if level > 0 {
			full.bits(0, 1)
		}
		full.bits(1, 1)
		full.bits(0, 21)
		full.bits(1, 1)
		full.bits(3, 4)
	}
	var sized bitWriter
	sized.bits(0x0A, 8)
	sized.bits(8, 8)
	sized.bits(0b00011, 5)
	sized.bits(4, 5)
	var extended bitWriter
	extended.bits(0x0C, 8)
	extended.bits(0, 8)
	extended.bits(0b00011, 5)
	extended.bits(4, 5)
	for name, obu := range map[string][]byte{
		"SVT-AV1":             real("0a0b000000043d06d4fbf90040"),
		"rav1e":               real("0a0e000000fa1e836a210ac8101010a0"),
		"reduced with a size": size(&sized),
		"extended":            size(&extended),
		"everything":          size(&full),
	} {
		packet := append([]byte{0x18}, obu...)
		var deps Dependencies
		var f Facts
		if !AV1(packet, nil, &deps, &f) || f.Width != 322 || f.Height != 182 {
			t.Errorf("%s: %d by %d", name, f.Width, f.Height)
		}
		for n := range packet {
			f = Facts{}
			AV1(packet[:n], nil, &deps, &f)
		}
		// As the second element, after one with a length.
		packet = append([]byte{0x28, 2, 0x12, 0}, obu...)
		f = Facts{}
		if !AV1(packet, nil, &deps, &f) || f.Width != 322 {
			t.Errorf("%s as a second element: %d by %d", name, f.Width, f.Height)
		}
	}
}

func TestVP9Dimensions(t *testing.T) {
	for profile := range uint32(4) {
		for _, rgb := range []bool{false, true} {
			var w bitWriter
			w.bits(0x0C, 8)
			w.bits(2, 2)
			w.bits(profile&1, 1)
			w.bits(profile>>1, 1)
			if profile == 3 {
				w.bits(0, 1)
			}
			w.bits(0b0010, 4)
			w.bits(0x498342, 24)
			if profile >= 2 {
				w.bits(0, 1)
			}
			if rgb {
				w.bits(7, 3)
				if profile&1 == 1 {
					w.bits(0, 1)
				}
			} else {
				w.bits(2, 3)
				w.bits(0, 1)
				if profile&1 == 1 {
					w.bits(0, 3)
				}
			}
			w.bits(321, 16)
			w.bits(181, 16)
			var f Facts
			if !VP9(w.b, &f) || f.Width != 322 || f.Height != 182 || !f.Flags.Has(KeyframeStart) {
				t.Errorf("profile %d: %+v", profile, f)
			}
		}
	}
}
