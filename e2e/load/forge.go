package main

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"slices"
	"strings"
)

// garbageKind is one way to disturb a call.
type garbageKind struct {
	name, what string
	insider    bool                                        // from the publisher's own address, not from strangers'
	fill       func(t *target, b []byte, n int) (size int) // makes the nth packet in b
}

// garbageKinds are all there are.
var garbageKinds = []garbageKind{
	{"stun-forged", "STUN Binding requests to a live peer, with a wrong MESSAGE-INTEGRITY or none", false, func(t *target, b []byte, n int) int {
		return t.stun(b, t.ufrag+":"+t.other, n%2 == 0)
	}},
	{"stun-unknown", "STUN Binding requests to nobody", false, func(t *target, b []byte, n int) int {
		return t.stun(b, fmt.Sprintf("%016x:abcd", rand.Uint64()), true)
	}},
	{"dtls", "DTLS handshake records with a random body", false, (*target).dtls},
	{"rtp", "RTP of unknown SSRCs", false, func(t *target, b []byte, n int) int {
		return t.rtp(b, between(40, 1200))
	}},
	{"random", "random bytes", false, func(t *target, b []byte, n int) int {
		size := between(1, 1400)
		t.random(b[:size])
		return size
	}},
	{"inside-dtls", "DTLS handshake records, from the publisher's address", true, (*target).dtls},
	{"inside-wrong-key", "the publisher's packets with another tag, half of them with another number", true, func(t *target, b []byte, n int) int {
		size := t.genuine(b)
		t.random(b[size-16 : size])
		if n%2 == 0 {
			binary.BigEndian.PutUint16(b[2:], uint16(rand.Uint32()))
		}
		return size
	}},
	{"inside-unknown", "the publisher's packets with unknown SSRCs", true, func(t *target, b []byte, n int) int {
		size := t.genuine(b)
		binary.BigEndian.PutUint32(b[8:], rand.Uint32())
		return size
	}},
	{"inside-rtcp", "RTCP that nobody sealed, from the publisher's address", true, func(t *target, b []byte, n int) int {
		size := t.rtp(b, between(28, 200))
		b[1] = byte(between(200, 207))
		return size
	}},
	{"inside-truncated", "the publisher's packets cut to 1 to 12 bytes", true, func(t *target, b []byte, n int) int {
		t.genuine(b)
		return between(1, 12)
	}},
	{"inside-replayed", "the publisher's packets again", true, func(t *target, b []byte, n int) int {
		return t.genuine(b)
	}},
	{"inside-oversized", "the publisher's packets made 1,600 to 3,000 bytes long", true, func(t *target, b []byte, n int) int {
		size := between(1600, 3000)
		known := t.genuine(b)
		t.random(b[known:size])
		return size
	}},
}

// chooseKinds finds those that are named, separated by commas; none: all.
func chooseKinds(names string) ([]garbageKind, error) {
	if names == "" {
		return garbageKinds, nil
	}
	var chosen []garbageKind
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(garbageKinds, func(k garbageKind) bool { return k.name == name })
		if i < 0 {
			var all []string
			for _, k := range garbageKinds {
				all = append(all, k.name)
			}
			return nil, fmt.Errorf("-kinds: %q is none of %s", name, strings.Join(all, ", "))
		}
		chosen = append(chosen, garbageKinds[i])
	}
	return chosen, nil
}

// stun writes a Binding request as ICE has it (RFC 8445, section 7.2.2), with a
// right FINGERPRINT and, if signed, a random MESSAGE-INTEGRITY.
func (t *target) stun(b []byte, username string, signed bool) int {
	const header = 20
	n := header
	attribute := func(kind uint16, size int) []byte {
		binary.BigEndian.PutUint16(b[n:], kind)
		binary.BigEndian.PutUint16(b[n+2:], uint16(size))
		value := b[n+4 : n+4+size]
		n += 4 + (size+3)&^3
		return value
	}
	copy(attribute(0x0006, len(username)), username)        // USERNAME
	binary.BigEndian.PutUint32(attribute(0x0024, 4), 1<<30) // PRIORITY
	t.random(attribute(0x802A, 8))                          // ICE-CONTROLLING
	if signed {
		t.random(attribute(0x0008, 20)) // MESSAGE-INTEGRITY
	}
	binary.BigEndian.PutUint16(b, 0x0001)
	binary.BigEndian.PutUint16(b[2:], uint16(n+8-header))
	binary.BigEndian.PutUint32(b[4:], 0x2112A442)
	t.random(b[8:header])
	sum := crc32.ChecksumIEEE(b[:n]) ^ 0x5354554E
	binary.BigEndian.PutUint32(attribute(0x8028, 4), sum) // FINGERPRINT
	return n
}

// dtls writes a handshake record of epoch 0 (RFC 6347, section 4.1).
func (t *target) dtls(b []byte, _ int) int {
	const header = 13
	size := header + between(12, 500)
	t.random(b[:size])
	copy(b, []byte{22, 0xFE, 0xFD, 0, 0})
	binary.BigEndian.PutUint16(b[11:], uint16(size-header))
	return size
}

// rtp writes a header without meaning.
func (t *target) rtp(b []byte, size int) int {
	t.random(b[:size])
	b[0], b[1] = 0x80, []byte{96, 111}[rand.IntN(2)]
	return size
}
