package payload

// The NAL unit types of interest (ITU-T H.264 table 7-1, RFC 6184 section 5.2).
const (
	nalSPS   = 7
	nalSTAPA = 24
	nalFUA   = 28
)

// H264 reads a payload of RFC 6184 in packetization-mode 1 into f, which must
// be zero. A decoder can start at a sequence parameter set. It says false if
// the payload is cut short or of a type that the mode does not have.
func H264(b []byte, f *Facts) bool {
	if len(b) == 0 {
		return false
	}
	switch kind := b[0] & 0x1F; {
	case kind >= 1 && kind < nalSTAPA:
		h264Unit(b, f)
	case kind == nalSTAPA:
		rest := b[1:]
		if len(rest) < 3 {
			return false
		}
		for len(rest) > 0 {
			if len(rest) < 3 {
				return false
			}
			size := int(rest[0])<<8 | int(rest[1])
			if size == 0 || 2+size > len(rest) {
				return false
			}
			h264Unit(rest[2:2+size], f)
			rest = rest[2+size:]
		}
	case kind == nalFUA:
		if len(b) < 3 {
			return false
		}
		start, inner := b[1]&0x80 != 0, b[1]&0x1F
		if start && inner == nalSPS {
			f.Flags |= KeyframeStart | FrameStart
		}
		if b[0]&0x60 == 0 && inner >= 1 && inner <= 5 {
			f.Flags |= Discardable
		}
	default:
		return false
	}
	return true
}

func h264Unit(b []byte, f *Facts) {
	switch kind := b[0] & 0x1F; {
	case kind == nalSPS:
		f.Flags |= KeyframeStart | FrameStart
		h264Parameters(b[1:], f)
	case kind >= 1 && kind <= 5 && b[0]&0x60 == 0:
		f.Flags |= Discardable
	}
}

// h264Parameters reads the dimensions from a sequence parameter set (ITU-T
// H.264 section 7.3.2.1.1) if they are there.
func h264Parameters(b []byte, f *Facts) {
	var buf [128]byte
	r := bitReader{b: unescape(buf[:0], b)}
	profile := r.bits(8)
	r.skip(16)
	r.ue() // its id
	chroma := uint32(1)
	switch profile {
	case 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135:
		chroma = r.ue()
		if chroma == 3 {
			r.skip(1)
		}
		r.ue()
		r.ue()
		r.skip(1)
		if r.flag() {
			lists := 8
			if chroma == 3 {
				lists = 12
			}
			for i := range lists {
				if r.flag() {
					h264ScalingList(&r, i)
				}
			}
		}
	}
	r.ue()
	switch r.ue() {
	case 0:
		r.ue()
	case 1:
		r.skip(1)
		r.se()
		r.se()
		for range min(r.ue(), 255) {
			r.se()
		}
	}
	r.ue()
	r.skip(1)
	width, height := (r.ue()+1)*16, (r.ue()+1)*16
	vertical := uint32(1)
	if !r.flag() {
		vertical = 2
		r.skip(1)
	}
	height *= vertical
	r.skip(1)
	if r.flag() {
		unitX, unitY := uint32(1), vertical
		if chroma == 1 || chroma == 2 {
			unitX = 2
		}
		if chroma == 1 {
			unitY *= 2
		}
		left, right, top, bottom := r.ue(), r.ue(), r.ue(), r.ue()
		const most = 1 << 14 // keeps the sums below from wrapping
		if left > most || right > most || top > most || bottom > most {
			return
		}
		width -= min(width, unitX*(left+right))
		height -= min(height, unitY*(top+bottom))
	}
	if !r.failed && width < 1<<16 && height < 1<<16 {
		f.Width, f.Height = uint16(width), uint16(height)
	}
}

func h264ScalingList(r *bitReader, i int) {
	size := 16
	if i >= 6 {
		size = 64
	}
	last, next := int32(8), int32(8)
	for range size {
		if next != 0 {
			next = (last + r.se() + 256) & 255
		}
		if next != 0 {
			last = next
		}
	}
}

// unescape appends to dst, up to its capacity, the bytes of a NAL unit without
// its emulation prevention.
func unescape(dst, b []byte) []byte {
	zeros := 0
	for _, c := range b {
		if zeros >= 2 && c == 3 {
			zeros = 0
			continue
		}
		if len(dst) == cap(dst) {
			break
		}
		if zeros++; c != 0 {
			zeros = 0
		}
		dst = append(dst, c)
	}
	return dst
}
