package sfu

import "slices"

// Mover is something that works on the loop of a participant's room and goes
// with it to another loop: a transport. Its methods are called on loops and
// never block.
type Mover interface {
	// Leaving is called on the loop that is left. Until Arrived nothing of the
	// participant runs anywhere.
	Leaving(to Loop)
	// Arrived is called on the new loop, before anything that was posted for
	// the participant meanwhile.
	Arrived()
}

// transit is where the packet path's half of a participant is: on a loop, or on
// its way to another one. Guarded by the room's mu.
type transit struct {
	loop    Loop     // where the seat is, or was last
	moving  bool     // it is to go to another loop, or on its way
	to      Loop     // where it goes, once it has left; else nil
	hops    int      // how often it has left a loop
	waiting []func() // what is to run on the next one
	movers  []Mover
}

// Post runs f on the loop of the participant's room, after all that was posted
// for the participant before, whatever rooms it moves through meanwhile. It may
// be called from anywhere but under the room's lock.
func (p *Participant) Post(f func()) {
	r := p.lockRoom()
	defer r.mu.Unlock()
	p.post(f)
}

// post is Post under the room's mu.
func (p *Participant) post(f func()) {
	if p.transit.moving {
		p.transit.waiting = append(p.transit.waiting, f)
		return
	}
	p.transit.loop.Post(f)
}

// Follow makes m go with the participant, until Unfollow. at is called at once
// with the loop that m begins on, under the room's lock: it must not call anything
// of the room.
func (p *Participant) Follow(m Mover, at func(Loop)) {
	r := p.lockRoom()
	defer r.mu.Unlock()
	t := &p.transit
	t.movers = append(t.movers, m)
	if t.to != nil {
		at(t.to)
	} else {
		at(t.loop)
	}
}

// Unfollow takes back Follow.
func (p *Participant) Unfollow(m Mover) {
	r := p.lockRoom()
	defer r.mu.Unlock()
	p.transit.movers = slices.DeleteFunc(p.transit.movers, func(other Mover) bool { return other == m })
}

// move sends the seat to another board, after all that was posted before. What
// is posted from here on waits until it is there. Under the mu of both rooms.
func (p *Participant) move(to *board) {
	t := &p.transit
	switch {
	case t.moving: // it goes on from where it is on its way to
		t.waiting = append(t.waiting, func() { p.handOver(to) })
	case t.loop == to.loop:
		t.loop.Post(func() { p.seat.move(to) })
	default:
		t.moving = true
		t.loop.Post(func() { p.handOver(to) })
	}
}

// handOver takes the seat off its loop and sends it to that of another board; on
// the loop that is left.
func (p *Participant) handOver(to *board) {
	r := p.lockRoom()
	here, movers := p.transit.loop, slices.Clone(p.transit.movers)
	if here != to.loop {
		p.transit.hops++
		p.transit.to = to.loop
	}
	r.mu.Unlock()
	if here == to.loop {
		p.seat.move(to)
		return
	}
	p.seat.rise()
	for _, m := range movers {
		m.Leaving(to.loop)
	}
	to.loop.Post(func() { p.arrive(to, movers) })
}

// arrive ends a handOver, on the new loop: what waited runs now.
func (p *Participant) arrive(at *board, movers []Mover) {
	defer p.runWaiting(at) // whatever fails
	p.seat.sit(at)
	for _, m := range movers {
		m.Arrived()
	}
}

// runWaiting runs what waited, until it is done or the participant moves on, with
// which the rest goes. A fault in one of them does not keep the others.
func (p *Participant) runWaiting(at *board) {
	failed := true
	defer func() {
		if failed {
			at.loop.Post(func() { p.runWaiting(at) })
		}
	}()
	t := &p.transit
	for hops := 0; ; {
		r := p.lockRoom()
		if hops == 0 {
			t.loop, t.to, hops = at.loop, nil, t.hops
		}
		if t.hops != hops {
			r.mu.Unlock()
			break
		}
		if t.moving = len(t.waiting) > 0; !t.moving {
			t.waiting = nil
			r.mu.Unlock()
			break
		}
		next := t.waiting[0]
		t.waiting[0] = nil
		t.waiting = t.waiting[1:]
		r.mu.Unlock()
		next()
	}
	failed = false
}
