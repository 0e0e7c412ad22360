package sfu

import (
	"math"
	"slices"
	"sync/atomic"
	"time"
)

const (
	// tickInterval is how often a room's board looks at who is speaking and
	// which encodings are sent.
	tickInterval = 100 * time.Millisecond
	// retargetTicks is after how many of them a seat's targets are looked at
	// even if nothing seems to have changed: bitrates drift. Each tick takes its
	// share of the seats.
	retargetTicks = 5
	// never is a time in nanoseconds that does not come.
	never = math.MaxInt64
)

// board is the packet path's half of a room: what is published, who receives,
// and which publication flows through which slot. All of it belongs to the
// loop, but for what says otherwise.
type board struct {
	cfg      *Config
	loop     Loop
	counters *counters
	tell     func(Event) // tells everyone in the room

	seats        []*seat        // of those who receive
	publications []*Publication // in the order in which they came
	byID         map[PublicationID]*Publication
	of           map[ParticipantID][]*Publication // of a participant and of those who are linked to it

	speakers speakers
	talking  atomic.Pointer[[]Speaker] // read from anywhere
	pictures []*Publication            // those that speaker slots show, in order
	voices   voices
	unranked bool // pictures and voices are of earlier
	ranking  int  // counts them

	scheduled  bool    // settle will run
	all        bool    // all slots are to be assigned
	dirty      []*seat // or those of these
	reassignAt int64   // Unix nanoseconds: when time alone changes who is heard
	ticking    bool
	ticks      int
	closed     bool
}

func newBoard(s *SFU, loop Loop, tell func(Event)) *board {
	return &board{
		cfg: &s.cfg, loop: loop, counters: &s.metrics.counters, tell: tell, reassignAt: never,
		byID: make(map[PublicationID]*Publication), of: make(map[ParticipantID][]*Publication),
	}
}

// lastSpeakers may be called from anywhere.
func (b *board) lastSpeakers() []Speaker {
	if list := b.talking.Load(); list != nil {
		return *list
	}
	return nil
}

func (b *board) addPublication(pub *Publication) {
	b.publications = append(b.publications, pub)
	b.byID[pub.id] = pub
	p := pub.participant
	b.of[p.id] = append(b.of[p.id], pub)
	if p.person != p.id {
		b.of[p.person] = append(b.of[p.person], pub)
	}
	pub.feed.ranked = 0
	b.changed()
	if !b.ticking {
		b.speakers.lastLook = b.loop.Now()
		b.startTicking()
	}
}

func (b *board) removePublication(pub *Publication) {
	isIt := func(other *Publication) bool { return other == pub }
	b.publications = slices.DeleteFunc(b.publications, isIt)
	delete(b.byID, pub.id)
	p := pub.participant
	for _, id := range []ParticipantID{p.id, p.person} {
		if b.of[id] = slices.DeleteFunc(b.of[id], isIt); len(b.of[id]) == 0 {
			delete(b.of, id)
		}
	}
	if !slices.ContainsFunc(b.of[p.id], func(other *Publication) bool { return other.participant == p && other.feed.from == Microphone }) {
		b.speakers.forget(p)
	}
	now := b.loop.Now().UnixNano()
	subscribers := pub.feed.subscribers
	pub.feed.subscribers = nil
	for _, s := range subscribers {
		s.carry(nil, now)
		for _, e := range pub.feed.encodings {
			s.forwarder.forget(e)
		}
	}
	b.changed()
}

// disown makes all slots forget a publication that goes to another board: its
// history may be on another loop soon.
func (b *board) disown(pub *Publication) {
	for _, st := range b.seats {
		st.slots(func(s *Subscription) {
			for _, e := range pub.feed.encodings {
				s.forwarder.forget(e)
			}
		})
	}
}

func (b *board) removeSeat(st *seat) {
	b.seats = slices.DeleteFunc(b.seats, func(other *seat) bool { return other == st })
}

// forget lets go of a seat that leaves the board: it may be on another loop soon.
func (b *board) forget(st *seat) {
	b.removeSeat(st)
	b.dirty = slices.DeleteFunc(b.dirty, func(other *seat) bool { return other == st })
	st.dirty = false
}

// changed makes an assignment of all slots due. Changes that come together are
// assigned once.
func (b *board) changed() {
	b.all, b.unranked = true, true
	b.schedule()
}

func (b *board) schedule() {
	if !b.scheduled && !b.closed {
		b.scheduled = true
		b.loop.Post(b.settle)
	}
}

// settle assigns the slots that are due.
func (b *board) settle() {
	b.scheduled = false
	if b.closed {
		return
	}
	now := b.loop.Now().UnixNano()
	due := b.dirty
	if b.all {
		due = b.seats
		b.reassignAt = never
	}
	b.rank()
	for _, st := range due {
		b.assign(st, now)
	}
	for _, st := range b.dirty {
		st.dirty = false
	}
	clear(b.dirty)
	b.dirty, b.all = b.dirty[:0], false
}

// assign decides which publication flows through which slot of a seat, and with
// which target.
func (b *board) assign(st *seat, now int64) {
	for _, rc := range st.receivers {
		b.assignVideo(rc, now)
		b.assignAudio(rc, now)
	}
	st.retarget(now)
}

// rank puts pictures and voices in order.
func (b *board) rank() {
	if b.unranked {
		b.unranked = false
		b.ranking++
		b.rankPictures()
		b.rankVoices()
	}
}

func (b *board) close() { b.closed = true }

// startTicking keeps the board's clock going while anything is published.
func (b *board) startTicking() {
	if !b.ticking && !b.closed && len(b.publications) > 0 {
		b.ticking = true
		b.loop.After(tickInterval, b.tick)
	}
}

func (b *board) tick() {
	b.ticking = false
	if b.closed {
		return
	}
	defer b.startTicking() // whatever fails
	now := b.loop.Now().UnixNano()
	if b.listen() || now >= b.reassignAt {
		b.changed()
	}
	for _, pub := range b.publications {
		if pub.feed.measure(now) {
			pub.feed.retarget()
		}
		pub.feed.expire(now)
		pub.announceCodec()
	}
	for i := b.ticks % retargetTicks; i < len(b.seats); i += retargetTicks {
		b.seats[i].retarget(now)
	}
	b.ticks++
}

// listen looks at who is speaking and tells everyone when that has changed. It
// reports whether slots may have to change.
func (b *board) listen() bool {
	listChanged, slotsMay := b.speakers.listen(b.publications, b.loop.Now())
	b.unranked = b.unranked || len(b.speakers.active) > 0 // loudness drifts
	if listChanged {
		list := slices.Clone(b.speakers.talking)
		b.talking.Store(&list)
		b.counters.speakerChanges.Add(1)
		b.tell(SpeakersChanged{list})
	}
	return slotsMay
}
