package srtp

import "math"

const (
	lanes = 16 // messages that are hashed together with AVX-512
	// worthLanes is how many it takes to be faster than two at a time with SHA-NI:
	// lanes that are idle cost as much as the others.
	worthLanes = 10
)

// laneStates are the states of SHA-1 of many messages, word by word.
type laneStates struct {
	state [5][lanes]uint32
	next  [lanes]*byte
}

func (l *laneStates) get(i int, s *sha1State) {
	for k := range s {
		s[k] = l.state[k][i]
	}
}

func (l *laneStates) put(i int, s *sha1State) {
	for k, v := range s {
		l.state[k][i] = v
	}
}

// sign signs the packets of list in lanes as long as there are enough of them; a
// lane whose packet is done takes the next. The others are left where they are
// for signPairs, which needs SHA-NI: without, one is enough.
func (l *laneStates) sign(list []signing, hw hardware) {
	worth := worthLanes
	if !hw.sha {
		worth = 1
	}
	var lane [lanes]*signing
	for {
		active := 0
		for i, u := range lane {
			if u != nil && len(u.rest) == 0 {
				if l.get(i, &u.state); u.more() {
					l.put(i, &u.state)
				} else {
					u, lane[i] = nil, nil
				}
			}
			if u != nil {
				active++
			}
		}
		if active+len(list) < worth {
			break
		}
		run := math.MaxInt
		var some *byte // for lanes that are idle
		for i, u := range lane {
			if u == nil && len(list) > 0 {
				u, list = &list[0], list[1:]
				u.more()
				l.put(i, &u.state)
				lane[i] = u
			}
			if u != nil {
				run, some = min(run, len(u.rest)), &u.rest[0]
			}
		}
		for i, u := range lane {
			if l.next[i] = some; u != nil {
				l.next[i] = &u.rest[0]
			}
		}
		hashLanes(&l.state, &l.next, run/sha1Block)
		for _, u := range lane {
			if u != nil {
				u.rest = u.rest[run:]
			}
		}
	}
	for i, u := range lane {
		if u != nil {
			l.get(i, &u.state)
		}
	}
	clear(l.next[:])
}
