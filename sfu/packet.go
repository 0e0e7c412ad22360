package sfu

import (
	"sync/atomic"

	"switchyard/internal/payload"
)

// BufferSize is the room for one received RTP packet, header, extensions and
// payload: what fits into one datagram on an Ethernet path, with space for an
// authentication tag while it is being opened.
const BufferSize = 1500

// Packet is one RTP packet in an encoding's history. Its bytes live here once;
// whoever is handed a packet may read it until the call returns, or until it
// Releases what it Retained.
type Packet struct {
	// Set by the transport between Reserve and Commit. A packet whose Payload
	// is still nil at Commit was not received and goes back.

	Sequence   uint16
	Timestamp  uint32
	Marker     bool
	Codec      Codec
	Arrival    int64  // Loop.Now() at reception, nanoseconds since the Unix epoch
	Level      uint8  // RFC 6464 audio level: 0 loud to 127 silent
	HasLevel   bool   //
	Dependency []byte // AV1 dependency descriptor (header extension) inside Buf, or nil
	Payload    []byte // inside Buf

	// Set by Commit. What is looked at of a packet stands together, since it is
	// not in the cache any more when the packet expires.

	ext   int64         // Sequence, extended to 64 bits in the encoding's own count
	facts payload.Facts // what the payload descriptor says, parsed once

	held atomic.Int32 // by sinks that work on other loops

	Buf [BufferSize]byte
}

// Retain keeps the packet's bytes as they are until Release, for a sink that is
// not done with them when WriteRTP returns. It is called in WriteRTP only.
func (p *Packet) Retain() { p.held.Add(1) }

// Release takes back one Retain. It may be called from any goroutine.
func (p *Packet) Release() { p.held.Add(-1) }

// Reset makes a reserved packet empty again.
func (p *Packet) Reset() {
	p.Payload, p.Dependency, p.HasLevel, p.Marker = nil, nil, false, false
}

// Outgoing is one packet on its way into a slot: what of a Packet changes for
// one receiver. The payload to send is Prefix[:PrefixLen] followed by
// Packet.Payload[Skip:]; it may be empty, in a packet that only stands for a
// number which the receiver need not wait for.
type Outgoing struct {
	*Packet

	Sequence  uint16 // on the slot's own count, gapless but for what was lost upstream
	Timestamp uint32 // on the slot's own clock
	Marker    bool
	CSRC      uint32 // the publication's number

	// Retransmission asks for the packet to be sent on the slot's RTX stream
	// (RFC 4588); it was sent before under the same Sequence.
	Retransmission bool

	Skip      uint8    // bytes of the original payload descriptor that Prefix replaces
	PrefixLen uint8    //
	Prefix    [12]byte // the rewritten payload descriptor

	// FrameNumber replaces the frame number of Packet.Dependency if that is not
	// nil (bytes 1 and 2 of the descriptor).
	FrameNumber uint16
}
