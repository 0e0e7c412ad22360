package sfu

import "slices"

// seat is the packet path's half of a participant: what it publishes and where
// it receives. It belongs to the loop, and follows its participant to another
// room a little later than the roster says.
type seat struct {
	participant  *Participant
	board        *board // of the room
	publications []*Publication
	receivers    []*receiver
	voice        *Publication // the microphone that it talks into now, nil if it is silent
	budget       int          // bits per second, 0: unlimited
	deaf         bool         // it may not receive
	dirty        bool         // its slots are to be assigned
}

// receiver is one transport's slots, in the order in which they were opened.
type receiver struct {
	seat  *seat
	name  string
	audio []*Subscription
	video []*Subscription
}

func (rc *receiver) lines(kind Kind) *[]*Subscription {
	if kind == Audio {
		return &rc.audio
	}
	return &rc.video
}

// mayReceive tells whether a receiver may be sent a publication at all: never
// what its own person publishes.
func (rc *receiver) mayReceive(pub *Publication) bool {
	return rc.seat.participant.person != pub.participant.person
}

// publish puts a publication on the board, or has the board look at it again.
func (st *seat) publish(pub *Publication) {
	if slices.Contains(st.publications, pub) {
		st.board.changed()
		return
	}
	st.publications = append(st.publications, pub)
	st.board.addPublication(pub)
}

func (st *seat) unpublish(pub *Publication) {
	if i := slices.Index(st.publications, pub); i >= 0 {
		st.publications = slices.Delete(st.publications, i, i+1)
		st.board.removePublication(pub)
	}
}

func (st *seat) subscribe(s *Subscription) {
	if len(st.receivers) == 0 {
		st.board.seats = append(st.board.seats, st)
	}
	i := slices.IndexFunc(st.receivers, func(rc *receiver) bool { return rc.name == s.slot.Receiver })
	if i < 0 {
		i = len(st.receivers)
		st.receivers = append(st.receivers, &receiver{seat: st, name: s.slot.Receiver})
	}
	lines := st.receivers[i].lines(s.slot.Kind)
	*lines = append(*lines, s)
	st.changed()
}

func (st *seat) unsubscribe(s *Subscription) {
	s.carry(nil, 0)
	i := slices.IndexFunc(st.receivers, func(rc *receiver) bool { return rc.name == s.slot.Receiver })
	if i < 0 {
		return
	}
	rc := st.receivers[i]
	lines := rc.lines(s.slot.Kind)
	*lines = slices.DeleteFunc(*lines, func(other *Subscription) bool { return other == s })
	if len(rc.audio)+len(rc.video) == 0 {
		st.receivers = slices.Delete(st.receivers, i, i+1)
	}
	if len(st.receivers) == 0 {
		st.board.removeSeat(st)
	}
	st.changed()
}

// slots calls f for each slot.
func (st *seat) slots(f func(*Subscription)) {
	for _, rc := range st.receivers {
		for _, s := range rc.video {
			f(s)
		}
		for _, s := range rc.audio {
			f(s)
		}
	}
}

// announce tells a new reader of the participant's events what flows through
// its slots.
func (st *seat) announce() {
	st.slots(func(s *Subscription) {
		if s.announced.Publication != "" {
			st.participant.tell(s.announced)
		}
	})
}

func (st *seat) setDeaf(deaf bool) {
	if st.deaf != deaf {
		st.deaf = deaf
		st.changed()
	}
}

// changed makes an assignment of the seat's slots due.
func (st *seat) changed() {
	if !st.dirty {
		st.dirty = true
		st.board.dirty = append(st.board.dirty, st)
		st.board.schedule()
	}
}

// leave ends the seat.
func (st *seat) leave() {
	st.rise()
	for _, pub := range st.publications {
		pub.feed.end()
	}
	st.publications, st.receivers = nil, nil
}

// move takes the seat with all that it has to another board of the same loop.
func (st *seat) move(to *board) {
	st.rise()
	st.sit(to)
}

// sit puts all that the seat has on a board.
func (st *seat) sit(to *board) {
	st.board = to
	for _, pub := range st.publications {
		to.addPublication(pub)
	}
	if len(st.receivers) > 0 {
		to.seats = append(to.seats, st)
		st.changed()
	}
}

// rise takes all that the seat has off its board.
func (st *seat) rise() {
	b := st.board
	for _, pub := range st.publications {
		b.removePublication(pub)
		b.disown(pub)
		pub.feed.stopTimers()
	}
	now := b.loop.Now().UnixNano()
	st.slots(func(s *Subscription) {
		s.carry(nil, now)
		s.announce()
		s.forwarder.forgetAll()
	})
	b.forget(st)
}

// clock finds the clock that a feed shares with the seat's others of the same
// clock's name.
func (st *seat) clock(f *feed, name string) *peerClock {
	for _, other := range st.publications {
		if o := &other.feed; o != f && o.clockName == name && o.clock != nil {
			return o.clock
		}
	}
	return &peerClock{}
}
