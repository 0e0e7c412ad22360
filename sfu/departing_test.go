package sfu_test

import (
	"testing"
	"time"

	"switchyard/sfu"
	"switchyard/sfu/sfutest"
)

// TestEndOnTheWay: who leaves between two loops, or whose room closes meanwhile,
// has left for good when it arrives, with all that it has; nothing goes on on
// either loop.
func TestEndOnTheWay(t *testing.T) {
	for name, end := range map[string]func(from, to *house, p *sfu.Participant) sfu.LeaveReason{
		"leaves": func(_, _ *house, p *sfu.Participant) sfu.LeaveReason {
			p.Leave(sfu.LeftByItself)
			return sfu.LeftByItself
		},
		"is removed": func(_, to *house, p *sfu.Participant) sfu.LeaveReason {
			to.must(to.room.Remove(p.ID(), sfu.LeftRemoved))
			return sfu.LeftRemoved
		},
		"its new room closes": func(_, to *house, _ *sfu.Participant) sfu.LeaveReason {
			to.room.Close(sfu.LeftClosed)
			return sfu.LeftClosed
		},
		"everything closes": func(from, _ *house, _ *sfu.Participant) sfu.LeaveReason {
			from.sfu.Close()
			return sfu.LeftShutdown
		},
	} {
		for when, turns := range map[string]int{"before it has left": 0, "before it has arrived": 1} {
			t.Run(name+" "+when, func(t *testing.T) {
				site := newSite(t, 2)
				a := site[0].speaker("a", true)
				v, w := site[0].viewer(site[0].join("v"), 1, 1), site[1].viewer(site[1].join("w"), 1, 1)
				own := site[0].viewer(a.p, 1, 1)
				run(site, time.Second, a)
				a.travels(site[1])
				for i := range turns {
					site[i].loop.Run()
				}
				reason := end(site[0], site[1], a.p)
				ran := false
				a.p.Post(func() { ran = true })
				select {
				case <-a.p.Done():
				default:
					t.Error("it has not left")
				}
				if left, ok := last[sfu.Left](drain(own.events)); !ok || left.Reason != reason {
					t.Errorf("it was told %+v", left)
				}
				settle(site)
				if !ran {
					t.Error("what was posted after the end never runs")
				}
				if !a.camera.IsRevoked {
					t.Error("its source was not told")
				}
				for i, viewer := range []*viewer{v, w} {
					viewer.sinks[viewer.video[0]].Take()
					run(site, 200*time.Millisecond, a)
					if n := len(viewer.sinks[viewer.video[0]].Take()); n > 0 {
						t.Errorf("%d packets of it in room %d", n, i)
					}
				}
				if len(site[1].room.Participants()) > 1 {
					t.Error("it is still on the list")
				}
				site[0].sfu.Close()
				for i, h := range site {
					h.loop.Advance(5 * time.Second)
					if n := h.loop.Timers(); n > 0 {
						t.Errorf("%d timers are left on loop %d", n, i)
					}
				}
			})
		}
	}
}

// TestOldRoomClosesOnTheWay: who is on the way to another room has nothing to do
// with what becomes of the old one.
func TestOldRoomClosesOnTheWay(t *testing.T) {
	for turns := range 2 {
		site := newSite(t, 2)
		a := site[0].speaker("a", true)
		w := site[1].viewer(site[1].join("w"), 1, 1)
		run(site, time.Second, a)
		a.travels(site[1])
		for i := range turns {
			site[i].loop.Run()
		}
		site[0].room.Close(sfu.LeftClosed)
		settle(site)
		run(site, time.Second, a)
		if w.carries(w.video[0]) != a.cam.ID() || len(w.sinks[w.video[0]].Take()) < 20 {
			t.Errorf("after %d turns: it is not seen in its new room", turns)
		}
		if n := site[0].loop.Timers(); n > 0 {
			t.Errorf("after %d turns: %d timers are left on the old loop", turns, n)
		}
	}
}

// TestChangesOnTheWay: what is asked for between two loops is done on the new
// one: slots and tracks that come and go, and a track that gets another source.
func TestChangesOnTheWay(t *testing.T) {
	site := newSite(t, 2)
	a, b := site[0].speaker("a", true), site[1].speaker("b", true)
	v, w := site[0].viewer(site[0].join("v"), 1, 2), site[1].viewer(site[1].join("w"), 1, 2)
	run(site, time.Second, a, b)
	a.travels(site[1])
	if err := site[0].room.Move(v.p, site[1].room); err != nil {
		t.Fatal(err)
	}
	v.video[0].Close()
	a.mic.End()
	old := a.camera
	next := &speaker{h: site[1], p: a.p, cam: a.cam, camera: newSourceOf(t, a), mic: a.mic, vseq: 9000}
	late, err := v.p.Subscribe(sfu.Slot{Receiver: "viewer", Name: "late", Kind: sfu.Video, Codecs: sfu.AllCodecs}, v.sinks[v.video[0]])
	if err != nil {
		t.Fatal(err)
	}
	if err := late.Want(sfu.Demand{Kind: sfu.WantTrack, Publication: b.cam.ID(), Width: 640, Height: 360}); err != nil {
		t.Fatal(err)
	}
	if old.IsRevoked {
		t.Error("the source was told before the loop had its turn")
	}
	settle(site)
	if !old.IsRevoked {
		t.Error("the old source was not told")
	}
	run(site, time.Second, b, next)
	v.read()
	if v.carries(late) != b.cam.ID() || v.carries(v.video[1]) != a.cam.ID() {
		t.Error("the slots do not carry what was asked for")
	}
	if w.carries(w.audio[0]) != b.mic.ID() {
		t.Error("the track that ended on the way is heard")
	}
	if w.carries(w.video[0]) != a.cam.ID() && w.carries(w.video[1]) != a.cam.ID() {
		t.Error("the camera is not seen with its new source")
	}
}

// newSourceOf publishes a speaker's camera from another source.
func newSourceOf(t *testing.T, s *speaker) *sfutest.Source {
	t.Helper()
	source := sfutest.NewSource()
	track := sfu.Track{ID: "cam", Kind: sfu.Video, Source: sfu.Camera, Width: 640, Height: 360, Clock: "t"}
	if pub, err := s.p.Publish(track, source); err != nil || pub != s.cam {
		t.Fatal(err)
	}
	return source
}
