// Package payloadtest makes RTP payloads for tests: of pictures and sound that
// are made up but described exactly as real ones are, and of real encoded
// frames.
package payloadtest

import "encoding/binary"

// Packet is what one RTP packet carries.
type Packet struct {
	Payload    []byte
	Dependency []byte // AV1 dependency descriptor, or nil
	Timestamp  uint32
	Marker     bool
}

// Stream is one encoder. Set the fields before the first call of Frame.
type Stream struct {
	Codec    string // opus, vp8, vp9, h264, av1
	Tag      uint32 // is in every payload made up, so that streams can be told apart
	Temporal int    // layers, 1 to 3 (vp8, vp9, av1); 0 is 1
	Spatial  int    // layers, 1 to 3 (vp9); 0 is 1
	Packets  int    // of every frame made up, at least 1; 0 is 1
	// Wide picture ids have 15 bits, others 7 (vp8, vp9).
	Wide   bool
	Width  int // of the picture, 0 is 320
	Height int // 0 is 180

	PictureID uint16 // of the next picture
	TL0       uint8  // of the last one of the lowest temporal layer
	Number    uint16 // AV1 frame number of the next picture
	Timestamp uint32 // of the next picture
	Step      uint32 // between two; 0 is 3000, 960 for opus

	count  uint32 // pictures so far
	period int    // place in the temporal pattern
}

// patterns are the temporal layers of successive pictures.
var patterns = [][]uint8{{0}, {0, 1}, {0, 2, 1, 2}}

// place is one picture's in its stream.
type place struct {
	key      bool
	temporal uint8
	sync     bool // needs only the lowest temporal layer
}

// Frame makes up the next picture, or the next packet of sound.
func (s *Stream) Frame(key bool) []Packet {
	at := s.next(key)
	var list []Packet
	layers := 1
	if s.Codec == "vp9" {
		layers = max(s.Spatial, 1)
	}
	for spatial := range layers {
		count := max(s.Packets, 1)
		for i := range count {
			body := binary.BigEndian.AppendUint32(nil, s.Tag)
			body = binary.BigEndian.AppendUint32(body, s.count)
			body = append(body, byte(spatial), byte(i))
			list = append(list, s.describe(at, uint8(spatial), i == 0, i == count-1, body))
		}
	}
	return s.finish(list)
}

// Encoded cuts a real encoded frame of a stream with one layer into packets of
// at most mtu bytes: VP8 and VP9 frames, H.264 access units in Annex B, AV1
// temporal units.
func (s *Stream) Encoded(frame []byte, key bool, mtu int) []Packet {
	at := s.next(key)
	var list []Packet
	switch s.Codec {
	case "h264":
		list = packetizeH264(frame, mtu)
	case "av1":
		list = s.packetizeAV1(at, frame, mtu)
	default:
		for rest := frame; len(rest) > 0; {
			n := min(len(rest), mtu-20)
			list = append(list, s.describe(at, 0, len(rest) == len(frame), n == len(rest), rest[:n]))
			rest = rest[n:]
		}
	}
	return s.finish(list)
}

func (s *Stream) next(key bool) place {
	pattern := patterns[max(s.Temporal, 1)-1]
	if key || s.count == 0 {
		s.period = 0
		key = true
	}
	at := place{key: key, temporal: pattern[s.period%len(pattern)]}
	at.sync = at.temporal > 0 && s.period%len(pattern) != 3
	s.period++
	if at.temporal == 0 {
		s.TL0++
	}
	return at
}

// describe puts the descriptor of a codec before what a packet carries.
func (s *Stream) describe(at place, spatial uint8, first, last bool, body []byte) Packet {
	switch s.Codec {
	case "opus":
		return Packet{Payload: append([]byte{0x78}, body...)}
	case "vp8":
		return Packet{Payload: s.vp8(at, first, body)}
	case "vp9":
		return Packet{Payload: s.vp9(at, spatial, first, last, body)}
	case "h264":
		return Packet{Payload: h264(at, first, last, body)}
	case "av1":
		return s.av1(at, first, last, body)
	}
	panic("payloadtest: no codec " + s.Codec)
}

// finish gives the packets of a picture their timestamp and its end.
func (s *Stream) finish(list []Packet) []Packet {
	for i := range list {
		list[i].Timestamp = s.Timestamp
	}
	list[len(list)-1].Marker = s.Codec != "opus" || s.count == 0
	step := s.Step
	if step == 0 {
		step = 3000
		if s.Codec == "opus" {
			step = 960
		}
	}
	s.Timestamp += step
	s.count++
	s.Number++
	s.PictureID++
	if s.PictureID &= 0x7FFF; !s.Wide {
		s.PictureID &= 0x7F
	}
	return list
}

func (s *Stream) size() (w, h int) {
	if s.Width == 0 {
		return 320, 180
	}
	return s.Width, s.Height
}
