package sfu

import "sync/atomic"

// share is one of the loops that rooms are divided among, and how full it is.
type share struct {
	loop    Loop
	rooms   atomic.Int64
	members atomic.Int64
}

// Spread divides rooms that are opened from now on among these loops and the
// one given to New, each room to the loop with the fewest participants. It is
// called before the first Open.
func (s *SFU) Spread(loops ...Loop) {
	s.mu.Lock()
	defer s.mu.Unlock()
next:
	for _, l := range loops {
		for _, known := range s.shares {
			if known.loop == l {
				continue next
			}
		}
		s.shares = append(s.shares, &share{loop: l})
	}
}

// emptiest is where the next room goes; rooms that nobody has joined yet count
// where participants are equal. Under s.mu.
func (s *SFU) emptiest() *share {
	best := s.shares[0]
	for _, p := range s.shares[1:] {
		if m, least := p.members.Load(), best.members.Load(); m < least || m == least && p.rooms.Load() < best.rooms.Load() {
			best = p
		}
	}
	return best
}
