package payload

// The bits of a VP8 payload descriptor (RFC 7741, section 4.2).
const (
	vp8Extended     = 0x80 // X
	vp8NonReference = 0x20 // N
	vp8Start        = 0x10 // S
	vp8Partition    = 0x07 // PID

	vp8HasPictureID = 0x80 // I
	vp8HasTL0       = 0x40 // L
	vp8HasTID       = 0x20 // T
	vp8HasKeyIndex  = 0x10 // K
)

// VP8 reads a payload of RFC 7741 into f, which must be zero. It says false if
// the payload is cut short.
func VP8(b []byte, f *Facts) bool {
	if len(b) < 2 {
		return false
	}
	first, n := b[0], 1
	if first&vp8Extended != 0 {
		ext := b[1]
		n = 2
		if ext&vp8HasPictureID != 0 {
			if n >= len(b) {
				return false
			}
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
		}
		if ext&vp8HasTL0 != 0 {
			if n >= len(b) {
				return false
			}
			f.Flags |= HasTL0
			f.TL0 = b[n]
			n++
		}
		if ext&(vp8HasTID|vp8HasKeyIndex) != 0 {
			if n >= len(b) {
				return false
			}
			if ext&vp8HasTID != 0 {
				f.Temporal = b[n] >> 6
				if b[n]&0x20 != 0 {
					f.Flags |= TemporalSync
				}
			}
			n++
		}
	}
	if n >= len(b) {
		return false
	}
	if f.Flags&(HasPictureID|HasTL0) != 0 {
		f.Descriptor = uint8(n)
	}
	if first&vp8NonReference != 0 {
		f.Flags |= Discardable
	}
	if first&vp8Start != 0 && first&vp8Partition == 0 {
		f.Flags |= FrameStart
		vp8Frame(b[n:], f)
	}
	return true
}

// vp8Frame reads the start of a frame (RFC 6386, section 9.1).
func vp8Frame(b []byte, f *Facts) {
	if b[0]&1 != 0 {
		return
	}
	if len(b) >= 6 && (b[3] != 0x9D || b[4] != 0x01 || b[5] != 0x2A) {
		return
	}
	f.Flags |= KeyframeStart
	if len(b) >= 10 {
		f.Width = uint16(b[6]) | uint16(b[7]&0x3F)<<8
		f.Height = uint16(b[8]) | uint16(b[9]&0x3F)<<8
	}
}

// AppendVP8 writes into prefix the descriptor of payload b, whose facts are f,
// with another picture id (15 bits) and TL0PICIDX, and returns its length; the
// payload goes on at f.Descriptor. What the original lacks is not added. A
// descriptor has at most 6 bytes.
func AppendVP8(prefix *[12]byte, b []byte, f *Facts, pictureID uint16, tl0 uint8) uint8 {
	if f.Descriptor < 3 || int(f.Descriptor) > len(b) {
		return 0
	}
	prefix[0], prefix[1] = b[0], b[1]
	n := uint8(2)
	if f.Flags.Has(HasPictureID) {
		prefix[n] = 0x80 | byte(pictureID>>8)
		prefix[n+1] = byte(pictureID)
		n += 2
	}
	if f.Flags.Has(HasTL0) {
		prefix[n] = tl0
		n++
	}
	if b[1]&(vp8HasTID|vp8HasKeyIndex) != 0 {
		prefix[n] = b[f.Descriptor-1]
		n++
	}
	return n
}
