package rtc

import (
	"slices"

	"switchyard/sfu"
)

// configure gives the loop what the lines are now.
func (p *Peer) configure(pl *plan) {
	var (
		ext      extensionIDs
		pubLines []*pubLine
		slots    []*slotLine
		feedback bool
	)
	type opened struct {
		slot *slotLine
		sub  *sfu.Subscription
	}
	var subs []opened
	for i, l := range pl.lines {
		al := &pl.answer[i]
		if al.recv {
			pubLines = append(pubLines, l.source.line)
			for e, id := range al.extensions() {
				if ext[e] == 0 {
					ext[e] = id
				}
			}
			for _, c := range al.codecs {
				feedback = feedback || al.feedback(c)&feedbackTransportCC != 0
			}
		}
		if l.slot != nil {
			slots = append(slots, l.slot)
			subs = append(subs, opened{l.slot, l.sub})
		}
	}
	rsize := pl.offer.rsize
	p.participant.Post(func() {
		if p.removed {
			return
		}
		for _, s := range subs {
			s.slot.sub = s.sub
			s.sub.Suspend(p.quiet)
		}
		p.adopt(ext, rsize, feedback, pubLines, slots)
	})
}

// adopt is configure's half on the loop.
func (p *Peer) adopt(ext extensionIDs, rsize, feedback bool, pubLines []*pubLine, slots []*slotLine) {
	p.ext, p.rsize, p.pubLines, p.slotList = ext, rsize, pubLines, slots
	clear(p.slots)
	for _, s := range slots {
		p.slots[s.ssrc] = s
	}
	if feedback && p.arrivals == nil {
		p.arrivals = new(arrivals)
	}
	for ssrc, st := range p.streams {
		switch {
		case st.enc == nil && st.was == nil, st.enc != nil && slices.Contains(pubLines, st.enc.line):
		default:
			p.moveStream(ssrc, st)
		}
	}
	home := p.shard()
	p.releaseHeld(home.now)
	home.flush(home.now)
}

// moveStream hands an SSRC over to the line that has the place of the one it
// was on, since a client says only at first which line an SSRC belongs to. If
// there is none (any more) it may be there after a later offer.
func (p *Peer) moveStream(ssrc uint32, st *inStream) {
	old := st.enc
	if old == nil {
		old = st.was
	}
	st.enc, st.was = nil, old
	for _, line := range p.pubLines {
		if line.mid != old.line.mid || line.kind != old.line.kind || !slices.Equal(line.rids, old.line.rids) {
			continue
		}
		st.enc, st.was = line.encodings[old.index], nil
		if st.rtx {
			st.enc.repair, st.enc.repairs = ssrc, true
		} else {
			st.enc.primary, st.enc.known = ssrc, true
		}
	}
}
