package sfu

import (
	"fmt"
	"slices"

	"github.com/pion/rtcp"
)

// Subscription is one slot of a participant: a receiving line and what flows
// through it.
type Subscription struct {
	participant *Participant
	slot        Slot
	sink        Sink
	closed      bool // guarded by the room's mu

	// Touched only on the loop.
	demand     Demand
	pub        *Publication // nil: nothing
	encoding   *encoding    // the target, nil while paused
	forwarder  *forwarder
	heldSince  int64 // audio: when pub came into this slot
	squeezed   bool  // the budget does not reach
	suspended  bool  // the receiver can't be reached
	congestion congestion
	announced  SlotChanged // the last that was told
}

// Subscribe opens a slot with the zero Demand. The sink is called on the loop
// only, after Subscribe has returned. ErrForbidden, ErrLimit, ErrClosed or a
// FieldError.
func (p *Participant) Subscribe(slot Slot, sink Sink) (*Subscription, error) {
	if slot.Kind != Audio && slot.Kind != Video {
		return nil, &FieldError{"kind", fmt.Sprintf("%v is not audio or video", slot.Kind)}
	}
	r := p.lockRoom()
	defer r.mu.Unlock()
	switch {
	case p.left != "":
		return nil, ErrClosed
	case !p.grants.Has(MaySubscribe):
		return nil, fmt.Errorf("subscribe: %w", ErrForbidden)
	}
	if err := p.mayOpen(&slot, r.sfu.cfg.MaxSlots); err != nil {
		return nil, err
	}
	s := &Subscription{participant: p, slot: slot, sink: sink}
	s.announced.Subscription = s
	s.forwarder = newForwarder(slot.Kind, sink, s.switched)
	p.subscriptions = append(p.subscriptions, s)
	p.post(func() { p.seat.subscribe(s) })
	return s, nil
}

// mayOpen checks a slot against those that there are. Under the room's mu.
func (p *Participant) mayOpen(slot *Slot, limit int) error {
	if with := slot.With; with != nil && (slot.Kind != Audio || with.slot.Kind != Video || with.participant != p || with.slot.Receiver != slot.Receiver) {
		return &FieldError{"with", "only an audio slot goes with another, a video slot of the same receiver"}
	}
	beside := 0
	for _, other := range p.subscriptions {
		if other.slot.Receiver == slot.Receiver {
			beside++
		}
	}
	if beside >= 2*limit { // what replaces a slot may be opened before that is closed
		return fmt.Errorf("%d slots of a receiver: %w", 2*limit, ErrLimit)
	}
	if len(p.subscriptions) >= maxTransports*limit {
		return fmt.Errorf("%d slots of a participant: %w", maxTransports*limit, ErrLimit)
	}
	return nil
}

// Slot describes the line.
func (s *Subscription) Slot() Slot { return s.slot }

// Participant whose slot it is.
func (s *Subscription) Participant() *Participant { return s.participant }

// Want says what the receiver would like to see. Any goroutine; a FieldError if
// a value is out of bounds.
func (s *Subscription) Want(d Demand) error {
	switch {
	case d.Width < 0 || d.Width > 16384:
		return &FieldError{"width", fmt.Sprintf("%d is not between 0 and 16384", d.Width)}
	case d.Height < 0 || d.Height > 16384:
		return &FieldError{"height", fmt.Sprintf("%d is not between 0 and 16384", d.Height)}
	case d.FPS < 0 || d.FPS > 240:
		return &FieldError{"fps", fmt.Sprintf("%d is not between 0 and 240", d.FPS)}
	case d.Priority < 0 || d.Priority > 10:
		return &FieldError{"priority", fmt.Sprintf("%d is not between 0 and 10", d.Priority)}
	case len(d.Exclude) > 64:
		return &FieldError{"exclude", fmt.Sprintf("%d participants is more than 64", len(d.Exclude))}
	}
	d.Exclude = slices.Clone(d.Exclude)
	s.participant.Post(func() {
		s.demand = d
		s.participant.seat.changed()
	})
	return nil
}

// HandleRTCP takes what a receiver reports about this slot: lost packets
// (RFC 4585 NACK) are sent again from the history, PLI and FIR become keyframe
// requests. On the loop.
func (s *Subscription) HandleRTCP(packets []rtcp.Packet) {
	for _, packet := range packets {
		switch m := packet.(type) {
		case *rtcp.TransportLayerNack:
			var seqs [maxNacked]uint16
			n := 0
			for _, pair := range m.Nacks {
				pair.Range(func(seq uint16) bool {
					if n < len(seqs) {
						seqs[n] = seq
						n++
					}
					return n < len(seqs)
				})
			}
			s.Lost(seqs[:n])
		case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
			s.NeedKeyframe()
		}
	}
}

// Lost says that the receiver lacks these sequence numbers of the slot (NACK,
// RFC 4585 section 6.2.1): they are sent again from the history. On the loop.
func (s *Subscription) Lost(seqs []uint16) {
	board := s.participant.seat.board
	s.forwarder.retransmit(seqs, board.loop.Now().UnixNano())
	board.counters.nacked.Add(uint64(len(seqs)))
}

// NeedKeyframe says that the receiver can't decode what it is sent (PLI, FIR).
// On the loop.
func (s *Subscription) NeedKeyframe() {
	if s.pub != nil && s.encoding != nil {
		s.pub.feed.wantKeyframe(s.encoding.index)
	}
}

// Interrupt says that the sink had to drop what it was given because it had no
// space: a picture goes on at its next keyframe, which is asked for, so that
// what can't be decoded takes no space either. Sound just goes on. On the loop,
// not from within WriteRTP.
//
// A receiver that is interrupted again soon is too slow for what it is sent. It is
// paused for longer each time, since everybody gets the keyframe that it needs.
func (s *Subscription) Interrupt() {
	if s.slot.Kind != Video || !s.forwarder.flowing {
		return
	}
	s.forwarder.interrupt()
	now := s.participant.seat.board.loop.Now().UnixNano()
	if s.congestion.interrupted(now) {
		s.aim(now)
		return
	}
	s.NeedKeyframe()
}

// Suspend stops what flows through the slot while its receiver can't be reached,
// so that its numbers don't run on, and lets it flow again. On the loop.
func (s *Subscription) Suspend(suspended bool) {
	if s.suspended != suspended {
		s.suspended = suspended
		s.participant.seat.retarget(s.participant.seat.board.loop.Now().UnixNano())
	}
}

// maxNacked packets of one NACK message are looked at.
const maxNacked = 256

// Close ends the slot. It may be called more than once.
func (s *Subscription) Close() {
	p := s.participant
	r := p.lockRoom()
	defer r.mu.Unlock()
	if s.closed {
		return
	}
	s.closed = true
	p.subscriptions = slices.DeleteFunc(p.subscriptions, func(other *Subscription) bool { return other == s })
	p.post(func() { p.seat.unsubscribe(s) })
}

// carry makes pub the slot's content; on the loop.
func (s *Subscription) carry(pub *Publication, now int64) {
	if s.pub == pub {
		return
	}
	if s.pub != nil {
		s.pub.feed.drop(s)
	}
	s.pub, s.encoding, s.heldSince = pub, nil, now
	s.forwarder.carry(nil, 0, true)
	if pub != nil {
		pub.feed.add(s)
	}
}

// paused tells why nothing flows though there is a publication.
func (s *Subscription) paused() PauseReason {
	f := &s.pub.feed
	switch {
	case f.source == nil:
		return PausedReconnecting
	case f.muted:
		return PausedMuted
	case s.slot.Kind == Video && s.demand.Width == 0 && s.demand.Height == 0:
		return PausedHidden
	case len(f.sent) > 0 && f.choose(s.demand, s.slot.Codecs) < 0:
		return PausedCodec
	case s.suspended || s.squeezed || s.congestion.pauses(f.seat.board.loop.Now().UnixNano()):
		return PausedBandwidth
	case len(f.sent) == 0:
		return PausedInactive
	}
	return NotPaused
}

// switched is called by the forwarder before the first packet of another
// publication or encoding is written.
func (s *Subscription) switched(number uint32, firstTimestamp uint32) {
	if s.slot.Kind != Video || s.pub == nil || s.pub.number != number {
		return
	}
	if s.announced.Number == number && s.announced.HasTimestamp && s.announced.Paused == NotPaused {
		return // another encoding of the same publication needs no label
	}
	s.tell(SlotChanged{Subscription: s, Publication: s.pub.id, Number: number, FirstTimestamp: firstTimestamp, HasTimestamp: true})
}

// announce tells what flows through the slot if that has changed.
func (s *Subscription) announce() {
	ev := SlotChanged{Subscription: s}
	if s.pub != nil {
		ev.Publication, ev.Number, ev.Paused = s.pub.id, s.pub.number, s.paused()
		if s.announced.Number == ev.Number { // what flowed before goes on under its old label
			ev.FirstTimestamp, ev.HasTimestamp = s.announced.FirstTimestamp, s.announced.HasTimestamp
		}
	}
	if ev != s.announced {
		s.tell(ev)
	}
}

func (s *Subscription) tell(ev SlotChanged) {
	s.announced = ev
	s.participant.tell(ev)
}
