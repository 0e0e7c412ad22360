package payloadtest

import "encoding/binary"

func (s *Stream) pictureID(b []byte) []byte {
	if s.Wide {
		return append(b, 0x80|byte(s.PictureID>>8), byte(s.PictureID))
	}
	return append(b, byte(s.PictureID))
}

// vp8 writes a payload of RFC 7741. A real frame begins with its own header.
func (s *Stream) vp8(at place, first bool, body []byte) []byte {
	b := []byte{0x80, 0x80}
	if first {
		b[0] |= 0x10
	}
	if at.temporal > 0 && at.temporal == uint8(s.Temporal-1) {
		b[0] |= 0x20
	}
	if s.Temporal > 1 {
		b[1] |= 0x60
	}
	b = s.pictureID(b)
	if s.Temporal > 1 {
		y := byte(0)
		if at.sync || at.key {
			y = 0x20
		}
		b = append(b, s.TL0, at.temporal<<6|y)
	}
	if s.madeUp(body) && first {
		b = append(b, frameHeaderVP8(at.key, s)...)
	}
	return append(b, body...)
}

func frameHeaderVP8(key bool, s *Stream) []byte {
	if !key {
		return []byte{0x11, 0, 0}
	}
	w, h := s.size()
	return []byte{0x10, 0, 0, 0x9D, 0x01, 0x2A, byte(w), byte(w >> 8), byte(h), byte(h >> 8)}
}

// madeUp reports whether the body is one that Frame made.
func (s *Stream) madeUp(body []byte) bool {
	return len(body) == 10 && binary.BigEndian.Uint32(body) == s.Tag
}

// vp9 writes a payload of RFC 9628 in non-flexible mode.
func (s *Stream) vp9(at place, spatial uint8, first, last bool, body []byte) []byte {
	b := []byte{0xA0}
	if !at.key {
		b[0] |= 0x40
	}
	if first {
		b[0] |= 0x08
	}
	if last {
		b[0] |= 0x04
	}
	structure := at.key && first && spatial == 0
	if structure {
		b[0] |= 0x02
	}
	b = s.pictureID(b)
	layer := at.temporal<<5 | spatial<<1
	if at.sync || at.key {
		layer |= 0x10
	}
	if spatial > 0 {
		layer |= 1
	}
	b = append(b, layer, s.TL0)
	if structure {
		layers := max(s.Spatial, 1)
		b = append(b, byte(layers-1)<<5|0x10)
		w, h := s.size()
		for i := range layers {
			down := layers - 1 - i
			b = binary.BigEndian.AppendUint16(b, uint16(w>>down))
			b = binary.BigEndian.AppendUint16(b, uint16(h>>down))
		}
	}
	if s.madeUp(body) && first {
		header := byte(0x80)
		if !at.key {
			header = 0x84
		}
		b = append(b, header)
	}
	return append(b, body...)
}

var (
	sps = []byte{0x67, 0x42, 0xC0, 0x1F, 0xDA, 0x01, 0x40, 0x16, 0xE8, 0x06, 0xD0, 0xA1, 0x35} // 1280 by 720
	pps = []byte{0x68, 0xCE, 0x3C, 0x80}
)

// h264 writes a payload of RFC 6184: of a keyframe the first packet has the
// parameters, with the whole picture if it is the only one.
func h264(at place, first, last bool, body []byte) []byte {
	kind := byte(0x61)
	if at.key {
		kind = 0x65
	}
	switch {
	case at.key && first:
		if !last {
			kind = 6 // nothing of the picture yet, but the body must be somewhere
		}
		return stapA(sps, pps, append([]byte{kind}, body...))
	case first && last:
		return append([]byte{kind}, body...)
	}
	b := []byte{kind&0xE0 | 28, kind & 0x1F}
	if first {
		b[1] |= 0x80
	}
	if last {
		b[1] |= 0x40
	}
	return append(b, body...)
}

func stapA(units ...[]byte) []byte {
	b := []byte{0x78}
	for _, unit := range units {
		b = binary.BigEndian.AppendUint16(b, uint16(len(unit)))
		b = append(b, unit...)
	}
	return b
}

// av1 writes a payload of the AV1 RTP specification and its descriptor.
func (s *Stream) av1(at place, first, last bool, body []byte) Packet {
	header := byte(0x10) // one OBU element
	if !first {
		header |= 0x80
	}
	if !last {
		header |= 0x40
	}
	b := []byte{header}
	if first {
		if at.key {
			b[0] |= 0x08
		}
		b = append(b, 0x30) // a frame OBU
	}
	return Packet{Payload: append(b, body...), Dependency: s.dependency(at, first, last)}
}
