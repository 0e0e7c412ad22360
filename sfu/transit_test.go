package sfu_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestTransit: what was posted before a move runs on the old loop before the
// participant leaves it, what is posted after it waits, and runs in order on the
// new one, after those that move along have been told.
func TestTransit(t *testing.T) {
	for name, c := range map[string]struct{ steps, want string }{
		"there": {
			"post a, move 1, post b, post c, turn 1, turn 0, post d, turn 1, post e, turn 1",
			"a on 0, leaves 0 for 1, arrives on 1, b on 1, c on 1, d on 1, e on 1"},
		"on before it has left": {
			"move 1, post a, move 2, post b, turn 2, turn 1, turn 0, turn 1, turn 2",
			"leaves 0 for 1, arrives on 1, a on 1, leaves 1 for 2, arrives on 2, b on 2"},
		"on before it has arrived": {
			"move 1, turn 0, post a, move 2, post b, turn 2, turn 1, turn 0, turn 2",
			"leaves 0 for 1, arrives on 1, a on 1, leaves 1 for 2, arrives on 2, b on 2"},
		"there and back at once": {
			"post a, move 1, post b, move 0, post c, turn 0, turn 1, turn 0",
			"a on 0, leaves 0 for 1, arrives on 1, b on 1, leaves 1 for 0, arrives on 0, c on 0"},
		"to another room of the loop": {
			"post a, move 3, post b, turn 0", "a on 0, b on 0"},
		"to another room of the loop on the way": {
			"move 1, move 3, post a, move 0, post b, turn 0, turn 1, turn 0",
			"leaves 0 for 1, arrives on 1, leaves 1 for 0, arrives on 0, a on 0, b on 0"},
		"what is posted by what waited": {
			"move 1, nest a, post b, turn 0, turn 1",
			"leaves 0 for 1, arrives on 1, a on 1, b on 1, after a on 1"},
		"on by what waited": {
			"move 1, go 2, post a, turn 0, turn 1, turn 2",
			"leaves 0 for 1, arrives on 1, go on 1, a on 1, leaves 1 for 2, arrives on 2"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newTraveller(t, 3)
			for step := range strings.SplitSeq(c.steps, ", ") {
				verb, what, _ := strings.Cut(step, " ")
				number := int(what[0] - '0')
				switch verb {
				case "post":
					m.post(what, nil)
				case "nest":
					m.post(what, func() { m.post("after "+what, nil) })
				case "go":
					m.post("go", func() { m.move(number) })
				case "move":
					m.move(number)
				case "turn":
					m.turn(number)
				}
			}
			if got := strings.Join(m.log, ", "); got != c.want {
				t.Errorf("happened: %s\nexpected: %s", got, c.want)
			}
			m.settle()
		})
	}
}

// TestTransitAtRandom: whatever the order of moves, posts and turns, functions
// run in the order in which they were posted, each once, and always where the
// participant is.
func TestTransitAtRandom(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 9))
		m := newTraveller(t, 3)
		for i := range 100 {
			to := random.IntN(len(m.rooms))
			switch name := fmt.Sprint(i); random.IntN(8) {
			case 0, 1:
				m.move(to)
			case 2:
				m.post(name, func() { m.move(to) })
			case 3:
				m.post(name, func() { m.post(name+"'", nil) })
			case 4, 5:
				m.post(name, nil)
			default:
				m.turn(random.IntN(len(m.site)))
			}
		}
		if m.settle(); t.Failed() {
			t.Fatalf("seed %d: %v", seed, m.log)
		}
	}
}

// TestFollow: a Mover that comes to a participant on its way begins on the loop
// that it is told, and is told of all that follows; one that has gone is told
// nothing.
func TestFollow(t *testing.T) {
	for _, steps := range []string{"", "1", "1 0", "1 2", "1 turn", "1 turn 2", "1 2 turn 0", "1 2 turn turn1"} {
		m := newTraveller(t, 3)
		m.p.Unfollow(m)
		for step := range strings.FieldsSeq(steps) {
			switch step {
			case "turn":
				m.turn(0)
			case "turn1":
				m.turn(1)
			default:
				m.move(int(step[0] - '0'))
			}
		}
		if len(m.log) > 0 {
			t.Errorf("%q: who does not follow was told: %v", steps, m.log)
		}
		m.follow()
		m.post("first", nil)
		m.settle()
		m.move((m.at + 1) % 3)
		m.post("then", nil)
		m.settle()
		m.p.Unfollow(m)
		told := len(m.log)
		m.move((m.at + 1) % 3)
		for i := range 3 {
			m.turn(i)
		}
		if len(m.log) > told {
			t.Errorf("it is told that it %v", m.log[told:])
		}
		if t.Failed() {
			t.Fatalf("moves %q, then it is followed: %v", steps, m.log)
		}
	}
}

// TestFaultOnTheWay: a function that fails while others wait keeps neither them
// nor the participant.
func TestFaultOnTheWay(t *testing.T) {
	m := newTraveller(t, 3)
	m.move(1)
	m.post("first", nil)
	m.post("fault", func() { panic("a fault of the caller's") })
	m.post("second", nil)
	m.move(2)
	m.post("third", nil)
	m.turn(0)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the fault was not the loop's to see")
			}
		}()
		m.turn(1)
	}()
	m.settle()
	want := "leaves 0 for 1, arrives on 1, first on 1, fault on 1, second on 1, leaves 1 for 2, arrives on 2, third on 2"
	if got := strings.Join(m.log, ", "); got != want {
		t.Errorf("happened: %s", got)
	}
}
