package sfu

import (
	"slices"
	"time"
)

// Somebody who is louder by takeOverMargin for takeOverTime takes the lead.
const (
	takeOverMargin = 8.0
	takeOverTime   = 500 * time.Millisecond
)

// speakers is who speaks in a room. It belongs to the loop.
type speakers struct {
	order    []*Participant // who has spoken, the dominant or most recent one first
	talking  []Speaker      // in the same order, as told last
	active   []*Publication // microphones of those who talk now, the loudest first
	dominant *Participant
	lastLook time.Time
	rival    *Participant // louder than the dominant one since rivalFor
	rivalFor time.Duration
}

// listen looks at all microphones. It tells whether the list of who is talking
// has changed, and whether anything has that slots depend on.
func (sp *speakers) listen(publications []*Publication, now time.Time) (listChanged, slotsMay bool) {
	interval := min(now.Sub(sp.lastLook), 2*tickInterval)
	if interval < tickInterval/2 {
		return false, false
	}
	sp.lastLook = now
	wasDominant := sp.dominant
	for i, pub := range sp.active {
		pub.participant.seat.voice, sp.active[i] = nil, nil
	}
	sp.active = sp.active[:0]
	for _, pub := range publications {
		f := &pub.feed
		if f.kind != Audio {
			continue
		}
		was := f.voice.talking
		f.voice.look(interval)
		slotsMay = slotsMay || was != f.voice.talking
		if f.voice.talking && f.from == Microphone && !f.muted {
			sp.active = append(sp.active, pub)
		}
	}
	slices.SortStableFunc(sp.active, func(a, b *Publication) int { return a.feed.voice.compare(&b.feed.voice) })
	for _, pub := range sp.active {
		if st := &pub.participant.seat; st.voice == nil {
			st.voice = pub
		}
	}
	sp.elect(interval)
	moved := sp.advance()

	before := sp.talking
	sp.talking = nil
	for _, p := range sp.order {
		if pub := p.seat.voice; pub == nil {
			break // those who talk are in front
		} else if pub.feed.voice.leveled && !p.hidden { // without a level nobody knows whether it is more than silence
			sp.talking = append(sp.talking, Speaker{p.id, uint8(127 - min(pub.feed.voice.loudness, 127))})
		}
	}
	listChanged = !slices.EqualFunc(before, sp.talking, func(a, b Speaker) bool { return a.Participant == b.Participant })
	return listChanged, slotsMay || moved || wasDominant != sp.dominant
}

// elect finds the dominant speaker. It changes only when the dominant one has
// fallen silent, or another has been clearly louder for a while. One that can't
// be told from silence, since it has no levels, gives way at once.
func (sp *speakers) elect(interval time.Duration) {
	if len(sp.active) == 0 {
		sp.rival, sp.rivalFor = nil, 0
		return
	}
	loudest := sp.active[0]
	var current *Publication
	if sp.dominant != nil {
		current = sp.dominant.seat.voice
	}
	switch {
	case current == nil || loudest.feed.voice.leveled && !current.feed.voice.leveled:
		sp.lead(loudest.participant)
	case current == loudest || loudest.feed.voice.loudness-current.feed.voice.loudness < takeOverMargin:
		sp.rival, sp.rivalFor = nil, 0
	case sp.rival != loudest.participant:
		sp.rival, sp.rivalFor = loudest.participant, interval
	default:
		if sp.rivalFor += interval; sp.rivalFor >= takeOverTime {
			sp.lead(loudest.participant)
		}
	}
}

// lead makes p the dominant speaker.
func (sp *speakers) lead(p *Participant) {
	sp.dominant, sp.rival, sp.rivalFor = p, nil, 0
	sp.order = slices.DeleteFunc(sp.order, func(other *Participant) bool { return other == p })
	sp.order = slices.Insert(sp.order, 0, p)
}

// advance brings those who talk before those who have talked, all else in the
// order in which it was, and reports whether that has changed anything.
func (sp *speakers) advance() (moved bool) {
	front := 0 // so many in front talk
	for front < len(sp.order) && sp.order[front].seat.voice != nil {
		front++
	}
	for _, pub := range sp.active {
		i := slices.Index(sp.order, pub.participant)
		if i >= 0 && i < front {
			continue
		}
		if i >= 0 {
			sp.order = slices.Delete(sp.order, i, i+1)
		}
		sp.order = slices.Insert(sp.order, front, pub.participant)
		front++
		moved = true
	}
	return moved
}

// forget drops somebody who publishes no sound any more.
func (sp *speakers) forget(p *Participant) {
	sp.order = slices.DeleteFunc(sp.order, func(other *Participant) bool { return other == p })
	sp.active = slices.DeleteFunc(sp.active, func(pub *Publication) bool { return pub.participant == p })
	p.seat.voice = nil
	if sp.dominant == p {
		sp.dominant = nil
	}
	if sp.rival == p {
		sp.rival, sp.rivalFor = nil, 0
	}
}
