package payload

import "testing"

// seeds adds the packets of the real streams of one codec.
func seeds(f *testing.F, name string) {
	for _, s := range samples() {
		if s.name != name {
			continue
		}
		for _, unit := range s.units(f) {
			for _, b := range s.split(unit) {
				f.Add(b)
			}
		}
	}
}

// sane checks what must hold of all facts, whatever they were read from.
func sane(t *testing.T, b []byte, f *Facts) {
	t.Helper()
	if int(f.Descriptor) >= max(len(b), 1) {
		t.Fatalf("a descriptor of %d bytes in %d", f.Descriptor, len(b))
	}
	if f.Temporal > 7 || f.Spatial > 7 {
		t.Fatalf("layer %d,%d", f.Spatial, f.Temporal)
	}
	if f.Flags.Has(KeyframeStart) && !f.Flags.Has(FrameStart) {
		t.Fatal("a keyframe starts where no frame does")
	}
}

func FuzzVP8(f *testing.F) {
	seeds(f, "vp8")
	f.Add([]byte{0xB0, 0xF0, 0x81, 0x02, 0x09, 0xA5, 0x01})
	f.Fuzz(func(t *testing.T, b []byte) {
		rewritten(t, b, VP8, AppendVP8)
	})
}

func FuzzVP9(f *testing.F) {
	seeds(f, "vp9")
	f.Add([]byte{0xE8, 0x81, 0x02, 0x52, 0x07, 0xAA})
	f.Add([]byte{0x2A, 0x01, 0x00, 0x38, 0x00, 160, 0x00, 90, 0x01, 0x40, 0x00, 180, 0x02, 0x00, 0x04, 0x01, 0xAA})
	f.Fuzz(func(t *testing.T, b []byte) {
		rewritten(t, b, VP9, AppendVP9)
	})
}

// rewritten checks that a rewritten payload reads as the original but for what
// was to be rewritten, and holds the same media.
func rewritten(t *testing.T, b []byte, parse func([]byte, *Facts) bool, write func(*[12]byte, []byte, *Facts, uint16, uint8) uint8) {
	var before, after Facts
	if !parse(b, &before) {
		return
	}
	sane(t, b, &before)
	var prefix [12]byte
	n := write(&prefix, b, &before, 0x1234, 0x56)
	if n == 0 {
		if before.Flags.Has(HasPictureID) {
			t.Fatal("a picture id was not rewritten")
		}
		return
	}
	out := append(prefix[:n:n], b[before.Descriptor:]...)
	if !parse(out, &after) {
		t.Fatalf("% x, rewritten from % x, is refused", out, b)
	}
	want := before
	if want.Flags.Has(HasPictureID) {
		want.Flags |= WidePictureID
		want.PictureID = 0x1234
	}
	if want.Flags.Has(HasTL0) {
		want.TL0 = 0x56
	}
	want.Descriptor = n
	if after != want {
		t.Fatalf("% x reads %+v, not %+v", out, after, want)
	}
}

func FuzzH264(f *testing.F) {
	seeds(f, "h264")
	f.Fuzz(func(t *testing.T, b []byte) {
		var facts Facts
		if H264(b, &facts) {
			sane(t, b, &facts)
		}
	})
}

func FuzzAV1(f *testing.F) {
	for _, s := range samples() {
		if s.name == "av1" {
			for _, unit := range s.units(f) {
				for _, b := range s.split(unit) {
					f.Add(b, []byte{0x80, 0x00, 0x01}, []byte(nil))
				}
			}
		}
	}
	f.Add([]byte{0x18, 0x0A, 0x0B}, structureL1T3, []byte{0xC1, 0x00, 0x02})
	f.Fuzz(func(t *testing.T, b, first, second []byte) {
		var deps Dependencies
		for _, descriptor := range [][]byte{first, second} {
			var facts Facts
			if AV1(b, descriptor, &deps, &facts) {
				sane(t, b, &facts)
			}
			if deps.templates > 64 || deps.targets > 32 {
				t.Fatalf("%d templates, %d targets", deps.templates, deps.targets)
			}
		}
	})
}

func FuzzOpus(f *testing.F) {
	f.Add([]byte{0x1B, 2})
	f.Fuzz(func(t *testing.T, b []byte) {
		var facts Facts
		if Opus(b, &facts) && facts.Duration > opusLongest {
			t.Fatalf("%d samples", facts.Duration)
		}
	})
}
