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
	demand    Demand
	pub       *Publication // nil: nothing
	encoding  *encoding    // the target, nil while paused
	forwarder *forwarder
	heldSince int64       // audio: when pub came into this slot
	squeezed  bool        // the budget does not reach
	announced SlotChanged // the last that was told
}

// Subscribe opens a slot with the zero Demand. The sink is called on the loop
// only, after Subscribe has returned. ErrForbidden, ErrLimit, ErrClosed or a
// FieldError.
func (p *Participant) Subscribe(slot Slot, sink Sink) (*Subscription, error) {
	switch {
	case slot.Kind != Audio && slot.Kind != Video:
		return nil, &FieldError{"kind", fmt.Sprintf("%v is not audio or video", slot.Kind)}
	case slot.Kind == Video && slot.With != nil:
		return nil, &FieldError{"with", "only an audio slot goes with another"}
	}
	r := p.lockRoom()
	defer r.mu.Unlock()
	switch {
	case p.left:
		return nil, ErrClosed
	case !p.grants.Has(MaySubscribe):
		return nil, fmt.Errorf("subscribe: %w", ErrForbidden)
	case len(p.subscriptions) >= maxTransports*r.sfu.cfg.MaxSlots:
		return nil, fmt.Errorf("%d slots of a participant: %w", len(p.subscriptions), ErrLimit)
	}
	s := &Subscription{participant: p, slot: slot, sink: sink}
	s.forwarder = newForwarder(slot.Kind, sink, s.switched)
	p.subscriptions = append(p.subscriptions, s)
	r.loop.Post(func() { p.room.Load().board.addSubscription(s) })
	return s, nil
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
	s.participant.Loop().Post(func() {
		s.demand = d
		s.participant.room.Load().board.changed()
	})
	return nil
}

// HandleRTCP takes what a receiver reports about this slot: lost packets
// (RFC 4585 NACK) are sent again from the history, PLI and FIR become keyframe
// requests. On the loop.
func (s *Subscription) HandleRTCP(packets []rtcp.Packet) {
	board := s.participant.room.Load().board
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
			s.forwarder.retransmit(seqs[:n], board.loop.Now().UnixNano())
			board.counters.nacked.Add(uint64(n))
		case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
			if s.pub != nil && s.encoding != nil {
				s.pub.feed.wantKeyframe(board, s.encoding.index)
			}
		}
	}
}

// maxNacked packets of one NACK message are looked at.
const maxNacked = 256

// Close ends the slot. It may be called more than once.
func (s *Subscription) Close() {
	p := s.participant
	r := p.lockRoom()
	if s.closed {
		r.mu.Unlock()
		return
	}
	s.closed = true
	p.subscriptions = slices.DeleteFunc(p.subscriptions, func(other *Subscription) bool { return other == s })
	r.mu.Unlock()
	r.loop.Post(func() { p.room.Load().board.removeSubscription(s) })
}

// carry makes pub the slot's content; on the loop.
func (s *Subscription) carry(pub *Publication, now int64) {
	if s.pub == pub {
		return
	}
	if s.pub != nil {
		s.pub.feed.subscribers = slices.DeleteFunc(s.pub.feed.subscribers, func(other *Subscription) bool { return other == s })
	}
	s.pub, s.encoding, s.heldSince = pub, nil, now
	s.forwarder.carry(nil, 0, true)
	if pub != nil {
		pub.feed.subscribers = append(pub.feed.subscribers, s)
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
	case f.codec != NoCodec && !s.slot.Codecs.Has(f.codec):
		return PausedCodec
	case s.squeezed:
		return PausedBandwidth
	case !f.started:
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
