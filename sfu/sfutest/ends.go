package sfutest

import (
	"slices"
	"time"

	"switchyard/sfu"
)

// Source is a publisher's transport that remembers what it was asked. Read its
// fields between turns of the loop.
type Source struct {
	Keyframes []int // encodings of which a keyframe was requested, in order
	IsRevoked bool
}

// NewSource makes a source.
func NewSource() *Source { return &Source{} }

// RequestKeyframe is part of sfu.Source.
func (s *Source) RequestKeyframe(encoding int) { s.Keyframes = append(s.Keyframes, encoding) }

// Revoked is part of sfu.Source.
func (s *Source) Revoked() { s.IsRevoked = true }

// Received is one packet as it would have been sent to a receiver.
type Received struct {
	Sequence       uint16
	Timestamp      uint32
	Marker         bool
	CSRC           uint32
	Codec          sfu.Codec
	Retransmission bool
	Dependency     []byte // with its frame number rewritten
	Payload        []byte
	At             time.Time
}

// ClockReport is one call of Sink.Clock.
type ClockReport struct {
	RTP uint32
	At  time.Time
}

// Sink is a slot's end that keeps all that is sent to it. Read its fields
// between turns of the loop.
type Sink struct {
	Packets []Received
	Clocks  []ClockReport
	// Drop, if set, loses the packets for which it returns true.
	Drop func(Received) bool
	loop sfu.Loop
}

// NewSink makes a sink on a loop.
func NewSink(loop sfu.Loop) *Sink { return &Sink{loop: loop} }

// WriteRTP is part of sfu.Sink. It copies, since the packets are lent.
func (s *Sink) WriteRTP(batch []sfu.Outgoing) {
	for i := range batch {
		out := &batch[i]
		r := Received{
			Sequence: out.Sequence, Timestamp: out.Timestamp, Marker: out.Marker, CSRC: out.CSRC,
			Codec: out.Codec, Retransmission: out.Retransmission, At: s.loop.Now(),
			Payload: slices.Concat(out.Prefix[:out.PrefixLen], out.Payload[out.Skip:]),
		}
		if out.Dependency != nil {
			r.Dependency = slices.Clone(out.Dependency)
			r.Dependency[1], r.Dependency[2] = byte(out.FrameNumber>>8), byte(out.FrameNumber)
		}
		if s.Drop == nil || !s.Drop(r) {
			s.Packets = append(s.Packets, r)
		}
	}
}

// Clock is part of sfu.Sink.
func (s *Sink) Clock(rtp uint32, at time.Time) {
	s.Clocks = append(s.Clocks, ClockReport{rtp, at})
}

// Take returns what was received since the last Take.
func (s *Sink) Take() []Received {
	list := s.Packets
	s.Packets = nil
	return list
}
