package sfutest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"switchyard/internal/payload"
	"switchyard/sfu"
)

// Frame is a picture put together from packets.
type Frame struct {
	Codec     sfu.Codec
	CSRC      uint32
	Timestamp uint32
	Key       bool
	Data      []byte // as in Clip.Frames
}

// Assembler puts the packets of one slot together as a receiver does: complete
// frames only, each of which can be decoded with those before it.
type Assembler struct {
	packets map[int64]Received
	lowest  int64
	highest int64
}

// NewAssembler makes an empty one.
func NewAssembler() *Assembler { return &Assembler{packets: make(map[int64]Received)} }

// Push takes a packet, in any order. A sequence number that comes twice with
// different content is an error.
func (a *Assembler) Push(p Received) error {
	if len(a.packets) == 0 {
		a.highest = 1<<16 + int64(p.Sequence)
		a.lowest = a.highest
	}
	n := a.highest + int64(int16(p.Sequence-uint16(a.highest)))
	if before, ok := a.packets[n]; ok {
		if !bytes.Equal(before.Payload, p.Payload) || before.Timestamp != p.Timestamp || before.CSRC != p.CSRC || before.Marker != p.Marker {
			return fmt.Errorf("sequence number %d holds two different packets", p.Sequence)
		}
		return nil
	}
	a.packets[n] = p
	a.highest, a.lowest = max(a.highest, n), min(a.lowest, n)
	return nil
}

// Missing lists up to limit sequence numbers that have not come, newest first,
// among the last span numbers.
func (a *Assembler) Missing(span, limit int) []uint16 {
	var list []uint16
	for n := a.highest - 1; n > max(a.lowest, a.highest-int64(span)) && len(list) < limit; n-- {
		if _, ok := a.packets[n]; !ok {
			list = append(list, uint16(n))
		}
	}
	return list
}

// Frames are those that are complete and can be decoded, and the number of
// those that can't. A frame that ends early, since the slot switched away from it
// or it is the last one, counts as neither.
func (a *Assembler) Frames() (frames []Frame, lost int, err error) {
	numbers := make([]int64, 0, len(a.packets))
	for n := range a.packets {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	broken := true // until a keyframe
	for i := 0; i < len(numbers); {
		k := i + 1
		first := a.packets[numbers[i]]
		for k < len(numbers) && a.packets[numbers[k]].Timestamp == first.Timestamp && !a.packets[numbers[k-1]].Marker {
			k++
		}
		group := make([]Received, 0, k-i)
		for _, n := range numbers[i:k] {
			if p := a.packets[n]; len(p.Payload) > 0 {
				group = append(group, p)
			}
		}
		whole := numbers[k-1]-numbers[i] == int64(k-1-i) && (i == 0 || numbers[i-1] == numbers[i]-1)
		ended := a.packets[numbers[k-1]].Marker
		cut := whole && !ended && (k == len(numbers) || startsFrame(a.packets[numbers[k]]))
		i = k
		if len(group) == 0 || cut {
			continue
		}
		frame, err := join(group)
		if err != nil && whole && ended {
			return nil, 0, fmt.Errorf("frame at sequence number %d: %w", first.Sequence, err)
		}
		switch {
		case err != nil || !whole && !startsFrame(group[0]) || !ended || numbers[k-1]-numbers[k-len(group)] != int64(len(group)-1):
			broken = true
			lost++
		case frame.Key || whole && !broken:
			broken = false
			frames = append(frames, frame)
		default:
			broken = true
			lost++
		}
	}
	return frames, lost, nil
}

// startsFrame reports whether a frame that needs no other starts with the packet.
func startsFrame(p Received) bool {
	f, _ := facts(p)
	return f.Flags.Has(payload.KeyframeStart)
}

// facts reads a packet's descriptor.
func facts(p Received) (f payload.Facts, ok bool) {
	switch p.Codec {
	case sfu.VP8:
		ok = payload.VP8(p.Payload, &f)
	case sfu.VP9:
		ok = payload.VP9(p.Payload, &f)
	case sfu.H264:
		ok = payload.H264(p.Payload, &f)
	case sfu.AV1:
		ok = payload.AV1(p.Payload, nil, nil, &f)
	}
	return f, ok
}

// join makes a frame of its packets.
func join(group []Received) (Frame, error) {
	frame := Frame{Codec: group[0].Codec, CSRC: group[0].CSRC, Timestamp: group[0].Timestamp, Key: startsFrame(group[0])}
	var obus [][]byte
	for _, p := range group {
		if p.Codec != frame.Codec || p.CSRC != frame.CSRC {
			return frame, errors.New("packets of different publications in one frame")
		}
		var err error
		switch frame.Codec {
		case sfu.VP8, sfu.VP9:
			var size int
			if size, err = descriptorSize(p); err == nil {
				frame.Data = append(frame.Data, p.Payload[size:]...)
			}
		case sfu.H264:
			frame.Data, err = appendUnits(frame.Data, p.Payload)
		case sfu.AV1:
			obus, err = appendOBUs(obus, p.Payload)
		default:
			err = fmt.Errorf("%v has no frames", frame.Codec)
		}
		if err != nil {
			return frame, err
		}
	}
	if frame.Codec == sfu.AV1 {
		frame.Data = []byte{0x12, 0} // a temporal delimiter
		for _, obu := range obus {
			header := 1
			if len(obu) > 0 && obu[0]&4 != 0 {
				header = 2 // with an extension
			}
			if len(obu) < header {
				return frame, errors.New("an OBU is cut short")
			}
			frame.Data = append(frame.Data, obu[0]|2)
			frame.Data = append(frame.Data, obu[1:header]...)
			frame.Data = binary.AppendUvarint(frame.Data, uint64(len(obu)-header))
			frame.Data = append(frame.Data, obu[header:]...)
		}
	}
	return frame, nil
}

// descriptorSize is the length of a VP8 or VP9 descriptor, read once more and
// in another way than package payload does it.
func descriptorSize(p Received) (int, error) {
	b, n := p.Payload, 1
	pictureID := func() {
		if n < len(b) && b[n]&0x80 != 0 {
			n++
		}
		n++
	}
	if p.Codec == sfu.VP8 {
		if b[0]&0x80 == 0 {
			return n, nil
		}
		n++
		if len(b) < 2 {
			return 0, errors.New("a VP8 descriptor is cut short")
		}
		if b[1]&0x80 != 0 {
			pictureID()
		}
		if b[1]&0x40 != 0 {
			n++
		}
		if b[1]&0x30 != 0 {
			n++
		}
	} else {
		if b[0]&0x80 != 0 {
			pictureID()
		}
		if b[0]&0x20 != 0 {
			n += 2
		}
		if b[0]&0x02 != 0 && n < len(b) {
			n += 1 + 4*(1+int(b[n]>>5))*int(b[n]>>4&1)
		}
	}
	if n >= len(b) {
		return 0, errors.New("a descriptor is cut short")
	}
	return n, nil
}

// appendUnits adds the NAL units, or the part of one, that a packet holds.
func appendUnits(dst, b []byte) ([]byte, error) {
	code := []byte{0, 0, 0, 1}
	switch kind := b[0] & 0x1F; {
	case kind < 24:
		return append(append(dst, code...), b...), nil
	case kind == 24:
		for b = b[1:]; len(b) > 0; {
			if len(b) < 2 || len(b) < 2+int(binary.BigEndian.Uint16(b)) {
				return nil, errors.New("an aggregate is cut short")
			}
			size := int(binary.BigEndian.Uint16(b))
			dst = append(append(dst, code...), b[2:2+size]...)
			b = b[2+size:]
		}
		return dst, nil
	case kind == 28 && len(b) > 2:
		if b[1]&0x80 != 0 {
			dst = append(append(dst, code...), b[0]&0xE0|b[1]&0x1F)
		}
		return append(dst, b[2:]...), nil
	}
	return nil, fmt.Errorf("NAL unit type %d in packetization-mode 1", b[0]&0x1F)
}

// appendOBUs adds the elements of an AV1 payload, joining fragments.
func appendOBUs(obus [][]byte, b []byte) ([][]byte, error) {
	header, rest := b[0], b[1:]
	count := int(header >> 4 & 3)
	for i := 1; len(rest) > 0; i++ {
		size := len(rest)
		if i != count {
			v, n := binary.Uvarint(rest)
			if n <= 0 || v > uint64(len(rest)-n) {
				return nil, errors.New("an OBU element is cut short")
			}
			size, rest = int(v), rest[n:]
		}
		if i == 1 && header&0x80 != 0 {
			if len(obus) == 0 {
				return nil, errors.New("an OBU has no beginning")
			}
			obus[len(obus)-1] = append(obus[len(obus)-1], rest[:size]...)
		} else {
			obus = append(obus, bytes.Clone(rest[:size]))
		}
		rest = rest[size:]
	}
	return obus, nil
}

// fourCC is how IVF calls codecs.
var fourCC = map[sfu.Codec]string{sfu.VP8: "VP80", sfu.VP9: "VP90", sfu.AV1: "AV01"}

// Dump writes frames of one codec as a file that ffmpeg reads: IVF, or Annex B
// for H.264.
func Dump(codec sfu.Codec, frames []Frame) []byte {
	var b []byte
	if codec != sfu.H264 {
		b = append(b, "DKIF\x00\x00\x20\x00"+fourCC[codec]...)
		b = binary.LittleEndian.AppendUint16(b, 160)
		b = binary.LittleEndian.AppendUint16(b, 90)
		b = binary.LittleEndian.AppendUint32(b, 30)
		b = binary.LittleEndian.AppendUint32(b, 1)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(frames)))
		b = append(b, 0, 0, 0, 0)
	}
	for i, frame := range frames {
		if codec != sfu.H264 {
			b = binary.LittleEndian.AppendUint32(b, uint32(len(frame.Data)))
			b = binary.LittleEndian.AppendUint64(b, uint64(i))
		}
		b = append(b, frame.Data...)
	}
	return b
}
