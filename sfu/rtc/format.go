package rtc

import (
	"encoding/binary"

	"switchyard/sfu"
)

// slotFormat is what an offer may change of a slot. It is not changed once it is
// in use, but replaced, since the shard that seals may be another one.
type slotFormat struct {
	pt, rtxPT [8]uint8 // by sfu.Codec; 0: not on this line
	ext       extensionIDs
	mixed     bool
	mid       string

	// The header extension as nearly every packet has it, and where in a packet
	// the transport-wide number (0: none) and the audio level go.
	plain, leveled     []byte
	number, levelPlace int
}

func newSlotFormat(mid string, codecs []offeredCodec, ext extensionIDs, mixed bool) *slotFormat {
	f := &slotFormat{ext: ext, mixed: mixed, mid: mid}
	for _, c := range codecs {
		f.pt[c.codec], f.rtxPT[c.codec] = c.pt, c.rtx
	}
	f.plain, f.number, _ = f.appendExtensions(nil, &sfu.Outgoing{Packet: &sfu.Packet{}})
	f.leveled, _, f.levelPlace = f.appendExtensions(nil, &sfu.Outgoing{Packet: &sfu.Packet{HasLevel: true}})
	if f.number > 0 {
		f.number += fixedHeader
	}
	f.levelPlace += fixedHeader
	return f
}

// fixedHeader is the RTP header of everything sent, with one CSRC.
const fixedHeader = 16

// header writes the header extension of a packet behind the fixed header and
// returns where the payload begins, and where the transport-wide number goes (0:
// nowhere).
func (f *slotFormat) header(b []byte, out *sfu.Outgoing) (end, number int) {
	if len(out.Dependency) > 0 && f.ext[extDependency] != 0 {
		whole, at, _ := f.appendExtensions(b[:fixedHeader], out)
		return len(whole), at
	}
	if out.HasLevel && f.ext[extAudioLevel] != 0 {
		end = fixedHeader + copy(b[fixedHeader:], f.leveled)
		b[f.levelPlace] = out.Level
		return end, f.number
	}
	return fixedHeader + copy(b[fixedHeader:], f.plain), f.number
}

// appendExtensions writes the header extension: the mid always, so that a
// client can place every packet; the transport-wide number, left empty; the
// audio level; the dependency descriptor with the slot's own frame number.
// Elements longer than 16 bytes need the two-byte form (RFC 8285), which the
// whole extension then has.
func (f *slotFormat) appendExtensions(b []byte, out *sfu.Outgoing) (whole []byte, number, level int) {
	ext := &f.ext
	dependency := out.Dependency
	if ext[extDependency] == 0 || len(dependency) < 3 || len(dependency) > 255 {
		dependency = nil
	}
	long := len(dependency) > 16 || len(dependency) > 0 && ext[extDependency] > 14 || ext[extMid] > 14 || ext[extAudioLevel] > 14 || ext[extTransportCC] > 14
	if long && !f.mixed {
		dependency, long = nil, false
	}
	start := len(b)
	b = append(b, 0xBE, 0xDE, 0, 0)
	if long {
		b[start], b[start+1] = profileTwoByte>>8, profileTwoByte&0xff
	}
	if id := ext[extMid]; id != 0 {
		b = appendElement(b, id, len(f.mid), long)
		b = append(b, f.mid...)
	}
	if id := ext[extTransportCC]; id != 0 {
		b = appendElement(b, id, 2, long)
		number = len(b)
		b = append(b, 0, 0)
	}
	if id := ext[extAudioLevel]; id != 0 && out.HasLevel {
		b = appendElement(b, id, 1, long)
		level = len(b)
		b = append(b, out.Level)
	}
	if len(dependency) > 0 {
		b = appendElement(b, ext[extDependency], len(dependency), long)
		at := len(b)
		b = append(b, dependency...)
		binary.BigEndian.PutUint16(b[at+1:], out.FrameNumber)
	}
	for (len(b)-start)%4 != 0 {
		b = append(b, 0)
	}
	binary.BigEndian.PutUint16(b[start+2:], uint16((len(b)-start)/4-1))
	return b, number, level
}

func appendElement(b []byte, id uint8, size int, long bool) []byte {
	if long {
		return append(b, id, byte(size))
	}
	return append(b, id<<4|byte(size-1))
}
