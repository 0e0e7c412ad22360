package main

import (
	"fmt"

	"github.com/pion/webrtc/v4"
)

// maxHurry is how often a client is hurried.
const maxHurry = 8

// hurry makes pion nominate a pair as soon as it is checked, as browsers do. By
// itself it looks at its pairs every 200 ms, and at once only when it hears of
// one more candidate: each response to a check brings it one, of a port where
// nobody listens. It ends when the client is connected or closed.
func (c *client) hurry() {
	line := uint16(0)
	for i := range maxHurry {
		select {
		case <-c.connected:
			return
		case <-c.closed:
			return
		case <-c.checked:
		}
		nobody := fmt.Sprintf("candidate:nobody%d 1 udp %d 127.0.0.1 %d typ host", i, i+1, 9+i)
		if c.pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: nobody, SDPMLineIndex: &line}) != nil {
			return
		}
	}
}

// sawChecked looks for a response to a connectivity check among what comes in.
func (c *client) sawChecked(b []byte) {
	if len(b) >= 20 && b[0] == 0x01 && b[1] == 0x01 { // Binding success (RFC 8489)
		select {
		case c.checked <- struct{}{}:
		default:
		}
	}
}
