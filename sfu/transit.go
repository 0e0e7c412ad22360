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
	moving  bool     // it is between two loops
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

// Follow makes m go with the participant, until Unfollow, and returns the loop
// that it is on or on the way to. It is not told of where the participant is now.
func (p *Participant) Follow(m Mover) Loop {
	r := p.lockRoom()
	defer r.mu.Unlock()
	p.transit.movers = append(p.transit.movers, m)
	return r.loop
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
	p.seat.sit(at)
	for _, m := range movers {
		m.Arrived()
	}
	t := &p.transit
	for {
		r := p.lockRoom()
		t.loop, t.moving = at.loop, len(t.waiting) > 0
		if !t.moving {
			r.mu.Unlock()
			return
		}
		next, hops := t.waiting[0], t.hops
		t.waiting = t.waiting[1:]
		r.mu.Unlock()
		next()
		if p.hasLeft(hops) {
			return // it moves on, and what waits goes with it
		}
	}
}

// hasLeft reports whether the seat has left its loop since it had so many hops.
func (p *Participant) hasLeft(hops int) bool {
	r := p.lockRoom()
	defer r.mu.Unlock()
	return p.transit.hops != hops
}
