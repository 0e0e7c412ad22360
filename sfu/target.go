package sfu

import (
	"cmp"
	"slices"
	"time"
)

// A target is what a subscription is sent: an encoding, and the highest layers
// inside it.

// enough is how much of the pixels that a receiver asks for an encoding must
// have: scaling up by a few per cent is not seen, the next encoding costs
// several times the bits.
const enough = 0.75

// retarget chooses the target of every slot.
func (b *board) retarget() {
	if b.closed {
		return
	}
	now := b.loop.Now().UnixNano()
	for i, rc := range b.receivers {
		if budget := int(rc.participant.budget.Load()); budget > 0 {
			if !slices.ContainsFunc(b.receivers[:i], func(before *receiver) bool { return before.participant == rc.participant }) {
				b.allocate(rc.participant, budget, now)
			}
			continue
		}
		for _, s := range rc.video {
			s.squeezed = false
			b.aim(s, now, -1)
		}
		for _, s := range rc.audio {
			b.aim(s, now, -1)
		}
	}
}

// retargetPublication chooses the targets of those who receive a publication.
func (b *board) retargetPublication(pub *Publication) {
	now := b.loop.Now().UnixNano()
	for _, s := range pub.feed.subscribers {
		if s.participant.budget.Load() > 0 {
			b.changed()
			return
		}
		b.aim(s, now, -1)
	}
}

// aim points a slot at the encoding that its demand asks for, or at the given
// one if that is not negative, and tells what has changed.
func (b *board) aim(s *Subscription, now int64, index int) {
	before := s.encoding
	s.encoding = nil
	if s.pub != nil {
		if reason := s.paused(); reason == NotPaused {
			if index < 0 {
				index = s.pub.feed.choose(s.demand, now)
			}
			s.encoding = before // a still picture is no reason to stop
			if index >= 0 {
				s.encoding = s.pub.feed.encodings[index]
			}
		} else if reason == PausedCodec {
			b.askRepublish(s.pub)
		}
	}
	s.announce()
	if s.encoding == nil {
		s.forwarder.carry(nil, 0, true)
		return
	}
	s.forwarder.setLayers(s.pub.feed.layers(s.encoding, s.demand, now))
	s.forwarder.carry(s.encoding, s.pub.number, false)
	if waitsFor, ok := s.forwarder.waiting(); ok {
		s.pub.feed.wantKeyframe(b, waitsFor.index)
	}
}

// choose finds the smallest live encoding that has the pixels that are wanted,
// or else the largest one; -1 if none is live.
func (f *feed) choose(d Demand, now int64) int {
	ranked := f.ranked(now)
	if len(ranked) == 0 {
		return -1
	}
	want := float64(d.Width) * float64(d.Height) * enough
	for _, i := range ranked {
		if w, h := f.size(i); float64(w)*float64(h) >= want && w > 0 {
			return i
		}
	}
	return ranked[len(ranked)-1]
}

// ranked lists the live encodings, smallest first.
func (f *feed) ranked(now int64) []int {
	list := make([]int, 0, 8)
	for i, e := range f.encodings {
		if e.live(now) {
			list = append(list, i)
		}
	}
	slices.SortStableFunc(list, func(a, b int) int {
		aw, ah := f.size(a)
		bw, bh := f.size(b)
		if aw*ah != bw*bh && aw > 0 && bw > 0 {
			return cmp.Compare(aw*ah, bw*bh)
		}
		return cmp.Compare(f.encodings[a].bitrate(now), f.encodings[b].bitrate(now))
	})
	return list
}

// layers finds the lowest layers of an encoding that have the pixels and frames
// that are wanted.
func (f *feed) layers(e *encoding, d Demand, now int64) (spatial, temporal int8) {
	topSpatial, topTemporal := e.layers()
	spatial, temporal = anyLayer, anyLayer
	w, h := f.size(e.index)
	want := float64(d.Width) * float64(d.Height) * enough
	for s := int8(0); s < topSpatial; s++ {
		// Each spatial layer has four times the pixels of the one below.
		if pixels := float64(w) * float64(h) / float64(int(1)<<(2*(topSpatial-s))); pixels > 0 && pixels >= want {
			spatial = s
			break
		}
	}
	for t := int8(0); d.FPS > 0 && t < topTemporal; t++ {
		if e.fps(now, t) >= d.FPS {
			temporal = t
			break
		}
	}
	return spatial, temporal
}

// size of an encoding's picture: what the stream says, else what was announced.
func (f *feed) size(index int) (w, h int) {
	if w, h = f.encodings[index].size(); w > 0 {
		return w, h
	}
	if index < len(f.described) {
		return f.described[index].Width, f.described[index].Height
	}
	return 0, 0
}

// allocate divides a receiver's budget: sound first, then pictures by priority,
// each as large as it is wanted if that fits, else smaller, else none.
func (b *board) allocate(p *Participant, budget int, now int64) {
	var video []*Subscription
	for _, rc := range b.receivers {
		if rc.participant != p {
			continue
		}
		for _, s := range rc.audio {
			b.aim(s, now, -1)
			if s.encoding != nil {
				budget -= s.encoding.bitrate(now)
			}
		}
		video = append(video, rc.video...)
	}
	slices.SortStableFunc(video, func(a, b *Subscription) int { return cmp.Compare(b.demand.Priority, a.demand.Priority) })
	for _, s := range video {
		s.squeezed = false
		if s.pub == nil || s.paused() != NotPaused {
			b.aim(s, now, -1)
			continue
		}
		index := s.pub.feed.choose(s.demand, now)
		if index < 0 {
			b.aim(s, now, -1)
			continue
		}
		ranked := s.pub.feed.ranked(now)
		for k := slices.Index(ranked, index); k > 0 && s.pub.feed.encodings[index].bitrate(now) > budget; k-- {
			index = ranked[k-1]
		}
		if rate := s.pub.feed.encodings[index].bitrate(now); rate > budget {
			s.squeezed = true
		} else {
			budget -= rate
		}
		b.aim(s, now, index)
	}
}

// republishInterval is the least time between two requests for another codec
// of one publication.
const republishInterval = 3 * time.Second

// askRepublish asks a publisher for a codec that everybody can decode.
func (b *board) askRepublish(pub *Publication) {
	now := b.loop.Now()
	if now.Sub(pub.feed.askedRepublish) < republishInterval {
		return
	}
	codecs := pub.participant.room.Load().Codecs(pub.feed.kind)
	if len(codecs) == 0 || codecs[0] == pub.feed.codec {
		return
	}
	pub.feed.askedRepublish = now
	pub.participant.tell(Republish{Publication: pub.id, Track: pub.feed.trackID, Codec: codecs[0]})
}
