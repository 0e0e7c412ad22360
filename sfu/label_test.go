package sfu_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"switchyard/sfu"
	"switchyard/sfu/sfutest"
)

// labels is a client that labels frames by the rule of docs/protocol.md section
// 5: a frame belongs to the newest announced switch of its slot whose timestamp
// is not after it.
type labels struct {
	*viewer
	sub      *sfu.Subscription
	switches []sfu.SlotChanged
	checked  int
}

// check reads what was announced, then labels a packet that is about to be
// written.
func (l *labels) check(p sfutest.Received) bool {
	for _, ev := range drain(l.events) {
		if s, ok := ev.(sfu.SlotChanged); ok && s.Subscription == l.sub {
			if s.HasTimestamp {
				l.switches = append(l.switches, s)
			}
			l.told[l.sub] = s
		}
	}
	label := uint32(0)
	for _, s := range l.switches {
		if int32(p.Timestamp-s.FirstTimestamp) >= 0 {
			label = s.Number
		}
	}
	if label != p.CSRC {
		l.h.Fatalf("packet %d of %d at %d is labelled %d", l.checked, p.CSRC, p.Timestamp, label)
	}
	if now := l.told[l.sub]; now.Paused != sfu.NotPaused || now.Number != p.CSRC {
		l.h.Fatalf("packet %d of %d, but told is %+v", l.checked, p.CSRC, now)
	}
	l.checked++
	return true
}

// TestLabelsHoldWhateverHappens hides, shows, mutes, reloads, moves on and
// switches at random, and labels every packet as a client does.
func TestLabelsHoldWhateverHappens(t *testing.T) {
	h := newHouse(t)
	random := rand.New(rand.NewPCG(3, 4))
	all := []*speaker{h.speaker("a", true), h.speaker("b", true), h.speaker("c", true)}
	l := &labels{viewer: h.viewer(h.join("v"), 1, 1)}
	l.sub = l.video[0]
	l.sinks[l.sub].Drop = l.check
	for range 600 {
		s := all[random.IntN(len(all))]
		d := sfu.Demand{Kind: sfu.WantTrack, Publication: s.cam.ID(), Width: 640, Height: 360}
		switch random.IntN(12) {
		case 0:
			d.Width, d.Height = 0, 0
			h.must(l.sub.Want(d))
		case 1, 2:
			h.must(l.sub.Want(d))
		case 3:
			h.must(l.sub.Want(sfu.Demand{Width: 640, Height: 360}))
		case 4:
			h.must(l.sub.Want(sfu.Demand{Kind: sfu.WantNone}))
		case 5:
			h.must(s.cam.Mute(true, s.p.ID()))
		case 6:
			h.must(s.cam.Mute(false, s.p.ID()))
		case 7:
			s.cam.Detach(s.camera)
		case 8:
			s.camera = sfutest.NewSource()
			_, err := s.p.Publish(sfu.Track{ID: "cam", Kind: sfu.Video, Source: sfu.Camera, Width: 640, Height: 360, Clock: "t"}, s.camera)
			h.must(err)
			s.vseq, s.vts, s.frames = uint16(random.Uint32()), random.Uint32(), 0
		case 9:
			l.p.SetBudget(random.IntN(2) * 3000)
		case 10:
			s.level = uint8(random.IntN(128))
		case 11:
			l.events = l.p.Events()
		}
		h.run(time.Duration(random.IntN(50))*20*time.Millisecond, all...)
	}
	if l.checked < 500 {
		t.Errorf("only %d packets", l.checked)
	}
	t.Logf("%d packets, %d switches announced", l.checked, len(l.switches))
}
