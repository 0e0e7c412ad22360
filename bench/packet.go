package main

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"time"
)

// What the publisher's offer says of its packets.
const (
	mediaMid      = "0"
	mediaType     = 96 // VP8
	repairType    = 97
	mediaSSRC     = 0x5359424e
	midID         = 1 // header extension ids
	transportCCID = 4
)

// Where things are in a packet: a VP8 payload descriptor with a picture id (RFC
// 7741 section 4.2), as much of a VP8 frame header as a keyframe has, and then
// the benchmark's own record, with a checksum at the end.
const (
	headerSize     = rtpHeader + 12 // with the extensions mid and transport-wide-cc
	descriptorSize = 4
	recordAt       = descriptorSize + 12 // in the payload
	recordSize     = 16
	checksumSize   = 4
	minPayload     = recordAt + recordSize + checksumSize
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// picture is the publisher's place in its stream.
type picture struct {
	sequence  uint16
	timestamp uint32
	number    uint16 // of the picture, 15 bits
	key       bool
	first     bool   // the packet begins the picture
	last      bool   // the packet ends it
	index     uint64 // of the packet, over all of the stream
}

// write makes the plain packet in b, which is as long as the packet is to be.
func (p *picture) write(b []byte, now time.Time) {
	b[0], b[1] = 0x90, mediaType
	if p.last {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], p.sequence)
	binary.BigEndian.PutUint32(b[4:], p.timestamp)
	binary.BigEndian.PutUint32(b[8:], mediaSSRC)
	copy(b[12:], []byte{0xBE, 0xDE, 0, 2, midID << 4, mediaMid[0], transportCCID<<4 | 1, b[2], b[3], 0, 0, 0})

	v := b[headerSize:]
	copy(v, []byte{0x80, 0x80, 0x80 | byte(p.number>>8), byte(p.number), 0x11, 0, 0})
	if p.first {
		v[0] |= 0x10
	}
	if p.first && p.key {
		const width, height = 1280, 720
		v[4] = 0x10
		copy(v[7:], []byte{0x9d, 0x01, 0x2a})
		binary.LittleEndian.PutUint16(v[10:], width)
		binary.LittleEndian.PutUint16(v[12:], height)
	}
	binary.BigEndian.PutUint64(v[recordAt:], p.index)
	binary.BigEndian.PutUint64(v[recordAt+8:], uint64(now.UnixNano()))
	end := len(v) - checksumSize
	binary.BigEndian.PutUint32(v[end:], crc32.Checksum(v[recordAt:end], castagnoli))
}

var errDamaged = errors.New("not a packet of the publisher's, or damaged")

// readRecord checks a payload and reads the record in it.
func readRecord(payload []byte) (index uint64, sent time.Time, err error) {
	if len(payload) < minPayload {
		return 0, time.Time{}, errDamaged
	}
	end := len(payload) - checksumSize
	if crc32.Checksum(payload[recordAt:end], castagnoli) != binary.BigEndian.Uint32(payload[end:]) {
		return 0, time.Time{}, errDamaged
	}
	index = binary.BigEndian.Uint64(payload[recordAt:])
	sent = time.Unix(0, int64(binary.BigEndian.Uint64(payload[recordAt+8:])))
	return index, sent, nil
}
