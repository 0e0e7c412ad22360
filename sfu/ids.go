package sfu

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"strings"
)

// RoomID is the opaque key of a room, chosen by whoever opens it. Tenants,
// names and numbers are resolved before sfu sees them.
type RoomID string

// InstanceID names one occurrence of a room, from its first participant until
// it has been empty for Config.EmptyRoom. Random, 128 bits.
type InstanceID string

// ParticipantID names one member of one room. Random, 128 bits.
type ParticipantID string

// PublicationID names a publication. Random, 128 bits; it is kept when the
// same track is published again after a reload.
type PublicationID string

var idEncoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// randomID returns 128 random bits as 26 characters.
func randomID() string {
	var b [16]byte
	rand.Read(b[:])
	return idEncoding.EncodeToString(b[:])
}

// randomNumber returns a random 32-bit number that is not zero.
func randomNumber() uint32 {
	var b [4]byte
	for {
		rand.Read(b[:])
		if n := binary.BigEndian.Uint32(b[:]); n != 0 {
			return n
		}
	}
}

// cleanText cuts s to at most limit bytes at a character boundary and drops
// control characters, so that a name can be logged and shown.
func cleanText(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return -1
		}
		return r
	}, s)
	for len(s) > limit {
		cut := limit
		for cut > 0 && s[cut]&0xC0 == 0x80 {
			cut--
		}
		s = s[:cut]
	}
	return s
}
