package sfu_test

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/sfu"
	"switchyard/sfu/sfutest"
)

// newSite is a house for each of several loops that belong to one SFU.
func newSite(t testing.TB, loops int) []*house {
	t.Helper()
	var list []sfu.Loop
	var site []*house
	for range loops {
		site = append(site, &house{TB: t, loop: sfutest.NewLoop()})
		list = append(list, site[len(site)-1].loop)
	}
	core, err := sfu.New(sfu.DefaultConfig(), list[0], slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	core.Spread(list...)
	for i, h := range site {
		h.sfu = core
		if h.room, err = core.Open(sfu.RoomID(fmt.Sprint("room ", i))); err != nil {
			t.Fatal(err)
		}
		if h.room.Loop() != sfu.Loop(h.loop) {
			t.Fatalf("room %d is on another loop than the others, but not on its own", i)
		}
	}
	return site
}

// run is house.run on all loops of a site.
func run(site []*house, d time.Duration, everybody ...*speaker) {
	for range d / (20 * time.Millisecond) {
		for _, s := range everybody {
			s.send()
		}
		for _, h := range site {
			h.loop.Advance(20 * time.Millisecond)
		}
	}
}

// settle turns the loops of a site until what moves has arrived.
func settle(site []*house) {
	for range 10 {
		for _, h := range site {
			h.loop.Run()
		}
	}
}

// travels takes a speaker to another house of its site.
func (s *speaker) travels(to *house) {
	to.Helper()
	to.must(s.h.room.Move(s.p, to.room))
	s.h = to
}

// steady checks that a slot's packets go on by one and never back in time, and
// returns how many there are and whether the first is of a keyframe.
func steady(t *testing.T, sink *sfutest.Sink, from *sfu.Publication, before *sfutest.Received) (n int, key bool) {
	t.Helper()
	list := sink.Take()
	for i, p := range list {
		if p.CSRC != from.Number() {
			t.Errorf("packet %d is of publication %d, not %d", i, p.CSRC, from.Number())
		}
		if before.Payload != nil && (p.Sequence != before.Sequence+1 || int32(p.Timestamp-before.Timestamp) <= 0) {
			t.Errorf("packet %d has number %d at %d after %d at %d", i, p.Sequence, p.Timestamp, before.Sequence, before.Timestamp)
		}
		*before = p
	}
	return len(list), len(list) > 0 && list[0].Payload[4]&1 == 0
}
