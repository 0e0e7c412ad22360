package sfu

import (
	"math/rand/v2"

	"switchyard/internal/payload"
)

// forwarder is the packet path of one subscription: one unbroken RTP stream
// whatever publication, encoding, layer or codec flows underneath. It belongs
// to the loop. After the first seconds it allocates nothing.
//
// Sequence numbers grow by one a packet, but what is missing upstream keeps its
// number: a packet that comes late takes it, so that a receiver's NACK means
// what it says. Packets that are left out on purpose have none. A number stands
// for the same bytes for ever: a packet which must not flow although a number
// waits for it is replaced by an empty one.
type forwarder struct {
	kind Kind
	sink Sink
	// onSwitch, if set, is told before the first packet of another encoding (or
	// of the same one after an interruption) is written: the publication's
	// number and that packet's timestamp.
	onSwitch func(number, firstTimestamp uint32)

	current *encoding // whose packets were written last
	since   int64     // the current source's beginning in its own count
	number  uint32
	flowing bool

	pending       *encoding // what is waited for
	pendingNumber uint32

	limit layerLimit
	spans seqmap
	sent  sentSet
	nacks nackLog

	begun        bool   // something was sent
	timestamp    uint32 // the newest that was used, by a packet sent or one left out
	original     uint32 // that packet's own
	duration     uint16 // and its duration, if known
	captured     int64  // and when it was captured
	clockVersion uint32
	clockOffset  int64 // what the sink was told

	// The newest of these that was used; a packet for which a number from known
	// on waits may have a newer one.
	picture uint16
	frame   uint16
	tl0     uint8
	known   int64

	skipped        int64  // newest packet left out
	skippedStamp   uint32 // its timestamp
	skippedPicture uint16
	hasSkipped     bool // since the last switch

	out []Outgoing
}

const outgoingBatch = 64

// newForwarder makes a forwarder that carries nothing, with all layers.
func newForwarder(kind Kind, sink Sink, onSwitch func(number, firstTimestamp uint32)) *forwarder {
	f := &forwarder{kind: kind, sink: sink, onSwitch: onSwitch, sent: newSentSet(kind)}
	f.limit = layerLimit{anyLayer, anyLayer, anyLayer, anyLayer}
	// SRTP wants a first number below 2^15 (RFC 3711, 3.3.1), and window() below
	// it must still be positive.
	f.sent.next = 1<<16 + 1 + rand.Int64N(1<<15-1)
	f.known = f.sent.next
	f.picture = uint16(rand.Uint32()) & 0x7FFF
	f.frame = uint16(rand.Uint32())
	f.tl0 = uint8(rand.Uint32())
	return f
}

// carry makes e, an encoding of the publication with this number, the one to be
// forwarded; nil: nothing, at once. Video switches at a keyframe of e, audio at
// e's next packet; with stopNow what flows so far stops at once, otherwise it
// flows until then. To carry what is carried already changes nothing, and takes
// back a switch that has not happened yet.
func (f *forwarder) carry(e *encoding, number uint32, stopNow bool) {
	switch {
	case e == nil:
		f.pending, f.flowing = nil, false
	case e == f.current && f.flowing:
		f.pending, f.number = nil, number
	default:
		f.pending, f.pendingNumber = e, number
		if stopNow {
			f.flowing = false
		}
	}
}

// setLayers limits the layers of whatever is carried; anyLayer: no limit.
// A lower limit holds from the next picture on, a higher temporal one from the
// next picture that allows it, a higher spatial one from the next keyframe.
func (f *forwarder) setLayers(maxSpatial, maxTemporal int8) {
	f.limit.wantSpatial, f.limit.wantTemporal = max(maxSpatial, 0), max(maxTemporal, 0)
}

// interrupt makes what flows wait for a new beginning.
func (f *forwarder) interrupt() {
	if f.flowing && f.pending == nil {
		f.pending, f.pendingNumber = f.current, f.number
	}
	f.flowing = false
}

// waiting is the encoding of which a keyframe is needed, if any.
func (f *forwarder) waiting() (e *encoding, ok bool) {
	if f.kind != Video {
		return nil, false
	}
	if f.pending != nil {
		return f.pending, true
	}
	if f.flowing && f.limit.spatial < f.limit.wantSpatial {
		if spatial, _ := f.current.layers(); spatial > f.limit.spatial {
			return f.current, true
		}
	}
	return nil, false
}

// forget drops what is remembered of e, so that its history can be freed: its
// publication has ended.
func (f *forwarder) forget(e *encoding) {
	f.spans.forget(e)
	if f.current == e {
		f.current, f.flowing = nil, false
	}
	if f.pending == e {
		f.pending = nil
	}
}

// forgetAll drops what is remembered of all sources. Numbers go on.
func (f *forwarder) forgetAll() {
	f.spans = seqmap{}
	f.current, f.flowing, f.pending = nil, false, nil
}

// forward takes packets that were just committed on e and writes those that
// belong into the slot, by one call of Sink.WriteRTP as a rule. It must be
// called for the encoding that flows and for the one that is waited for;
// packets of any other encoding only fill gaps that were left for them.
func (f *forwarder) forward(e *encoding, batch []*Packet, now int64) {
	if f.pending == nil && !f.flowing {
		return
	}
	if f.flowing && e == f.current && e.since != f.since {
		f.interrupt() // another source feeds it, or another codec
	}
	for _, p := range batch {
		switch {
		case e == f.pending && f.startsAt(e, p):
			f.begin(e, p)
		case f.flowing && e == f.current && p.ext >= f.spans.newest().to:
			f.advance(p)
		case e == f.current || p.ext <= e.before:
			f.late(e, p)
		}
	}
	f.flush()
	if f.flowing && e == f.current {
		f.keepTime(now)
	}
}

// startsAt reports whether a decoder can start at p, and nothing from there on
// was sent before: a packet has one number only.
func (f *forwarder) startsAt(e *encoding, p *Packet) bool {
	return p.ext >= e.since && p.facts.Flags.Has(payload.KeyframeStart) && p.ext >= f.spans.end(e)
}

// advance takes the next packet of the current source in order.
func (f *forwarder) advance(p *Packet) {
	s := f.spans.newest()
	if f.limit.adjust(&p.facts) {
		if p.ext > s.from { // what is missing before p is under the old limits
			s.to = p.ext
			next := f.spans.push()
			old := f.spans.at(f.spans.n - 2)
			*next = *old
			next.out, next.from = old.out+p.ext-old.from, p.ext
			s = next
		}
		s.spatial, s.temporal = f.limit.spatial, f.limit.temporal
	}
	if p.facts.Flags.Has(payload.Empty) || above(&p.facts, s.spatial, s.temporal) {
		f.skip(s, p)
		return
	}
	s.to = p.ext + 1
	f.sent.advance(s.out + s.to - s.from)
	f.write(s, p, false)
	f.used(s, p)
}

// skip leaves a packet out, with those before it that are missing and surely of
// the same frame.
func (f *forwarder) skip(s *span, p *Packet) {
	end := p.ext
	if !p.facts.Flags.Has(payload.Empty) && end > s.to {
		switch {
		case f.hasSkipped && f.skipped == s.to-1 && f.skippedStamp == p.Timestamp:
			end = s.to
		case !p.facts.Flags.Has(payload.FrameStart):
			end--
		}
	}
	next := s
	s.to = end
	if s.to > s.from {
		next = f.spans.push()
		s = f.spans.at(f.spans.n - 2) // the ring may have moved
		*next = *s
		next.out = s.out + end - s.from
	}
	next.from, next.to = p.ext+1, p.ext+1
	f.sent.advance(next.out)
	if p.Codec == VP8 && p.facts.Flags.Has(payload.HasPictureID) {
		if !f.hasSkipped || f.skippedPicture != p.facts.PictureID {
			next.picture--
		}
		f.skippedPicture = p.facts.PictureID
	}
	if !p.facts.Flags.Has(payload.Empty) {
		f.skipped, f.skippedStamp, f.hasSkipped = p.ext, p.Timestamp, true
	}
	// Those before it that are still missing may be sent later.
	f.used(next, p)
}

// used remembers what p, the newest packet that was sent or left out, uses up.
func (f *forwarder) used(s *span, p *Packet) {
	if ts := p.Timestamp + s.timestamp; !f.begun || int32(ts-f.timestamp) >= 0 {
		f.timestamp, f.original = ts, p.Timestamp
		if p.facts.Duration > 0 {
			f.duration = p.facts.Duration
		}
	}
	f.begun = true
	if p.facts.Flags.Has(payload.Empty) {
		return
	}
	f.known = f.sent.next
	if p.facts.Flags.Has(payload.HasPictureID) {
		f.picture = (p.facts.PictureID + s.picture) & 0x7FFF
	}
	if p.facts.Flags.Has(payload.HasTL0) {
		f.tl0 = p.facts.TL0 + s.tl0
	}
	if p.facts.Flags.Has(payload.HasFrameNumber) {
		f.frame = p.facts.FrameNumber + s.frame
	}
}

// late takes a packet whose turn has passed: it is sent if a number waits for it.
func (f *forwarder) late(e *encoding, p *Packet) {
	s := f.spans.source(e, p.ext)
	if s == nil {
		return
	}
	if n := s.out + p.ext - s.from; f.sent.holds(n) && !f.sent.sent(n) {
		f.write(s, p, false)
	}
}
