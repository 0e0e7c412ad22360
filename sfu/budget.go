package sfu

import (
	"cmp"
	"slices"
)

// setBudget says what may be sent to the seat's participant, in bits per second;
// 0 is unlimited.
func (st *seat) setBudget(bitsPerSecond int) {
	st.budget = max(bitsPerSecond, 0)
	st.retarget(st.board.loop.Now().UnixNano())
}

// retarget chooses the target of every slot of the seat.
func (st *seat) retarget(now int64) {
	if st.budget > 0 {
		st.allocate(now)
		return
	}
	for _, rc := range st.receivers {
		for _, s := range rc.video {
			s.squeezed = false
			s.aim(now)
		}
		for _, s := range rc.audio {
			s.aim(now)
		}
	}
}

// allocate divides the budget: sound first, then pictures by priority, each as
// large as it is wanted if that fits, else smaller, else none.
func (st *seat) allocate(now int64) {
	budget := st.budget
	var video []*Subscription
	for _, rc := range st.receivers {
		for _, s := range rc.audio {
			s.aim(now)
			if s.encoding != nil {
				budget -= s.encoding.bitrate(now)
			}
		}
		video = append(video, rc.video...)
	}
	slices.SortStableFunc(video, func(a, b *Subscription) int { return cmp.Compare(b.demand.Priority, a.demand.Priority) })
	for _, s := range video {
		s.squeezed = false
		if s.pub == nil || s.paused() != NotPaused {
			s.rest()
			continue
		}
		place, rate := s.fit(budget, now)
		if place < 0 {
			s.squeezed = true
			s.rest()
			continue
		}
		budget -= rate
		s.aimAt(place, now)
	}
}

// fit finds the encoding that the demand asks for or, if that is beyond the
// budget, the largest smaller one within it; -1 if there is none.
func (s *Subscription) fit(budget int, now int64) (place, rate int) {
	f := &s.pub.feed
	for place = f.choose(s.demand, s.slot.Codecs); place >= 0; place-- {
		sent := &f.sent[place]
		if rate = f.encodings[sent.index].bitrate(now); rate <= budget && s.slot.Codecs.Has(sent.codec) {
			break
		}
	}
	return place, rate
}
