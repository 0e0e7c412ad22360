package sfu_test

import (
	"testing"
	"time"

	"switchyard/sfu"
	"switchyard/sfu/sfutest"
)

// TestPublicationMovesToAnotherLoop: until its publisher has left the old loop
// it flows there; then those of the old room lose it and those of the new one get
// it, from a keyframe on, back and forth.
func TestPublicationMovesToAnotherLoop(t *testing.T) {
	site := newSite(t, 2)
	a := site[0].speaker("a", true)
	viewers := []*viewer{site[0].viewer(site[0].join("v"), 1, 1), site[1].viewer(site[1].join("w"), 1, 1)}
	var newest [2]sfutest.Received
	for round := range 6 {
		here, there := round%2, (round+1)%2
		run(site, time.Second, a)
		with, without := viewers[here], viewers[there]
		if with.carries(with.video[0]) != a.cam.ID() || with.carries(with.audio[0]) != a.mic.ID() {
			t.Fatalf("round %d: who is in the room does not see and hear a", round)
		}
		if without.carries(without.video[0]) != "" || without.carries(without.audio[0]) != "" {
			t.Errorf("round %d: who is in the other room sees or hears a", round)
		}
		if n, key := steady(t, with.sinks[with.video[0]], a.cam, &newest[here]); n < 20 || !key {
			t.Errorf("round %d: %d packets, a keyframe first: %v", round, n, key)
		}
		n := len(without.sinks[without.video[0]].Take())
		if n += len(without.sinks[without.audio[0]].Take()); n > 0 {
			t.Errorf("round %d: %d packets of a room that it is not in", round, n)
		}

		old := a.h
		a.travels(site[there])
		for range 2 { // a has not left yet
			a.send()
		}
		if n, _ := steady(t, with.sinks[with.video[0]], a.cam, &newest[here]); n != 1 {
			t.Errorf("round %d: %d packets of a picture before a leaves", round, n)
		}
		with.sinks[with.audio[0]].Take()
		old.loop.Run()
		settle(site)
	}
}

// TestViewerMovesToAnotherLoop: its slots go on with what is published there,
// without a step in their numbers, and nothing of the old room reaches them.
func TestViewerMovesToAnotherLoop(t *testing.T) {
	site := newSite(t, 3)
	var speakers []*speaker
	for _, h := range site {
		speakers = append(speakers, h.speaker("s", true))
	}
	v := site[0].viewer(site[0].join("v"), 1, 1)
	sink := v.sinks[v.video[0]]
	var newest sfutest.Received
	for round := range 7 {
		s := speakers[round%3]
		run(site, time.Second, speakers...)
		if v.carries(v.video[0]) != s.cam.ID() || v.carries(v.audio[0]) != s.mic.ID() {
			t.Fatalf("round %d: it does not see and hear who is in its room", round)
		}
		if n, key := steady(t, sink, s.cam, &newest); n < 20 || !key {
			t.Errorf("round %d: %d packets, a keyframe first: %v", round, n, key)
		}
		next := site[(round+1)%3]
		if err := s.h.room.Move(v.p, next.room); err != nil {
			t.Fatal(err)
		}
		s.h.loop.Run()
		if ev := v.carries(v.video[0]); ev != "" {
			t.Errorf("round %d: between two loops it is said to see %q", round, ev)
		}
		s.send()
		s.send()
		if n := len(sink.Take()); n > 0 {
			t.Errorf("round %d: %d packets between two loops", round, n)
		}
	}
}

// TestMoveToAnotherLoopIsTold: both rooms and who moves are told at once, however
// long the loops take.
func TestMoveToAnotherLoopIsTold(t *testing.T) {
	site := newSite(t, 2)
	a := site[0].speaker("a", true)
	w := site[1].join("w")
	stays := site[0].join("stays")
	streams := []<-chan sfu.Event{a.p.Events(), w.Events(), stays.Events()}
	settle(site)
	for _, s := range streams {
		drain(s)
	}
	a.travels(site[1])
	list := drain(streams[0])
	moved, ok := last[sfu.Moved](list)
	if !ok || moved.Room.ID != site[1].room.ID() || len(moved.Participants) != 1 || moved.Participants[0].ID != w.ID() ||
		len(moved.Self.Publications) != 2 {
		t.Errorf("a was told %+v", list)
	}
	list = drain(streams[1])
	if ev, ok := last[sfu.ParticipantJoined](list); !ok || ev.Participant.ID != a.p.ID() || len(ev.Participant.Publications) != 2 {
		t.Errorf("the new room was told %+v", list)
	}
	list = drain(streams[2])
	if ev, ok := last[sfu.ParticipantLeft](list); !ok || ev != (sfu.ParticipantLeft{Participant: a.p.ID(), Reason: sfu.LeftMoved}) {
		t.Errorf("the old room was told %+v", list)
	}
}

// TestKeyframeTimersStayBehind: on the loop that a publication has left nothing
// asks for its keyframes any more; on the new one they are asked for, apart.
func TestKeyframeTimersStayBehind(t *testing.T) {
	site := newSite(t, 2)
	a := site[0].speaker("a", true)
	run(site, time.Second, a)
	source := sfutest.NewSource()
	track := sfu.Track{ID: "cam", Kind: sfu.Video, Source: sfu.Camera, Width: 640, Height: 360, Clock: "t"}
	if _, err := a.p.Publish(track, source); err != nil {
		t.Fatal(err)
	}
	a.camera = sfutest.NewSource() // requests are not answered
	for _, h := range site {
		h.viewer(h.join("v"), 0, 1)
	}
	run(site, 100*time.Millisecond, a)
	timers := site[0].loop.Timers()
	if len(source.Keyframes) == 0 || timers == 0 {
		t.Fatal("nobody waits for a keyframe")
	}
	a.travels(site[1])
	settle(site)
	if n := site[0].loop.Timers(); n >= timers {
		t.Errorf("%d of %d timers are left on the loop that it left", n, timers)
	}
	asked := len(source.Keyframes)
	site[0].loop.Advance(5 * time.Second)
	if n := len(source.Keyframes) - asked; n > 0 {
		t.Errorf("%d requests from the loop that it left", n)
	}
	if n := site[0].loop.Timers(); n > 0 {
		t.Errorf("%d timers are left there", n)
	}
	for range 10 {
		a.send()
		site[1].loop.Advance(300 * time.Millisecond)
	}
	if n := len(source.Keyframes) - asked; n < 8 || n > 11 {
		t.Errorf("%d requests in 3 s of waiting on the loop that it went to", n)
	}
}

// TestHistoriesStayOnTheirLoops: a receiver that lacks something from before a
// move is not served from a history that another loop writes to now.
func TestHistoriesStayOnTheirLoops(t *testing.T) {
	for _, c := range []struct {
		name           string
		moves          func(v *viewer, a *speaker, to *house)
		first, another bool // what is answered afterwards
	}{
		{"nobody moves", func(*viewer, *speaker, *house) {}, true, true},
		{"the viewer", func(v *viewer, _ *speaker, to *house) { to.must(v.p.Room().Move(v.p, to.room)) }, false, false},
		{"who was seen before", func(_ *viewer, a *speaker, to *house) { a.travels(to) }, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			site := newSite(t, 2)
			a, b := site[0].speaker("a", true), site[0].speaker("b", true)
			v := site[0].viewer(site[0].join("v"), 0, 1)
			sink := v.sinks[v.video[0]]
			sees := func(s *speaker) uint16 {
				v.h.must(v.video[0].Want(sfu.Demand{Kind: sfu.WantTrack, Publication: s.cam.ID(), Width: 640, Height: 360}))
				run(site, 500*time.Millisecond, a, b)
				list := sink.Take()
				if n := len(list); n < 5 || list[n-1].CSRC != s.cam.Number() {
					t.Fatalf("%d packets", n)
				}
				return list[len(list)-1].Sequence
			}
			first, another := sees(a), sees(b)
			c.moves(v, a, site[1])
			settle(site)
			sink.Take()
			answers := func(seq uint16) bool {
				v.video[0].Lost([]uint16{seq})
				return len(sink.Take()) > 0
			}
			if answers(first) != c.first {
				t.Errorf("a packet of a is sent again: %v", !c.first)
			}
			if answers(another) != c.another {
				t.Errorf("a packet of b is sent again: %v", !c.another)
			}
		})
	}
}
