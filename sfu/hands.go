package sfu

import "time"

// Hand is a raised hand. The zero Hand is not raised.
type Hand struct {
	Number uint64    // place in the order in which hands were raised in the room, from 1
	At     time.Time // when it was raised
}

// Raised reports whether it is.
func (h Hand) Raised() bool { return h.Number > 0 }

// RaiseHand raises the participant's hand, whatever it asked for it with, and
// tells everyone. A hand that is raised keeps its place. It is lowered when the
// participant leaves the room or moves to another one; who only reconnects
// keeps it. ErrClosed once p has left.
func (p *Participant) RaiseHand() error {
	r := p.lockRoom()
	defer r.mu.Unlock()
	switch {
	case p.left != "":
		return ErrClosed
	case p.hand.Raised():
		return nil
	}
	r.hands++
	p.hand = Hand{Number: r.hands, At: r.now()}
	r.tellUpdated(p)
	return nil
}

// LowerHand lowers the participant's hand and tells everyone. Whether somebody
// else may ask for it is the caller's to know. ErrClosed once p has left.
func (p *Participant) LowerHand() error {
	r := p.lockRoom()
	defer r.mu.Unlock()
	switch {
	case p.left != "":
		return ErrClosed
	case !p.hand.Raised():
		return nil
	}
	p.hand = Hand{}
	r.tellUpdated(p)
	return nil
}

// LowerHands lowers all hands. Everyone is told by one event, however many
// there were: a room of thousands must not overflow everybody's queue.
func (r *Room) LowerHands() {
	r.mu.Lock()
	defer r.mu.Unlock()
	raised := false
	for _, p := range r.participants {
		raised = raised || p.hand.Raised()
		p.hand = Hand{}
	}
	if raised {
		r.tellOthers(nil, HandsLowered{})
	}
}
