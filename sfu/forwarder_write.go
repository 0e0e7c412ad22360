package sfu

import "switchyard/internal/payload"

// write puts p, which has a number in s, into the batch that flush hands on.
func (f *forwarder) write(s *span, p *Packet, again bool) {
	n := s.out + p.ext - s.from
	f.sent.mark(n)
	if len(f.out) == outgoingBatch {
		f.flush()
	}
	f.out = append(f.out, Outgoing{
		Packet:         p,
		Sequence:       uint16(n),
		Timestamp:      p.Timestamp + s.timestamp,
		Marker:         p.Marker,
		CSRC:           s.number,
		Retransmission: again,
	})
	o := &f.out[len(f.out)-1]
	facts := &p.facts
	if facts.Flags.Has(payload.Empty) || above(facts, s.spatial, s.temporal) && !whole(p) {
		o.Packet, o.Marker = s.source.blank(p.Codec), false
		return
	}
	switch p.Codec {
	case VP8:
		picture := (facts.PictureID + s.picture) & 0x7FFF
		o.PrefixLen = payload.AppendVP8(&o.Prefix, p.Payload, facts, picture, facts.TL0+s.tl0)
	case VP9:
		picture := (facts.PictureID + s.picture) & 0x7FFF
		o.PrefixLen = payload.AppendVP9(&o.Prefix, p.Payload, facts, picture, facts.TL0+s.tl0)
	case AV1:
		o.FrameNumber = facts.FrameNumber + s.frame
	}
	if o.PrefixLen > 0 {
		o.Skip = facts.Descriptor
	}
	if facts.Flags.Has(payload.FrameEnd) && facts.Spatial == uint8(s.spatial) && p.Codec != Opus {
		o.Marker = true // the layers above are left out
	}
}

// whole reports whether the packet is a frame of its own. Such a one may flow
// late even if its layer does not: nothing of it was left out.
func whole(p *Packet) bool {
	return p.Marker && p.facts.Flags.Has(payload.FrameStart)
}

// flush hands the batch to the sink.
func (f *forwarder) flush() {
	if len(f.out) == 0 {
		return
	}
	f.sink.WriteRTP(f.out)
	clear(f.out) // keeps no packet of a publication that ends
	f.out = f.out[:0]
}
