package rtc

import "switchyard/sfu"

// mapStream finds the encoding that an SSRC belongs to, by the header
// extensions of one of its packets; a=ssrc attributes are not believed.
func (p *Peer) mapStream(st *inStream, b []byte, h *rtpHeader) bool {
	var mid, rid, repaired []byte
	for i := h.extStart; ; {
		id, value, next := h.element(b, i)
		if id == 0 {
			break
		}
		switch id {
		case p.ext[extMid]:
			mid = value
		case p.ext[extRID]:
			rid = value
		case p.ext[extRepairedRID]:
			repaired = value
		}
		i = next
	}
	line := p.lineOf(mid, h.payloadType)
	if line == nil || line.revoked {
		return false
	}
	index, rtx := 0, line.types[h.payloadType].rtx
	if len(line.rids) > 0 {
		name := rid
		if len(repaired) > 0 {
			name, rtx = repaired, true
		}
		index = -1
		for i, known := range line.rids {
			if string(name) == known {
				index = i
			}
		}
		if index < 0 || line.types[h.payloadType].rtx != rtx {
			return false
		}
	}
	if line.types[h.payloadType].codec == sfu.NoCodec {
		return false
	}
	enc := line.encodings[index]
	st.enc, st.rtx = enc, rtx
	st.reception.rate = int64(line.types[h.payloadType].codec.ClockRate())
	if rtx {
		if enc.repairs && enc.repair != h.ssrc {
			p.retire(enc.repair)
		}
		enc.repair, enc.repairs = h.ssrc, true
		return true
	}
	if enc.known && enc.primary != h.ssrc {
		p.retire(enc.primary)
	}
	if enc.begun && enc.primary != h.ssrc {
		p.begin(enc, h.sequence)
	}
	enc.primary, enc.known = h.ssrc, true
	return true
}

// retire ends the use of an SSRC that another has taken the place of.
func (p *Peer) retire(ssrc uint32) {
	if old := p.streams[ssrc]; old != nil {
		old.enc, old.was, old.retired = nil, nil, true
	}
}

// begin prepares an encoding for another SSRC, whose numbers have nothing to do
// with those so far. The core sees numbers only, so they are moved as far away
// as they can be: it must not take the new stream for a part of the old one.
// Its first packets go into finding that out, hence the keyframe.
func (p *Peer) begin(enc *pubEncoding, first uint16) {
	enc.nack = nackList{}
	enc.shift = enc.newest + 1<<15 - first
	if enc.line.kind == sfu.Video {
		p.requestKeyframe(enc)
	}
}

// lineOf finds the line of a mid. A packet without one (some clients offer the
// extension and never send it) belongs to the only line that has its payload
// type, if there is only one.
func (p *Peer) lineOf(mid []byte, pt uint8) *pubLine {
	if len(mid) > 0 {
		for _, line := range p.pubLines {
			if string(mid) == line.mid {
				return line
			}
		}
		return nil
	}
	var found *pubLine
	for _, line := range p.pubLines {
		if line.types[pt].codec != sfu.NoCodec {
			if found != nil {
				return nil
			}
			found = line
		}
	}
	return found
}
