package sfu_test

import (
	"fmt"
	"slices"
	"testing"

	"switchyard/sfu"
)

// traveller is a Mover, and writes down what happens to its participant on which
// loop. It checks that nothing happens where it is not.
type traveller struct {
	testing.TB
	site    []*house
	rooms   []*sfu.Room // the site's, and one more on its first loop
	p       *sfu.Participant
	turning int // the loop that a turn is of
	at      int // the loop that the participant is on; -1: none
	to      int // where it is on its way to then
	log     []string
	posted  int
	ran     int
}

func newTraveller(t testing.TB, loops int) *traveller {
	m := &traveller{TB: t, site: newSite(t, loops)}
	for _, h := range m.site {
		m.rooms = append(m.rooms, h.room)
	}
	more, err := m.site[0].sfu.Open("one more")
	if err != nil {
		t.Fatal(err)
	}
	m.rooms = append(m.rooms, more)
	m.p = m.site[0].join("traveller")
	m.follow()
	return m
}

// follow has it told from now on.
func (m *traveller) follow() {
	m.p.Follow(m, func(l sfu.Loop) { m.at = m.index(l) })
}

func (m *traveller) index(l sfu.Loop) int {
	return slices.IndexFunc(m.site, func(h *house) bool { return sfu.Loop(h.loop) == l })
}

func (m *traveller) Leaving(to sfu.Loop) {
	if m.at != m.turning {
		m.Errorf("leaves loop %d, on the turn of loop %d", m.at, m.turning)
	}
	m.at, m.to = -1, m.index(to)
	m.log = append(m.log, fmt.Sprintf("leaves %d for %d", m.turning, m.to))
}

func (m *traveller) Arrived() {
	if m.at == -1 && m.to != m.turning {
		m.Errorf("arrives on loop %d and was on its way to %d", m.turning, m.to)
	}
	m.at = m.turning
	m.log = append(m.log, fmt.Sprintf("arrives on %d", m.turning))
}

// post posts a function for the participant that checks its place and its turn.
func (m *traveller) post(name string, then func()) {
	n := m.posted
	m.posted++
	m.p.Post(func() {
		if m.at != m.turning {
			m.Errorf("%s ran on loop %d, the participant is on %d", name, m.turning, m.at)
		}
		if m.ran != n {
			m.Errorf("%s is function %d and ran as number %d", name, n, m.ran)
		}
		m.ran++
		m.log = append(m.log, fmt.Sprintf("%s on %d", name, m.turning))
		if then != nil {
			then()
		}
	})
}

func (m *traveller) move(room int) {
	if err := m.p.Room().Move(m.p, m.rooms[room]); err != nil {
		m.Error(err)
	}
}

func (m *traveller) turn(loop int) {
	m.turning = loop
	m.site[loop].loop.Run()
}

// settle turns all loops until nothing is left to do.
func (m *traveller) settle() {
	for range 2 * (m.posted + 100) {
		for i := range m.site {
			m.turn(i)
		}
	}
	if m.ran != m.posted {
		m.Errorf("%d functions of %d ran", m.ran, m.posted)
	}
	if want := m.index(m.p.Room().Loop()); m.at != want {
		m.Errorf("it is on loop %d, its room on %d", m.at, want)
	}
}
