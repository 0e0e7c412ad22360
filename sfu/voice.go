package sfu

import (
	"cmp"
	"time"
)

// Thresholds of a voice. Levels are loudness: 127 minus the level of RFC 6464,
// so 127 is the loudest.
const (
	voiceLoudness   = 127 - 45               // a packet that is louder holds voice
	assumedLoudness = voiceLoudness + 5      // of a packet without a level
	beginTalking    = 200 * time.Millisecond // voice that makes somebody talking
	endTalking      = 700 * time.Millisecond // silence that ends it
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

// compare orders those who talk before those who don't, whose level is known
// before whose is only assumed, and the louder before the quieter.
func (v *voice) compare(other *voice) int {
	first := func(a, b bool) int {
		switch {
		case a == b:
			return 0
		case a:
			return -1
		}
		return 1
	}
	return cmp.Or(first(v.talking, other.talking), first(v.leveled, other.leveled), cmp.Compare(other.loudness, v.loudness))
}
