package main

import (
	"encoding/binary"
	"sync"
)

// maxArrivals is how many packets may be between the socket and their reader.
const maxArrivals = 1 << 14

// arrivals remembers when the kernel received each RTP packet, so that a delay
// holds the server's part and not the wait for a busy driver.
type arrivals struct {
	mu sync.Mutex
	at map[uint64]int64 // by SSRC and sequence number; nil: nothing is kept
}

// note is a socket's arrived.
func (a *arrivals) note(b []byte, at int64) {
	if !isRTP(b) {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.at) >= maxArrivals {
		clear(a.at)
	}
	a.at[uint64(binary.BigEndian.Uint32(b[8:]))<<16|uint64(binary.BigEndian.Uint16(b[2:]))] = at
}

// take returns and forgets a time; 0: it was not noted.
func (a *arrivals) take(ssrc uint32, sequence uint16) int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := uint64(ssrc)<<16 | uint64(sequence)
	at := a.at[key]
	delete(a.at, key)
	return at
}

// isRTP tells RTP from RTCP, STUN and DTLS on one port (RFC 7983, RFC 5761).
func isRTP(b []byte) bool {
	return len(b) >= 12 && b[0]>>6 == 2 && (b[1] < 192 || b[1] > 223)
}
