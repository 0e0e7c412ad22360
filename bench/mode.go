package main

import (
	"context"
	"fmt"
	"time"

	"github.com/pion/dtls/v3"
)

// mode is a server under test with its audience.
type mode struct {
	kind      string
	gso       bool
	profile   dtls.SRTPProtectionProfile // of a floor: none, it is always gcm
	receivers int
	first     bool // the viewer that checks is the first to be served, not one in the middle
}

// checks is which of the viewers checks. The order of joining is that of being
// served.
func (m mode) checks() int {
	if m.first {
		return 0
	}
	return m.receivers / 2
}

const (
	gcm = dtls.SRTP_AEAD_AES_128_GCM
	cm  = dtls.SRTP_AES128_CM_HMAC_SHA1_80
)

func (m mode) String() string {
	s := m.kind + " gcm"
	if m.profile == cm {
		s = m.kind + " cm"
	}
	if m.gso {
		s += " gso"
	}
	s = fmt.Sprintf("%s to %d", s, m.receivers)
	if m.first {
		s += ", seen by the first"
	}
	return s
}

func (m mode) setup() setup { return setup{Kind: m.kind, GSO: m.gso} }

// place is where a mode is measured.
type place interface {
	window(l load, length time.Duration) (sample, error)
	clock() int32 // of the server's CPU time
	close() error
}

// open starts the server on a core and connects its audience.
func (m mode) open(ctx context.Context, core int) (place, error) {
	if m.kind == kindFloor {
		return openFloor(core, m)
	}
	return openHouse(ctx, core, m)
}
