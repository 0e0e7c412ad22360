package sfu

import (
	"time"
)

// liveFor is how long a video encoding counts as live after a packet.
const liveFor = 1500 * time.Millisecond

// encoding is one RTP stream of a publication: its history, its count of
// sequence numbers, its clock and what is known of its activity. All of it
// belongs to the loop.
type encoding struct {
	index int
	kind  Kind
	codec Codec // of the newest packet
	clock encodingClock
}

// newEncoding makes the encoding with this index of a publication. history is
// the number of packets kept; they are allocated as the first lap needs them.
// clock is the one of the publisher's transport, shared by all that it
// publishes; nil: one of its own.
func newEncoding(index int, kind Kind, history int, clock *peerClock) *encoding {
	return &encoding{index: index, kind: kind}
}

// reserve appends n empty packets to into.
func (e *encoding) reserve(n int, into []*Packet) []*Packet { return into }

// commit takes back what reserve gave and returns the packets to be forwarded,
// in the order given, valid until the next reserve: their payload parsed, their
// sequence numbers extended. A packet with a nil Payload was not received and
// goes back; duplicates (a packet and its retransmission) and garbage are
// dropped. A packet of padding only has an empty Payload that is not nil.
// now is Loop.Now() in Unix nanoseconds.
func (e *encoding) commit(packets []*Packet, now int64) []*Packet { return nil }

// reset says that another source feeds the encoding from now on: its sequence
// numbers, timestamps and clock have nothing to do with those so far. Packets
// in the history can still be retransmitted. clock as in newEncoding.
func (e *encoding) reset(clock *peerClock) {}

// senderReport says that rtp was captured at ntp on the publisher's clock;
// arrival is when the report came, in Unix nanoseconds on the loop's clock.
func (e *encoding) senderReport(ntp time.Time, rtp uint32, arrival int64) {}

// live reports whether a packet came within the last 1.5 s.
func (e *encoding) live(now int64) bool { return false }

// bitrate is that of the payloads over the last second, in bits per second.
func (e *encoding) bitrate(now int64) int { return 0 }

// size is that of the picture in pixels as last read from a keyframe, else 0, 0.
func (e *encoding) size() (width, height int) { return 0, 0 }

// fps is the number of frames per second over the last second in the temporal
// layers up to maxTemporal.
func (e *encoding) fps(now int64, maxTemporal int8) int { return 0 }

// layers are the highest spatial and temporal layer seen in the last seconds.
func (e *encoding) layers() (maxSpatial, maxTemporal int8) { return 0, 0 }
