package sfu

import (
	"cmp"
	"slices"
)

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
	if !rc.seat.deaf {
		open := make([]int, 0, 16)
		for i, s := range rc.audio {
			want[i] = b.named(rc, s.demand, Audio, want)
			if s.demand.Kind == WantSpeaker {
				open = append(open, i)
			}
		}
		if len(open) > 0 {
			h := hearing{board: b, rc: rc, open: open, named: slices.Clone(want), now: now}
			h.fill(want)
		}
	}
	for i, s := range rc.audio {
		s.carry(want[i], now)
	}
}

// voices is all sound in a room, in the order in which slots are given away.
type voices struct {
	all     []*Publication
	always  []*Publication // of all: what is never selected away
	talking []*Publication // microphones of those who talk, the loudest first
	silent  []*Publication // the others
}

func (b *board) rankVoices() {
	v := &b.voices
	clear(v.all)
	v.all = v.all[:0]
	for _, pub := range b.publications {
		if pub.feed.kind == Audio {
			v.all = append(v.all, pub)
		}
	}
	class := func(f *feed) int {
		switch {
		case f.from != Microphone:
			return 0
		case f.voice.talking:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(v.all, func(x, y *Publication) int {
		if c := cmp.Compare(class(&x.feed), class(&y.feed)); c != 0 || x.feed.from != Microphone {
			return c
		}
		return x.feed.voice.compare(&y.feed.voice)
	})
	first := func(c int) int {
		i, _ := slices.BinarySearchFunc(v.all, c, func(pub *Publication, c int) int { return cmp.Compare(class(&pub.feed), c) })
		return i
	}
	talking, silent := first(1), first(2)
	v.always, v.talking, v.silent = v.all[:talking], v.all[talking:silent], v.all[silent:]
}

// hearing is the choice of who is heard in a receiver's slots that name nobody.
type hearing struct {
	board *board
	rc    *receiver
	open  []int          // those slots
	named []*Publication // in the other slots
	now   int64
}

func (h *hearing) fill(want []*Publication) {
	// One more than there are slots is enough to know that they are too few.
	others := make([]*Publication, 0, 16)
	for _, pub := range h.board.voices.all {
		if h.mayHear(pub) {
			if others = append(others, pub); len(others) > len(h.open) {
				break
			}
		}
	}
	slot, lead := h.lead(others)
	chosen := others
	if len(others) > len(h.open) {
		chosen = h.loudest(lead)
	}
	if lead != nil && slices.Contains(chosen, lead) {
		want[slot] = lead
	}
	// The lead's slot is filled last: it waits for whoever is seen next.
	order := slices.DeleteFunc(slices.Clone(h.open), func(i int) bool { return i == slot })
	if slot >= 0 {
		order = append(order, slot)
	}
	place(h.rc.audio, order, chosen, want)
	for _, i := range order { // what was chosen may not be admitted where there is space
		if want[i] == nil {
			want[i] = h.other(h.rc.audio[i], want)
		}
	}
}

// other is the first sound that a slot admits and that is in no slot, or nil.
func (h *hearing) other(s *Subscription, want []*Publication) *Publication {
	for _, pub := range h.board.voices.all {
		if s.admits(pub) && h.mayHear(pub) && !slices.Contains(want, pub) {
			return pub
		}
	}
	return nil
}

// mayHear reports whether one of the slots may carry pub.
func (h *hearing) mayHear(pub *Publication) bool {
	return h.rc.mayReceive(pub) && !slices.Contains(h.named, pub) &&
		slices.ContainsFunc(h.open, func(i int) bool { return h.rc.audio[i].admits(pub) })
}

// lead finds the slot that goes with a video slot, and the sound that belongs to
// what is seen there (nil if there is none). With a single slot a silent picture
// must not keep a voice from being heard.
func (h *hearing) lead(others []*Publication) (slot int, lead *Publication) {
	i := slices.IndexFunc(h.open, func(i int) bool { return h.rc.audio[i].slot.With != nil })
	if i < 0 {
		return -1, nil
	}
	slot = h.open[i]
	s := h.rc.audio[slot]
	seen := s.slot.With.pub
	if seen == nil {
		return slot, nil
	}
	best := -1
	for _, pub := range h.board.of[seen.participant.person] {
		if pub.feed.kind != Audio || !h.mayHear(pub) || !s.admits(pub) {
			continue
		}
		if fit := fit(seen, pub); fit > best {
			lead, best = pub, fit
		}
	}
	if lead != nil && len(h.open) == 1 && !lead.feed.voice.talking {
		if slices.ContainsFunc(others, func(pub *Publication) bool { return pub.feed.voice.talking || pub.feed.from != Microphone }) {
			return slot, nil
		}
	}
	return slot, lead
}

// fit is how well a person's sound goes with a picture of that person: the
// screen's with the screen, and with a camera the microphone that is in use.
func fit(seen, sound *Publication) (points int) {
	if (sound.feed.from == ScreenAudio) == (seen.feed.from == Screen) {
		points += 4
	}
	if sound.feed.voice.talking {
		points += 2
	}
	if !sound.feed.muted {
		points++
	}
	return points
}

// loudest chooses who is heard when there are more sources than slots.
func (h *hearing) loudest(lead *Publication) []*Publication {
	chosen := make([]*Publication, 0, 16)
	// take reports whether there was space.
	take := func(pub *Publication) bool {
		switch {
		case slices.Contains(chosen, pub):
			return true
		case len(chosen) == len(h.open):
			return false
		}
		chosen = append(chosen, pub)
		return true
	}
	takeAll := func(list []*Publication) (all bool) {
		for _, pub := range list {
			if h.mayHear(pub) && !take(pub) {
				return false
			}
		}
		return true
	}
	voices := &h.board.voices
	takeAll(voices.always)
	if lead != nil {
		take(lead)
	}
	// Whoever is talking in a slot stays, then whoever has not had it for long.
	var held []*Publication
	hold := h.board.cfg.SpeakerHold.Nanoseconds()
	freeAt := int64(never)
	for _, i := range h.open {
		s := h.rc.audio[i]
		switch {
		case s.pub == nil || !h.mayHear(s.pub):
		case s.pub.feed.voice.talking:
			take(s.pub)
		case h.now-s.heldSince < hold:
			held = append(held, s.pub)
			freeAt = min(freeAt, s.heldSince+hold)
		}
	}
	for _, pub := range held {
		take(pub)
	}
	if !takeAll(voices.talking) {
		h.board.reassignAt = min(h.board.reassignAt, freeAt) // somebody who talks waits for a hold to end
	}
	// Silence is no reason for a change.
	for _, i := range h.open {
		if pub := h.rc.audio[i].pub; pub != nil && h.mayHear(pub) {
			take(pub)
		}
	}
	takeAll(voices.silent)
	return chosen
}
