package main

import (
	"time"

	"github.com/pion/dtls/v3"
)

// The kinds of child. All but the publisher are servers under test.
const (
	kindFloor     = "floor"     // sealing and sending alone, see floor.go
	kindPlain     = "pion"      // peer connections of pion that write to each other, see plain.go
	kindCore      = "core"      // sfu and sfu/rtc, see core.go
	kindPublisher = "publisher" // a client that sends, see publisher.go
)

// setup is the first line that a child reads: what it is to be.
type setup struct {
	Kind string
	GSO  bool // of the core
}

// duration is for how long a request keeps a child busy.
func (r request) duration() time.Duration { return r.Floor.For + r.Send.For }

// request is one line to a child. It is answered by one reply.
type request struct {
	Op string // one of the constants below

	Publisher bool // of opJoin
	Name      string
	SDP       string
	Profile   dtls.SRTPProtectionProfile // of opConnect
	Floor     floorJob
	Send      sendJob
}

// The operations.
const (
	opCount   = "count"   // all: say what was allocated so far
	opJoin    = "join"    // a server: answer an offer
	opFloor   = "floor"   // the floor: do a floorJob
	opOffer   = "offer"   // the publisher: make an offer
	opConnect = "connect" // the publisher: take the answer
	opSend    = "send"    // the publisher: do a sendJob
)

// reply is a child's answer.
type reply struct {
	Error string `json:",omitempty"`
	SDP   string `json:",omitempty"`

	Mallocs uint64 // so far, as in runtime.MemStats
	Bytes   uint64

	Packets uint64        // of a job
	CPU     time.Duration // that a floorJob took
	Late    uint64        // packets that the publisher sent too late
	Next    uint64        // index of the packet that the publisher sends next
}

// handler is what a child does with requests.
type handler interface {
	handle(request) (reply, error)
	close() error
}
