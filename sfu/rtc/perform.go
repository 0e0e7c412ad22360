package rtc

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"reflect"
	"slices"

	"switchyard/sfu"
)

// perform publishes and subscribes; what it did can be undone by pl.undo.
func (p *Peer) perform(pl *plan) error {
	for i, l := range pl.lines {
		if pl.answer[i].recv {
			if err := p.publish(pl, i, l); err != nil {
				return fmt.Errorf("publish line %q: %w", l.mid, err)
			}
		} else if l.pub != nil {
			p.unpublish(pl, l)
		}
	}
	var leader *line // the first video slot
	for _, kind := range []sfu.Kind{sfu.Video, sfu.Audio} {
		first := true
		for i, l := range pl.lines {
			if l.kind != kind {
				continue
			}
			if !pl.answer[i].send {
				p.unsubscribe(pl, l)
				continue
			}
			if err := p.subscribe(pl, i, l, leader, first); err != nil {
				return fmt.Errorf("open slot %q: %w", l.mid, err)
			}
			if first && kind == sfu.Video {
				leader = l
			}
			first = false
		}
	}
	return nil
}

// publish makes the track of a line live, or tells the room what changed of it.
func (p *Peer) publish(pl *plan, i int, l *line) error {
	var before *line
	if i < len(p.lines) && !p.lines[i].refused && p.lines[i].pub != nil {
		before = p.lines[i]
	}
	al := &pl.answer[i]
	if before != nil && before.track.ID != l.track.ID {
		p.unpublish(pl, &line{pub: before.pub, source: before.source, track: before.track})
		before = nil
	}
	if before == nil || !slices.Equal(before.source.line.rids, trackRIDs(l.track)) {
		l.source = &source{peer: p, line: &pubLine{mid: l.mid, kind: l.kind, rids: trackRIDs(l.track)}}
		for k := range max(len(l.track.Encodings), 1) {
			l.source.line.encodings = append(l.source.line.encodings, &pubEncoding{line: l.source.line, index: k})
		}
	}
	pub := l.pub
	if before == nil || l.source != before.source || !sameTrack(l.track, before.track) {
		if before != nil {
			// Muted says how a track begins; what became of it since is not the offer's.
			l.track.Muted = before.pub.Info().Track.Muted
		}
		known := p.publishes(l.track.ID) // by another transport perhaps
		var err error
		if pub, err = p.participant.Publish(l.track, l.source); err != nil {
			return err
		}
		switch {
		case !known:
			pl.undo = append(pl.undo, pub.End)
		case before == nil:
			src := l.source
			pl.undo = append(pl.undo, func() { pub.Detach(src) })
		default:
			pl.undo = append(pl.undo, func() { p.participant.Publish(before.track, before.source) })
		}
	}
	l.pub = pub
	src, types := l.source, payloadTypesOf(al.offer.codecs)
	pl.done = append(pl.done, func() {
		p.participant.Post(func() { src.line.pub, src.line.types = pub, types })
	})
	return nil
}

// publishes reports whether the participant has a publication of this track.
func (p *Peer) publishes(track string) bool {
	return slices.ContainsFunc(p.participant.Info().Publications, func(i sfu.PublicationInfo) bool { return i.Track.ID == track })
}

// sameTrack reports whether a later offer describes a track as before.
func sameTrack(a, b sfu.Track) bool {
	same := slices.Equal(a.Encodings, b.Encodings)
	a.Muted, a.Encodings, b.Encodings = b.Muted, nil, nil
	return same && reflect.DeepEqual(a, b)
}

func trackRIDs(t sfu.Track) []string {
	var rids []string
	for _, e := range t.Encodings {
		if e.RID != "" {
			rids = append(rids, e.RID)
		}
	}
	return rids
}

// unpublish ends what a line published, unless another line of the same offer
// publishes the track.
func (p *Peer) unpublish(pl *plan, l *line) {
	pub, id := l.pub, l.track.ID
	l.pub, l.source = nil, nil
	pl.done = append(pl.done, func() {
		for i, other := range pl.lines {
			if pl.answer[i].recv && other.track.ID == id {
				return
			}
		}
		pub.End()
	})
}

// subscribe opens the slot of a line. The first audio slot goes with leader, the
// first video slot, and shares its stream, so that browsers keep them in step.
func (p *Peer) subscribe(pl *plan, i int, l *line, leader *line, first bool) error {
	al := &pl.answer[i]
	codecs := codecSet(al.codecs)
	want := sfu.Slot{Receiver: p.name, Name: l.mid, Kind: l.kind, Codecs: codecs}
	stream := "stream-" + l.mid
	if first && l.kind == sfu.Video {
		stream = "speaker"
	}
	if first && l.kind == sfu.Audio && leader != nil {
		want.With, stream = leader.sub, leader.stream
	}
	l.stream = stream
	if l.sub != nil && l.sub.Slot() == want {
		format := newSlotFormat(l.mid, al.codecs, al.extensions(), pl.offer.mixed)
		slot := l.slot
		pl.done = append(pl.done, func() { p.participant.Post(func() { slot.format = format }) })
		return nil
	}
	if old := l.sub; old != nil {
		pl.done = append(pl.done, old.Close)
	}
	ssrc, err := p.freshSSRC()
	if err != nil {
		return err
	}
	slot := &slotLine{
		peer: p, mid: l.mid, kind: l.kind,
		ssrc:    ssrc,
		rtx:     ssrc | 1,
		rtxNext: uint64(random32() & 0x7fff), // RFC 3711 section 3.3.1: far from the first rollover
		format:  newSlotFormat(l.mid, al.codecs, al.extensions(), pl.offer.mixed),
		rate:    int64(al.codecs[0].codec.ClockRate()),
	}
	sub, err := p.participant.Subscribe(want, slot)
	if err != nil {
		return err
	}
	pl.undo = append(pl.undo, sub.Close)
	l.slot, l.sub = slot, sub
	return nil
}

// maxSlotSSRCs is how many slots a peer may open in its life, one after another.
const maxSlotSSRCs = 4096

// freshSSRC returns an even SSRC that this peer never used, since a packet index
// must not come twice under one key; the odd one after it is its retransmission's.
// The SRTP context keeps each, so there is an end to them.
func (p *Peer) freshSSRC() (uint32, error) {
	if len(p.usedSSRCs) >= maxSlotSSRCs {
		return 0, tooMany("sdp", "slots were opened %d times on this connection; more need a new one", maxSlotSSRCs)
	}
	for {
		ssrc := random32() &^ 1
		if _, used := p.usedSSRCs[ssrc]; !used && ssrc != 0 && ssrc != p.ssrc&^1 {
			p.usedSSRCs[ssrc] = struct{}{}
			return ssrc, nil
		}
	}
}

func random32() uint32 {
	var b [4]byte
	rand.Read(b[:])
	return binary.BigEndian.Uint32(b[:])
}

func (p *Peer) unsubscribe(pl *plan, l *line) {
	if l.sub == nil {
		return
	}
	pl.done = append(pl.done, l.sub.Close)
	l.sub, l.slot = nil, nil
}
