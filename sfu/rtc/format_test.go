package rtc

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/pion/rtp"

	"switchyard/sfu"
)

// formats calls f with every form that a slot's header extension can have: which
// elements there are, under small and large ids, and mids short and long. Large
// ids are only offered with the two forms mixed.
func formats(f func(ext extensionIDs, mixed bool, mid string)) {
	small, large := extensionIDs{}, extensionIDs{}
	small[extMid], small[extTransportCC], small[extAudioLevel], small[extDependency] = 1, 14, 3, 7
	large[extMid], large[extTransportCC], large[extAudioLevel], large[extDependency] = 16, 255, 17, 99
	list := []extension{extMid, extTransportCC, extAudioLevel, extDependency}
	for choice := range 81 { // each absent, small or large
		var ext extensionIDs
		isLarge := false
		for _, e := range list {
			switch choice % 3 {
			case 1:
				ext[e] = small[e]
			case 2:
				ext[e], isLarge = large[e], true
			}
			choice /= 3
		}
		for _, mid := range []string{"0", "video", "0123456789abcdef"} {
			f(ext, true, mid)
			if !isLarge {
				f(ext, false, mid)
			}
		}
	}
}

// outgoings calls f with every kind of packet.
func outgoings(f func(*sfu.Outgoing)) {
	for _, level := range []int{-1, 0, 64, 127} {
		for _, size := range []int{0, 2, 3, 4, 15, 16, 17, 200, 255, 256} {
			p := &sfu.Packet{Codec: sfu.AV1, HasLevel: level >= 0, Level: uint8(max(level, 0))}
			for i := range size {
				p.Dependency = append(p.Dependency, byte(i)|0x40)
			}
			f(&sfu.Outgoing{Packet: p, FrameNumber: 0x1234})
		}
	}
}

// TestTemplate: the header that is made from a slot's template is the one that is
// written element by element, whatever stood in the buffer, and others read in it
// what was meant.
func TestTemplate(t *testing.T) {
	b, generic := make([]byte, datagramSize), make([]byte, fixedHeader, datagramSize)
	cases := 0
	formats(func(ext extensionIDs, mixed bool, mid string) {
		slot := newSlotFormat(mid, nil, ext, mixed)
		outgoings(func(out *sfu.Outgoing) {
			cases++
			for i := range b {
				b[i] = byte(rand.Uint32())
			}
			fixed := []byte{0x91, 0xe0, 0, 5, 0, 0, 0, 6, 0, 0, 0, 7, 0, 0, 0, 8}
			copy(b, fixed)
			copy(generic, fixed)
			end, number := slot.header(b, out)
			whole, place, _ := slot.appendExtensions(generic, out)
			if !bytes.Equal(b[:end], whole) || number != place {
				t.Fatalf("ids %v, mixed %v, mid %q, level %v, dependency of %d: % x with its number at %d, not % x at %d",
					ext, mixed, mid, out.HasLevel, len(out.Dependency), b[:end], number, whole, place)
			}
			if number > 0 {
				binary.BigEndian.PutUint16(b[number:], 0xabcd)
			}
			var h rtp.Header
			n, err := h.Unmarshal(b[:end])
			if err != nil || n != end || len(h.CSRC) != 1 || h.CSRC[0] != 8 || h.SequenceNumber != 5 || !h.Marker {
				t.Fatalf("% x is read as %+v, %v", b[:end], h, err)
			}
			check := func(e extension, want []byte) {
				if got := h.GetExtension(ext[e]); !bytes.Equal(got, want) {
					t.Fatalf("ids %v, mixed %v, mid %q, level %v, dependency of %d: element %d is % x, not % x",
						ext, mixed, mid, out.HasLevel, len(out.Dependency), e, got, want)
				}
			}
			elements := 0
			expect := func(e extension, want []byte) {
				if ext[e] != 0 && want != nil {
					check(e, want)
					elements++
				}
			}
			expect(extMid, []byte(mid))
			expect(extTransportCC, []byte{0xab, 0xcd})
			if out.HasLevel {
				expect(extAudioLevel, []byte{out.Level})
			}
			if size := len(out.Dependency); size >= 3 && size <= 16 || size > 16 && size <= 255 && mixed {
				expect(extDependency, append([]byte{out.Dependency[0], 0x12, 0x34}, out.Dependency[3:]...))
			}
			if got := len(h.GetExtensionIDs()); got != elements {
				t.Fatalf("%d elements, not %d: % x", got, elements, b[:end])
			}
		})
	})
	if cases < 10000 {
		t.Errorf("only %d cases", cases)
	}
}

// TestTemplateAllocates: neither a template nor a descriptor makes garbage.
func TestTemplateAllocates(t *testing.T) {
	b := make([]byte, datagramSize)
	formats(func(ext extensionIDs, mixed bool, mid string) {
		slot := newSlotFormat(mid, nil, ext, mixed)
		plain := &sfu.Outgoing{Packet: &sfu.Packet{HasLevel: true}}
		described := &sfu.Outgoing{Packet: &sfu.Packet{Dependency: make([]byte, 40)}}
		if n := testing.AllocsPerRun(2, func() { slot.header(b, plain); slot.header(b, described) }); n > 0 {
			t.Fatalf("ids %v: %v allocations", ext, n)
		}
	})
}
