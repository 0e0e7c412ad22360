package main

import (
	"errors"
	"math/rand/v2"
	"strings"
	"sync"

	"github.com/pion/webrtc/v4"
)

// maxCaptured is how many sealed packets are kept for replaying.
const maxCaptured = 1024

// target is what somebody who wants to disturb a call knows: the media port,
// the credentials in sight, and what the publisher has sent.
type target struct {
	port         int
	ufrag, other string  // the server's and the publisher's
	insider      *socket // the publisher's own
	noise        [1 << 16]byte

	mu       sync.Mutex
	captured [][]byte // the newest, in no order
	next     int
}

// target listens to the publisher of the call from now on.
func (c *call) target(s *server) (*target, error) {
	t := &target{port: s.media, insider: c.publisher.sock,
		ufrag: ufragOf(c.publisher.pc.RemoteDescription()), other: ufragOf(c.publisher.pc.LocalDescription())}
	if t.ufrag == "" || t.other == "" {
		return nil, errors.New("the publisher's descriptions have no ice-ufrag")
	}
	for i := range t.noise {
		t.noise[i] = byte(rand.Uint32())
	}
	capture := func(b []byte) bool {
		if isRTP(b) {
			t.capture(b)
		}
		return true
	}
	c.publisher.sock.outgoing.Store(&capture)
	return t, nil
}

func ufragOf(d *webrtc.SessionDescription) string {
	for line := range strings.Lines(d.SDP) {
		if ufrag, found := strings.CutPrefix(line, "a=ice-ufrag:"); found {
			return strings.TrimSpace(ufrag)
		}
	}
	return ""
}

func (t *target) capture(b []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.captured) < maxCaptured {
		t.captured = append(t.captured, append([]byte(nil), b...))
		return
	}
	t.captured[t.next] = append(t.captured[t.next][:0], b...)
	t.next = (t.next + 1) % maxCaptured
}

// genuine copies a packet of the publisher's into b.
func (t *target) genuine(b []byte) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.captured) == 0 {
		return copy(b, t.noise[:64])
	}
	return copy(b, t.captured[rand.IntN(len(t.captured))])
}

// random fills b.
func (t *target) random(b []byte) {
	copy(b, t.noise[rand.IntN(len(t.noise)-len(b)):])
}

// between is from low to high, both included.
func between(low, high int) int { return low + rand.IntN(high-low+1) }
