package payload

// opusFrame is the length of a frame in 48 kHz samples by the top five bits of
// the first byte (RFC 6716, table 2).
var opusFrame = [32]uint16{
	480, 960, 1920, 2880, 480, 960, 1920, 2880, 480, 960, 1920, 2880, // SILK
	480, 960, 480, 960, // hybrid
	120, 240, 480, 960, 120, 240, 480, 960, 120, 240, 480, 960, 120, 240, 480, 960, // CELT
}

// opusLongest is the most sound that a packet holds, 120 ms.
const opusLongest = 5760

// Opus reads a payload of RFC 7587 into f, which must be zero. Each packet
// stands alone.
func Opus(b []byte, f *Facts) bool {
	if len(b) == 0 {
		return false
	}
	frames := uint16(1)
	switch b[0] & 3 {
	case 1, 2:
		frames = 2
	case 3:
		if len(b) < 2 {
			return false
		}
		frames = uint16(b[1] & 0x3F)
	}
	f.Flags |= KeyframeStart | FrameStart | FrameEnd
	f.Duration = min(frames*opusFrame[b[0]>>3], opusLongest)
	return true
}
