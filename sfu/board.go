package sfu

import (
	"slices"
	"sync/atomic"
	"time"
)

// tickInterval is how often a room's board looks at who is speaking, which
// encodings are alive and what budgets allow.
const tickInterval = 100 * time.Millisecond

// retargetTicks is after how many of them targets are looked at even if
// nothing seems to have changed: bitrates and picture sizes drift.
const retargetTicks = 5

// board is the packet path's half of a room: what is published, who receives,
// and which publication flows through which slot. All of it belongs to the
// loop, but for what says otherwise.
type board struct {
	cfg      *Config
	codecs   []Codec
	loop     Loop
	counters *counters

	publications []*Publication // in the order in which they came
	receivers    []*receiver
	speakers     speakers
	talking      atomic.Pointer[[]Speaker] // read from anywhere
	dirty        bool                      // an assignment is due at the end of this pass
	ticking      bool
	ticks        int
	crowded      bool // somewhere there are more voices than slots, so that time alone may change who is heard
	closed       bool
	tell         func(Event) // tells everyone in the room
}

// receiver is one transport's slots, in the order in which they were opened.
type receiver struct {
	participant *Participant
	name        string
	audio       []*Subscription
	video       []*Subscription
}

func newBoard(s *SFU, loop Loop, tell func(Event)) *board {
	return &board{cfg: &s.cfg, codecs: s.codecs, loop: loop, counters: &s.metrics.counters, tell: tell}
}

// lastSpeakers may be called from anywhere.
func (b *board) lastSpeakers() []Speaker {
	if list := b.talking.Load(); list != nil {
		return *list
	}
	return nil
}

// changed makes an assignment due. Changes that come together are assigned
// once.
func (b *board) changed() {
	if b.dirty || b.closed {
		return
	}
	b.dirty = true
	b.loop.Post(func() {
		b.dirty = false
		b.assign()
	})
}

func (b *board) addPublication(pub *Publication) {
	if !slices.Contains(b.publications, pub) {
		b.publications = append(b.publications, pub)
	}
	b.changed()
	b.startTicking()
}

func (b *board) removePublication(pub *Publication) {
	i := slices.Index(b.publications, pub)
	if i < 0 {
		return
	}
	b.publications = slices.Delete(b.publications, i, i+1)
	if pub.feed.from == Microphone {
		b.speakers.forget(pub.participant)
	}
	now := b.loop.Now().UnixNano()
	for _, s := range slices.Clone(pub.feed.subscribers) {
		s.carry(nil, now)
		for _, e := range pub.feed.encodings {
			s.forwarder.forget(e)
		}
	}
	b.changed()
}

func (b *board) addSubscription(s *Subscription) {
	i := slices.IndexFunc(b.receivers, func(rc *receiver) bool {
		return rc.participant == s.participant && rc.name == s.slot.Receiver
	})
	if i < 0 {
		i = len(b.receivers)
		b.receivers = append(b.receivers, &receiver{participant: s.participant, name: s.slot.Receiver})
	}
	lines := b.receivers[i].lines(s.slot.Kind)
	*lines = append(*lines, s)
	b.changed()
}

func (b *board) removeSubscription(s *Subscription) {
	s.carry(nil, 0)
	for i, rc := range b.receivers {
		if rc.participant != s.participant || rc.name != s.slot.Receiver {
			continue
		}
		lines := rc.lines(s.slot.Kind)
		*lines = slices.DeleteFunc(*lines, func(other *Subscription) bool { return other == s })
		if len(rc.audio)+len(rc.video) == 0 {
			b.receivers = slices.Delete(b.receivers, i, i+1)
		}
		break
	}
	b.changed()
}

func (rc *receiver) lines(kind Kind) *[]*Subscription {
	if kind == Audio {
		return &rc.audio
	}
	return &rc.video
}

func (rc *receiver) all() []*Subscription { return append(slices.Clone(rc.audio), rc.video...) }

// luggage is what a participant takes along to another room.
type luggage struct {
	publications []*Publication
	receivers    []*receiver
}

// removeParticipant takes all of p off the board. When p has left for good its
// feeds end; when it moves they go along.
func (b *board) removeParticipant(p *Participant) luggage {
	now := b.loop.Now().UnixNano()
	var l luggage
	for _, pub := range slices.Clone(b.publications) {
		if pub.participant == p {
			b.removePublication(pub)
			l.publications = append(l.publications, pub)
		}
	}
	b.receivers = slices.DeleteFunc(b.receivers, func(rc *receiver) bool {
		if rc.participant != p {
			return false
		}
		for _, s := range rc.all() {
			s.carry(nil, now)
			s.announce()
		}
		l.receivers = append(l.receivers, rc)
		return true
	})
	b.speakers.forget(p)
	b.changed()
	select {
	case <-p.done:
		for _, pub := range l.publications {
			pub.feed.stop()
		}
		return luggage{}
	default:
		return l
	}
}

// addParticipant puts on the board what a participant brings from another room.
func (b *board) addParticipant(l luggage) {
	b.receivers = append(b.receivers, l.receivers...)
	for _, pub := range l.publications {
		b.addPublication(pub)
	}
	b.changed()
}

func (b *board) close() { b.closed = true }

// startTicking keeps the board's clock going while anything is published.
func (b *board) startTicking() {
	if b.ticking || b.closed {
		return
	}
	b.ticking = true
	b.loop.After(tickInterval, b.tick)
}

func (b *board) tick() {
	b.ticking = false
	if b.closed {
		return
	}
	reassign := b.listen() || b.crowded
	if len(b.publications) > 0 {
		b.startTicking()
	}
	if reassign {
		b.assign()
		return
	}
	now := b.loop.Now().UnixNano()
	if b.ticks++; b.ticks%retargetTicks == 0 || b.livenessChanged(now) {
		b.retarget()
	}
}

// livenessChanged tells whether an encoding has come or gone since it was
// last asked.
func (b *board) livenessChanged(now int64) bool {
	changed := false
	for _, pub := range b.publications {
		if mask := pub.feed.liveness(now); mask != pub.feed.lastLiveness {
			pub.feed.lastLiveness = mask
			changed = true
		}
	}
	return changed
}

// listen looks at who is speaking and tells everyone when that has changed. It
// reports whether slots may have to change.
func (b *board) listen() bool {
	listChanged, slotsMay := b.speakers.listen(b.publications, b.loop.Now())
	if listChanged {
		list := b.speakers.list()
		b.talking.Store(&list)
		b.counters.speakerChanges.Add(1)
		b.tell(SpeakersChanged{list})
	}
	return slotsMay
}

// assign decides which publication flows through which slot, and with which
// target.
func (b *board) assign() {
	if b.closed {
		return
	}
	now := b.loop.Now().UnixNano()
	b.crowded = false
	for _, rc := range b.receivers {
		b.assignVideo(rc, now)
		b.assignAudio(rc, now)
	}
	b.retarget()
}

// announceAll tells p what flows through its slots, for a new reader of its
// events.
func (b *board) announceAll(p *Participant) {
	for _, rc := range b.receivers {
		if rc.participant != p {
			continue
		}
		for _, s := range rc.all() {
			if s.announced.Publication != "" {
				p.tell(s.announced)
			}
		}
	}
}

// mayReceive tells whether a receiver may be sent a publication at all: never
// what its own person publishes.
func (rc *receiver) mayReceive(pub *Publication) bool {
	p, other := rc.participant, pub.participant
	return p != other && (p.linkedTo == "" || p.linkedTo != other.id) && (other.linkedTo == "" || other.linkedTo != p.id)
}

// clockOf finds the clock that a publication shares with the others of its
// participant that name the same one.
func (b *board) clockOf(pub *Publication) *peerClock {
	for _, other := range b.publications {
		if other != pub && other.participant == pub.participant && other.feed.clockName == pub.feed.clockName && other.feed.clock != nil {
			return other.feed.clock
		}
	}
	return &peerClock{}
}
