package sfu

import "slices"

// assignAudio fills a receiver's audio slots. With as many slots as sources
// each has one for itself. With fewer, the loudest have one, each for at least
// Config.SpeakerHold; whoever is talking keeps it, and sources other than
// microphones always have one. The slot that goes with a video slot carries the
// participant that is seen there.
func (b *board) assignAudio(rc *receiver, now int64) {
	if len(rc.audio) == 0 {
		return
	}
	want := make([]*Publication, len(rc.audio))
	var taken []*Publication
	var open []int
	for i, s := range rc.audio {
		switch s.demand.Kind {
		case WantTrack:
			want[i] = b.byID(rc, s.demand.Publication, Audio)
		case WantParticipant:
			want[i] = b.ofParticipant(rc, s.demand.Participant, Audio, taken)
		case WantSpeaker:
			open = append(open, i)
		}
		if want[i] != nil {
			taken = append(taken, want[i])
		}
	}
	if len(open) > 0 {
		b.fillWithVoices(rc, open, want, taken, now)
	}
	for i, s := range rc.audio {
		s.carry(want[i], now)
	}
}

func (b *board) fillWithVoices(rc *receiver, open []int, want, taken []*Publication, now int64) {
	exclude := rc.audio[open[0]].demand.Exclude
	var others []*Publication
	for _, pub := range b.publications {
		if pub.feed.kind == Audio && rc.mayReceive(pub) && !slices.Contains(taken, pub) && !slices.Contains(exclude, pub.participant.id) {
			others = append(others, pub)
		}
	}
	leadSlot, lead := b.leadVoice(rc, open, others)
	chosen := others
	if len(others) > len(open) {
		b.crowded = true
		chosen = b.loudest(rc, open, others, lead, now)
	}
	if lead != nil && slices.Contains(chosen, lead) {
		want[leadSlot] = lead
	}
	// Whoever has a slot and stays keeps it; the others take what is free.
	var homeless []*Publication
	for _, pub := range chosen {
		if slices.Contains(want, pub) {
			continue
		}
		i := slices.IndexFunc(open, func(i int) bool { return rc.audio[i].pub == pub && want[i] == nil })
		if i >= 0 {
			want[open[i]] = pub
		} else {
			homeless = append(homeless, pub)
		}
	}
	// The lead's slot is filled last: it waits for whoever is seen next.
	order := open
	if leadSlot >= 0 {
		order = append(slices.DeleteFunc(slices.Clone(open), func(i int) bool { return i == leadSlot }), leadSlot)
	}
	for _, i := range order {
		if want[i] == nil && len(homeless) > 0 {
			want[i], homeless = homeless[0], homeless[1:]
		}
	}
}

// leadVoice finds the slot that goes with a video slot, and the source that
// belongs to what is seen there (nil if that has no sound). With a single audio
// slot a silent picture must not keep a voice from being heard.
func (b *board) leadVoice(rc *receiver, open []int, others []*Publication) (slot int, lead *Publication) {
	slot = -1
	for _, i := range open {
		if rc.audio[i].slot.With != nil {
			slot = i
			break
		}
	}
	if slot < 0 || rc.audio[slot].slot.With.pub == nil {
		return slot, nil
	}
	seen := rc.audio[slot].slot.With.pub
	for _, pub := range others {
		if pub.participant != seen.participant {
			continue
		}
		screen := pub.feed.from == ScreenAudio
		if screen == (seen.feed.from == Screen) {
			lead = pub
			break
		}
		if lead == nil {
			lead = pub
		}
	}
	if lead != nil && len(open) == 1 && !lead.feed.voice.talking {
		if slices.ContainsFunc(others, func(pub *Publication) bool { return pub.feed.voice.talking || pub.feed.from != Microphone }) {
			return slot, nil
		}
	}
	return slot, lead
}

// loudest chooses who is heard when there are more sources than slots.
func (b *board) loudest(rc *receiver, open []int, others []*Publication, lead *Publication, now int64) []*Publication {
	chosen := make([]*Publication, 0, len(open))
	take := func(pub *Publication) {
		if len(chosen) < len(open) && !slices.Contains(chosen, pub) {
			chosen = append(chosen, pub)
		}
	}
	for _, pub := range others {
		if pub.feed.from != Microphone {
			take(pub)
		}
	}
	if lead != nil {
		take(lead)
	}
	// Whoever is talking in a slot, or has not had it for long, stays.
	hold := b.cfg.SpeakerHold.Nanoseconds()
	for _, i := range open {
		s := rc.audio[i]
		if s.pub != nil && slices.Contains(others, s.pub) && (s.pub.feed.voice.talking || now-s.heldSince < hold) {
			take(s.pub)
		}
	}
	byLoudness := slices.Clone(others)
	slices.SortStableFunc(byLoudness, func(a, b *Publication) int { return a.feed.voice.compare(&b.feed.voice) })
	for _, pub := range byLoudness {
		if pub.feed.voice.talking {
			take(pub)
		}
	}
	// Silence is no reason for a change.
	for _, i := range open {
		if pub := rc.audio[i].pub; pub != nil && slices.Contains(others, pub) {
			take(pub)
		}
	}
	for _, pub := range byLoudness {
		take(pub)
	}
	return chosen
}
