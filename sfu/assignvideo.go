package sfu

import "slices"

// assignVideo fills a receiver's video slots: first those that name what they
// want, then the speakers' in order.
func (b *board) assignVideo(rc *receiver, now int64) {
	if len(rc.video) == 0 {
		return
	}
	want := make([]*Publication, len(rc.video))
	var named []*Publication
	for i, s := range rc.video {
		switch s.demand.Kind {
		case WantTrack:
			want[i] = b.byID(rc, s.demand.Publication, Video)
		case WantParticipant:
			want[i] = b.ofParticipant(rc, s.demand.Participant, Video, named)
		}
		if want[i] != nil {
			named = append(named, want[i])
		}
	}
	b.fillWithSpeakers(rc, want, named)
	for i, s := range rc.video {
		s.carry(want[i], now)
	}
}

// fillWithSpeakers fills the slots whose demand is WantSpeaker: the current
// speaker in the first of them, the others where they already are if they stay
// at all.
func (b *board) fillWithSpeakers(rc *receiver, want, named []*Publication) {
	var open []int
	for i, s := range rc.video {
		if s.demand.Kind == WantSpeaker {
			open = append(open, i)
		}
	}
	if len(open) == 0 {
		return
	}
	exclude := rc.video[open[0]].demand.Exclude
	chosen := b.cameras(rc, exclude, named, len(open))
	if len(chosen) == 0 {
		return
	}
	want[open[0]] = chosen[0]
	rest := chosen[1:]
	placed := make([]bool, len(rest))
	for _, i := range open[1:] {
		if k := slices.Index(rest, rc.video[i].pub); k >= 0 {
			want[i], placed[k] = rest[k], true
		}
	}
	for _, i := range open[1:] {
		if want[i] != nil {
			continue
		}
		if k := slices.Index(placed, false); k >= 0 {
			want[i], placed[k] = rest[k], true
		}
	}
}

// cameras lists up to limit publications for speaker slots: cameras, of the
// most recent speaker first; if slots are left over, other pictures.
func (b *board) cameras(rc *receiver, exclude []ParticipantID, named []*Publication, limit int) []*Publication {
	var list []*Publication
	eligible := func(pub *Publication) bool {
		return pub.feed.kind == Video && rc.mayReceive(pub) && !slices.Contains(exclude, pub.participant.id) &&
			!slices.Contains(named, pub) && !slices.Contains(list, pub)
	}
	for _, p := range b.speakers.order {
		for _, pub := range b.publications {
			if len(list) < limit && pub.participant == p && pub.feed.from == Camera && eligible(pub) {
				list = append(list, pub)
			}
		}
	}
	for _, camera := range []bool{true, false} {
		for _, pub := range b.publications {
			if len(list) < limit && (pub.feed.from == Camera) == camera && eligible(pub) {
				list = append(list, pub)
			}
		}
	}
	return list
}

func (b *board) byID(rc *receiver, id PublicationID, kind Kind) *Publication {
	for _, pub := range b.publications {
		if pub.id == id && pub.feed.kind == kind && rc.mayReceive(pub) {
			return pub
		}
	}
	return nil
}

// ofParticipant finds what a participant publishes of this kind that is not in
// named yet: its camera or microphone before anything else.
func (b *board) ofParticipant(rc *receiver, id ParticipantID, kind Kind, named []*Publication) *Publication {
	var best *Publication
	for _, pub := range b.publications {
		if pub.participant.id != id || pub.feed.kind != kind || !rc.mayReceive(pub) || slices.Contains(named, pub) {
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
