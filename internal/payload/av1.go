package payload

// The bits of an AV1 aggregation header (AV1 RTP specification, section 4.4).
const (
	av1Continues = 0x80 // Z: the first OBU began in an earlier packet
	av1Count     = 0x30 // W
	av1NewStream = 0x08 // N: first packet of a coded video sequence
)

const obuSequenceHeader = 1

// AV1 reads a payload of the AV1 RTP specification and its dependency
// descriptor, which may be nil, into f, which must be zero. It says false if
// the payload is cut short; a broken descriptor is as good as none.
func AV1(b, descriptor []byte, deps *Dependencies, f *Facts) bool {
	if len(b) < 2 {
		return false
	}
	if len(descriptor) > 0 && !deps.parse(descriptor, f) {
		*f = Facts{}
	}
	if b[0]&av1NewStream == 0 || b[0]&av1Continues != 0 || f.Spatial != 0 {
		return true
	}
	f.Flags |= KeyframeStart | FrameStart
	rest, count := b[1:], int(b[0]&av1Count)>>4
	const most = 8 // OBUs to look at: the sequence header is the first or second
	for i := 1; len(rest) > 0 && i <= most; i++ {
		size := len(rest)
		if i != count {
			var n int
			if size, n = leb128(rest); n == 0 || size > len(rest)-n {
				return true
			}
			rest = rest[n:]
		}
		if obu := rest[:size]; len(obu) > 2 && obu[0]>>3&15 == obuSequenceHeader {
			av1Sequence(obu, f)
			return true
		}
		rest = rest[size:]
	}
	return true
}

// leb128 reads a little-endian base 128 number and says how many bytes it
// took; 0 if it is cut short or longer than a payload could be.
func leb128(b []byte) (value, n int) {
	for i := range min(len(b), 4) {
		value |= int(b[i]&0x7F) << (7 * i)
		if b[i]&0x80 == 0 {
			return value, i + 1
		}
	}
	return 0, 0
}

// av1Sequence reads the dimensions from a sequence header OBU (AV1
// specification, section 5.5) if they are there.
func av1Sequence(b []byte, f *Facts) {
	skip := 1
	if b[0]&4 != 0 { // extension
		skip++
	}
	if b[0]&2 != 0 { // size field
		_, n := leb128(b[skip:])
		if n == 0 {
			return
		}
		skip += n
	}
	r := bitReader{b: b[skip:]}
	r.skip(4)
	if reduced := r.flag(); reduced {
		r.skip(5)
	} else {
		av1OperatingPoints(&r)
	}
	wBits, hBits := int(r.bits(4))+1, int(r.bits(4))+1
	w, h := r.bits(wBits)+1, r.bits(hBits)+1
	if !r.failed && w < 1<<16 && h < 1<<16 && w > uint32(f.Width) {
		f.Width, f.Height = uint16(w), uint16(h)
	}
}

func av1OperatingPoints(r *bitReader) {
	delay, model := 0, false
	if timing := r.flag(); timing {
		r.skip(64)
		if r.flag() {
			r.uvlc()
		}
		if model = r.flag(); model {
			delay = int(r.bits(5)) + 1
			r.skip(42)
		}
	}
	display := r.flag()
	for range r.bits(5) + 1 {
		r.skip(12)
		if level := r.bits(5); level > 7 {
			r.skip(1)
		}
		if model && r.flag() {
			r.skip(2*delay + 1)
		}
		if display && r.flag() {
			r.skip(4)
		}
	}
}
