package sfu

import "slices"

// assignVideo fills a receiver's video slots: first those that name what they
// want, then the speakers' in order.
func (b *board) assignVideo(rc *receiver, now int64) {
	if len(rc.video) == 0 {
		return
	}
	want := make([]*Publication, len(rc.video))
	if !rc.seat.deaf {
		for i, s := range rc.video {
			want[i] = b.named(rc, s.demand, Video, want)
		}
		b.fillWithSpeakers(rc, want)
	}
	for i, s := range rc.video {
		s.carry(want[i], now)
	}
}

// named finds what a demand names; nil if it names nothing or nothing that is
// there. Of a participant that is its camera or microphone before anything
// else, and nothing that is taken.
func (b *board) named(rc *receiver, d Demand, kind Kind, taken []*Publication) *Publication {
	fits := func(pub *Publication) bool { return pub != nil && pub.feed.kind == kind && rc.mayReceive(pub) }
	switch d.Kind {
	case WantTrack:
		if pub := b.byID[d.Publication]; fits(pub) {
			return pub
		}
	case WantParticipant:
		var best *Publication
		for _, pub := range b.of[d.Participant] {
			if !fits(pub) || slices.Contains(taken, pub) {
				continue
			}
			if pub.feed.from == Camera || pub.feed.from == Microphone {
				return pub
			}
			if best == nil {
				best = pub
			}
		}
		return best
	}
	return nil
}

// rankPictures puts in order what speaker slots show: one camera of each person,
// the most recent speaker's first; if slots are left over, what else there is.
func (b *board) rankPictures() {
	clear(b.pictures)
	list := b.pictures[:0]
	take := func(pub *Publication) {
		if pub != nil && pub.feed.ranked != b.ranking {
			pub.feed.ranked = b.ranking
			list = append(list, pub)
		}
	}
	for _, p := range b.speakers.order {
		take(b.camera(p.person))
	}
	for _, pub := range b.publications {
		take(b.camera(pub.participant.person))
	}
	for _, from := range []TrackSource{Camera, ""} {
		for _, pub := range b.publications {
			if pub.feed.kind == Video && (from == "" || pub.feed.from == from) {
				take(pub)
			}
		}
	}
	b.pictures = list
}

// camera is the first one of a person, or nil.
func (b *board) camera(person ParticipantID) *Publication {
	for _, pub := range b.of[person] {
		if pub.feed.from == Camera {
			return pub
		}
	}
	return nil
}

// fillWithSpeakers fills the slots whose demand is WantSpeaker: the current
// speaker in the first of them, the others where they already are if they stay
// at all. Nobody is repeated whose camera another slot names.
func (b *board) fillWithSpeakers(rc *receiver, want []*Publication) {
	named := slices.Clone(want)
	isNamed := func(pub *Publication) bool {
		return slices.ContainsFunc(named, func(other *Publication) bool {
			return other == pub || other != nil && other.feed.from == Camera && pub.feed.from == Camera && other.participant.person == pub.participant.person
		})
	}
	// next is the best picture for a slot that is not in list.
	next := func(s *Subscription, list []*Publication) *Publication {
		for _, pub := range b.pictures {
			if s.admits(pub) && rc.mayReceive(pub) && !slices.Contains(list, pub) && !isNamed(pub) {
				return pub
			}
		}
		return nil
	}
	open := make([]int, 0, 16)
	var shown []*Publication // as many as there are slots for them
	for i, s := range rc.video {
		if s.demand.Kind != WantSpeaker {
			continue
		}
		if pub := next(s, shown); pub != nil {
			if shown = append(shown, pub); len(open) == 0 {
				want[i] = pub
			}
		}
		open = append(open, i)
	}
	place(rc.video, open, shown, want)
	for _, i := range open {
		if want[i] == nil {
			want[i] = next(rc.video[i], want)
		}
	}
}

// place puts those of chosen that have no slot yet into free ones among those
// with the given indices: where they are already, or else into the first that
// admits them.
func place(slots []*Subscription, indices []int, chosen, want []*Publication) {
	for _, i := range indices {
		s := slots[i]
		if want[i] == nil && s.pub != nil && slices.Contains(chosen, s.pub) && !slices.Contains(want, s.pub) && s.admits(s.pub) {
			want[i] = s.pub
		}
	}
	for _, pub := range chosen {
		if slices.Contains(want, pub) {
			continue
		}
		for _, i := range indices {
			if want[i] == nil && slots[i].admits(pub) {
				want[i] = pub
				break
			}
		}
	}
}

// admits reports whether the demand does not exclude who publishes.
func (s *Subscription) admits(pub *Publication) bool {
	return len(s.demand.Exclude) == 0 || !slices.Contains(s.demand.Exclude, pub.participant.id)
}
