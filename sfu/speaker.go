package sfu

import (
	"cmp"
	"slices"
	"time"
)

// Thresholds of speaker detection. Levels are loudness: 127 minus the level of
// RFC 6464, so 127 is the loudest.
const (
	voiceLoudness   = 127 - 45               // a packet that is louder holds voice
	assumedLoudness = voiceLoudness + 5      // of a packet without a level
	beginTalking    = 200 * time.Millisecond // voice that makes somebody talking
	endTalking      = 700 * time.Millisecond // silence that ends it
	takeOverMargin  = 8.0                    // louder by this much, for so long, takes the lead
	takeOverTime    = 500 * time.Millisecond //
)

// voice is how loud an audio publication is. It belongs to the loop.
type voice struct {
	voiced    int // packets with voice since the last look
	heard     int // packets since the last look
	sum       int // of their loudness
	leveled   bool
	loudness  float64 // smoothed
	talking   bool
	voiceTime time.Duration // voice in a row so far
	quietTime time.Duration // silence in a row so far
}

// hear takes the levels of packets that were just received.
func (v *voice) hear(packets []*Packet) {
	for _, packet := range packets {
		loudness := assumedLoudness
		if packet.HasLevel {
			loudness = 127 - int(packet.Level&127)
			v.leveled = true
		}
		v.heard++
		v.sum += loudness
		if loudness >= voiceLoudness {
			v.voiced++
		}
	}
}

// look ends an interval of listening.
func (v *voice) look(interval time.Duration) {
	mean := 0.0
	if v.heard > 0 {
		mean = float64(v.sum) / float64(v.heard)
	}
	v.loudness += 0.3 * (mean - v.loudness)
	if v.voiced > 0 && v.voiced*3 >= v.heard {
		v.voiceTime += interval
		v.quietTime = 0
	} else {
		v.quietTime += interval
		v.voiceTime = 0
	}
	switch {
	case v.voiceTime >= beginTalking:
		v.talking = true
	case v.quietTime >= endTalking:
		v.talking = false
	}
	v.voiced, v.heard, v.sum = 0, 0, 0
}

// compare orders the louder before the quieter; talking goes before silence.
func (v *voice) compare(other *voice) int {
	if v.talking != other.talking {
		if v.talking {
			return -1
		}
		return 1
	}
	return cmp.Compare(other.loudness, v.loudness)
}

// speakers is who speaks in a room. It belongs to the loop.
type speakers struct {
	order    []*Participant // who has spoken, the current or most recent one first
	talking  []Speaker
	active   []*Publication // scratch of listen
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
	active := sp.active[:0]
	for _, pub := range publications {
		if pub.feed.kind != Audio {
			continue
		}
		was := pub.feed.voice.talking
		pub.feed.voice.look(interval)
		slotsMay = slotsMay || was != pub.feed.voice.talking
		if pub.feed.voice.talking && pub.feed.from == Microphone && !pub.feed.muted {
			active = append(active, pub)
		}
	}
	sp.active = active
	slices.SortStableFunc(active, func(a, b *Publication) int { return a.feed.voice.compare(&b.feed.voice) })
	sp.elect(active, interval)

	before := sp.talking
	sp.talking = nil
	for _, p := range sp.order {
		for _, pub := range active {
			// Whoever talks without saying how loud can't be told from silence.
			if pub.participant == p && pub.feed.voice.leveled {
				sp.talking = append(sp.talking, Speaker{p.id, uint8(127 - min(pub.feed.voice.loudness, 127))})
				break
			}
		}
	}
	listChanged = !slices.EqualFunc(before, sp.talking, func(a, b Speaker) bool { return a.Participant == b.Participant })
	return listChanged, slotsMay || listChanged || wasDominant != sp.dominant
}

// elect finds the dominant speaker among the active ones, loudest first. It
// changes only when the dominant one has fallen silent, or another has been
// clearly louder for a while.
func (sp *speakers) elect(active []*Publication, interval time.Duration) {
	if len(active) == 0 {
		sp.rival, sp.rivalFor = nil, 0
		return
	}
	for _, pub := range active {
		if !slices.Contains(sp.order, pub.participant) {
			sp.order = append(sp.order, pub.participant)
		}
	}
	loudest := active[0]
	i := slices.IndexFunc(active, func(pub *Publication) bool { return pub.participant == sp.dominant })
	switch {
	case i < 0:
		sp.lead(loudest.participant)
	case i == 0 || loudest.feed.voice.loudness-active[i].feed.voice.loudness < takeOverMargin:
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

func (sp *speakers) list() []Speaker { return slices.Clone(sp.talking) }

// forget drops somebody who publishes no more.
func (sp *speakers) forget(p *Participant) {
	sp.order = slices.DeleteFunc(sp.order, func(other *Participant) bool { return other == p })
	if sp.dominant == p {
		sp.dominant = nil
	}
	if sp.rival == p {
		sp.rival, sp.rivalFor = nil, 0
	}
}
