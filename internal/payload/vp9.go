package payload

// The bits of a VP9 payload descriptor (RFC 9628, section 4.2).
const (
	vp9HasPictureID = 0x80 // I
	vp9Predicted    = 0x40 // P: from earlier pictures
	vp9HasLayer     = 0x20 // L
	vp9Flexible     = 0x10 // F
	vp9Start        = 0x08 // B
	vp9End          = 0x04 // E
	vp9HasStructure = 0x02 // V
	vp9NotNeeded    = 0x01 // Z: by upper spatial layers
)

// VP9 reads a payload of RFC 9628 into f, which must be zero. It says false if
// the payload is cut short.
func VP9(b []byte, f *Facts) bool {
	if len(b) < 2 {
		return false
	}
	first, n := b[0], 1
	if first&vp9HasPictureID != 0 {
		f.Flags |= HasPictureID
		f.PictureID = uint16(b[n] & 0x7F)
		if b[n]&0x80 != 0 {
			if n++; n >= len(b) {
				return false
			}
			f.Flags |= WidePictureID
			f.PictureID = f.PictureID<<8 | uint16(b[n])
		}
		n++
		f.Descriptor = uint8(n)
	}
	if first&vp9HasLayer != 0 {
		if n >= len(b) {
			return false
		}
		f.Temporal = b[n] >> 5
		f.Spatial = b[n] >> 1 & 7
		if b[n]&0x10 != 0 {
			f.Flags |= SwitchUp | TemporalSync
			f.Up = 7
		}
		n++
		if first&vp9Flexible == 0 {
			if n >= len(b) {
				return false
			}
			f.Flags |= HasTL0
			f.TL0 = b[n]
			n++
			if f.Descriptor > 0 {
				f.Descriptor = uint8(n)
			}
		}
	}
	if first&vp9Flexible != 0 && first&vp9Predicted != 0 {
		for i := 0; ; i++ {
			if n >= len(b) || i == 3 {
				return false
			}
			n++
			if b[n-1]&1 == 0 {
				break
			}
		}
	}
	if first&vp9HasStructure != 0 {
		size, ok := vp9Structure(b[n:], f)
		if !ok {
			return false
		}
		n += size
	}
	if n >= len(b) {
		return false
	}
	if first&vp9End != 0 {
		f.Flags |= FrameEnd
	}
	if first&vp9Start != 0 {
		f.Flags |= FrameStart
		if first&vp9Predicted == 0 && f.Spatial == 0 && !vp9Delta(b[n]) {
			f.Flags |= KeyframeStart
			if f.Width == 0 {
				vp9Frame(b[n:], f)
			}
		}
	}
	return true
}

// vp9Structure reads a scalability structure and returns its length; the
// dimensions are those of the largest layer.
func vp9Structure(b []byte, f *Facts) (size int, ok bool) {
	if len(b) == 0 {
		return 0, false
	}
	layers, n := int(b[0]>>5)+1, 1
	if b[0]&0x10 != 0 {
		if n+4*layers > len(b) {
			return 0, false
		}
		for range layers {
			w, h := uint16(b[n])<<8|uint16(b[n+1]), uint16(b[n+2])<<8|uint16(b[n+3])
			if w > f.Width {
				f.Width, f.Height = w, h
			}
			n += 4
		}
	}
	if b[0]&0x08 != 0 {
		if n >= len(b) {
			return 0, false
		}
		pictures := int(b[n])
		n++
		for range pictures {
			if n >= len(b) {
				return 0, false
			}
			n += 1 + int(b[n]>>2&3)
		}
	}
	return n, n <= len(b)
}

// vp9Delta reports whether the first byte of a frame says that it is a shown or
// hidden frame of profile 0 which is no keyframe: there are senders that never
// set the P bit. Of an encrypted frame the byte means nothing, so that one in 64
// of its keyframes is taken for another frame.
func vp9Delta(b byte) bool { return b&0b1111_1100 == 0b1000_0100 }

// vp9Frame reads the dimensions from an uncompressed keyframe header (VP9
// bitstream specification, section 6.2) if they are there.
func vp9Frame(b []byte, f *Facts) {
	r := bitReader{b: b}
	if r.bits(2) != 2 {
		return
	}
	profile := r.bits(1) | r.bits(1)<<1
	if profile == 3 {
		r.skip(1)
	}
	existing, delta := r.flag(), r.flag()
	r.skip(2)
	if existing || delta || r.bits(24) != 0x498342 {
		return
	}
	if profile >= 2 {
		r.skip(1)
	}
	const rgb = 7
	if r.bits(3) != rgb {
		r.skip(1)
		if profile&1 == 1 {
			r.skip(3)
		}
	} else if profile&1 == 1 {
		r.skip(1)
	}
	w, h := r.bits(16), r.bits(16)
	if !r.failed {
		// A dimension of 65536 does not fit and is as good as unknown.
		f.Width, f.Height = uint16(w+1), uint16(h+1)
	}
}

// AppendVP9 writes into prefix the start of the descriptor of payload b, whose
// facts are f, with another picture id (15 bits) and TL0PICIDX, and returns its
// length; the payload goes on at f.Descriptor. What the original lacks is not
// added. At most 5 bytes.
func AppendVP9(prefix *[12]byte, b []byte, f *Facts, pictureID uint16, tl0 uint8) uint8 {
	if f.Descriptor < 2 || int(f.Descriptor) > len(b) {
		return 0
	}
	prefix[0] = b[0]
	prefix[1] = 0x80 | byte(pictureID>>8)
	prefix[2] = byte(pictureID)
	if !f.Flags.Has(HasTL0) {
		return 3
	}
	prefix[3] = b[f.Descriptor-2]
	prefix[4] = tl0
	return 5
}
