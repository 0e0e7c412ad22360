package main

import (
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
)

// A payload begins as the codec demands and goes on with
//
//	counter(4) sent(8) filling crc32(4)
//
// so that a receiver can tell what it got, when it left, and that it is whole.
// The checksum covers all after the start.

// starts are the first bytes: an Opus TOC, and a VP8 keyframe of 640 by 360 in
// one packet, so that a receiver can begin anywhere.
var starts = map[string][]byte{
	"audio": {0xFC},
	"video": {0x10, 0x10, 0x02, 0x00, 0x9D, 0x01, 0x2A, 0x80, 0x02, 0x68, 0x01},
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// blank is a payload of size bytes without counter and time.
func blank(kind string, size int) []byte {
	b := make([]byte, size)
	for i := copy(b, starts[kind]); i < len(b); i++ {
		b[i] = byte(rand.Uint32())
	}
	return b
}

// mark writes counter and time into a blank payload.
func mark(b []byte, kind string, counter uint32, sent int64) {
	body := b[len(starts[kind]):]
	binary.BigEndian.PutUint32(body, counter)
	binary.BigEndian.PutUint64(body[4:], uint64(sent))
	end := len(body) - 4
	binary.BigEndian.PutUint32(body[end:], crc32.Checksum(body[:end], castagnoli))
}

// unmark reads a payload back; false: it is not whole.
func unmark(b []byte, kind string) (counter uint32, sent int64, whole bool) {
	skip := len(starts[kind])
	if len(b) < skip+16 {
		return 0, 0, false
	}
	body := b[skip:]
	end := len(body) - 4
	return binary.BigEndian.Uint32(body), int64(binary.BigEndian.Uint64(body[4:])),
		binary.BigEndian.Uint32(body[end:]) == crc32.Checksum(body[:end], castagnoli)
}
