package rtc

import (
	"log/slog"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/sfu"
	"switchyard/sfu/sfutest"
)

// tally is a loop that counts what is posted to it.
type tally struct {
	*sfutest.Loop
	posts int
}

func (l *tally) Post(f func()) {
	l.posts++
	l.Loop.Post(f)
}

// owned makes slots of a participant, to be told of drops, and its loop.
func owned(t *testing.T, n int) (slots []*slotLine, loop *tally) {
	t.Helper()
	loop = &tally{Loop: sfutest.NewLoop()}
	core, err := sfu.New(sfu.DefaultConfig(), loop, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	room, err := core.Open("room")
	if err != nil {
		t.Fatal(err)
	}
	p, _, err := room.Join(sfu.Join{Identity: "owner"})
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		slots = append(slots, &slotLine{peer: &Peer{participant: p}})
	}
	loop.Run()
	loop.posts = 0
	return slots, loop
}

// interrupted says which of these slots wait to be interrupted.
func interrupted(slots []*slotLine) (list []bool) {
	for _, s := range slots {
		list = append(list, s.interrupting.Load())
	}
	return list
}
