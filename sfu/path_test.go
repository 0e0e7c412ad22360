package sfu_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"switchyard/sfu"
	"switchyard/sfu/sfutest"
)

// nowhere is a sink that keeps nothing but the number of packets.
type nowhere struct{ packets int }

func (s *nowhere) WriteRTP(batch []sfu.Outgoing) { s.packets += len(batch) }
func (s *nowhere) Clock(uint32, time.Time)       {}

// line is a publication with subscribers, and what feeds it without allocating.
type line struct {
	h     *house
	pub   *sfu.Publication
	sinks []*nowhere
	kind  sfu.Kind
	into  []*sfu.Packet
	seq   uint16
	ts    uint32
}

func newLine(t testing.TB, kind sfu.Kind, subscribers int) *line {
	h := newHouse(t)
	l := &line{h: h, kind: kind}
	track := sfu.Track{ID: "x", Kind: kind, Source: sfu.Microphone}
	if kind == sfu.Video {
		track.Source = sfu.Camera
	}
	var err error
	l.pub, err = h.join("publisher").Publish(track, sfutest.NewSource())
	h.must(err)
	for i := range subscribers {
		sink := &nowhere{}
		sub, err := h.join(fmt.Sprint(i)).Subscribe(sfu.Slot{Receiver: "r", Kind: kind, Codecs: sfu.AllCodecs}, sink)
		h.must(err)
		h.must(sub.Want(sfu.Demand{Width: 640, Height: 360}))
		l.sinks = append(l.sinks, sink)
	}
	h.loop.Run()
	l.send(true)
	// The history's first lap, and whatever else is made once.
	for range 2000 {
		l.send(false)
	}
	h.loop.Advance(time.Second)
	l.send(true)
	for range 10 {
		l.send(false)
	}
	return l
}

// send commits a batch of two packets.
func (l *line) send(key bool) {
	now := l.h.loop.Now().UnixNano()
	l.into = l.pub.Reserve(0, 2, l.into[:0])
	for i, p := range l.into {
		p.Sequence, p.Timestamp, p.Arrival = l.seq, l.ts, now
		l.seq++
		if l.kind == sfu.Audio {
			p.Codec, p.Level, p.HasLevel = sfu.Opus, 30, true
			p.Payload = append(p.Buf[:0], 0xfc, 1, 2, 3)
			l.ts += 960
			continue
		}
		p.Codec, p.Marker = sfu.VP8, i == 1
		first := append(p.Buf[:0], 0x80, 0x80, 0x80|byte(l.ts>>16&0x7f), byte(l.ts>>8))
		switch {
		case i == 1:
			p.Payload = append(first, 0xaa, 0xbb)
			l.ts += 3600
		case key:
			first[0] = 0x90
			p.Payload = append(first, 0x10, 0, 0, 0x9d, 0x01, 0x2a, 640&0xff, 640>>8, 360&0xff, 360>>8, 0xaa)
		default:
			first[0] = 0x90
			p.Payload = append(first, 0x01, 0, 0, 0xaa)
		}
	}
	l.pub.Commit(0, l.into)
}

func TestPacketPathAllocatesNothing(t *testing.T) {
	for _, kind := range []sfu.Kind{sfu.Audio, sfu.Video} {
		t.Run(kind.String(), func(t *testing.T) {
			l := newLine(t, kind, 10)
			before := l.sinks[9].packets
			if n := testing.AllocsPerRun(500, func() { l.send(false) }); n != 0 {
				t.Errorf("%v allocations for a batch", n)
			}
			if l.sinks[9].packets-before < 1000 {
				t.Errorf("only %d packets were forwarded", l.sinks[9].packets-before)
			}
		})
	}
}

func BenchmarkCommit(b *testing.B) {
	for _, kind := range []sfu.Kind{sfu.Audio, sfu.Video} {
		b.Run(fmt.Sprintf("2 packets of %v to 10", kind), func(b *testing.B) {
			l := newLine(b, kind, 10)
			for b.Loop() {
				l.send(false)
			}
		})
	}
}

// crowd is a room of many with ten slots each: all have a microphone, some a
// camera.
func crowd(t testing.TB, people, cameras int) (*house, []*speaker) {
	h := newHouse(t)
	var all []*speaker
	for i := range people {
		all = append(all, h.speaker(fmt.Sprint(i), i < cameras))
	}
	for _, s := range all {
		var lead *sfu.Subscription
		for i := range 10 {
			slot := sfu.Slot{Receiver: "r", Name: fmt.Sprint(i), Kind: sfu.Video, Codecs: sfu.AllCodecs}
			if i >= 6 {
				slot.Kind, slot.With = sfu.Audio, lead
				lead = nil
			}
			sub, err := s.p.Subscribe(slot, &nowhere{})
			h.must(err)
			if i == 0 {
				lead = sub
			}
			h.must(sub.Want(sfu.Demand{Width: 640, Height: 360}))
		}
	}
	h.loop.Run()
	all[0].level = 20
	h.run(500*time.Millisecond, all...)
	return h, all
}

// BenchmarkTick is what 100 ms of a room of 500 cost while nothing changes.
func BenchmarkTick(b *testing.B) {
	h, _ := crowd(b, 500, 25)
	h.loop.Advance(5 * time.Second)
	for b.Loop() {
		h.loop.Advance(100 * time.Millisecond)
	}
}

// BenchmarkAssign is what it costs to assign the slots of a room of 500 anew.
func BenchmarkAssign(b *testing.B) {
	h, all := crowd(b, 500, 25)
	h.loop.Advance(5 * time.Second)
	extra := sfu.Track{ID: "screen", Kind: sfu.Video, Source: sfu.Screen}
	for b.Loop() {
		pub, err := all[0].p.Publish(extra, sfutest.NewSource())
		h.must(err)
		h.loop.Run()
		pub.End()
		h.loop.Run()
	}
}

// TestRoomGivesBackItsMemory has publishers come, be looked at and go, while a
// viewer stays whose slot remembers what it carried.
func TestRoomGivesBackItsMemory(t *testing.T) {
	h := newHouse(t)
	stays := h.speaker("stays", true)
	v := h.viewer(h.join("v"), 1, 1)
	look := func(s *speaker) {
		h.must(v.video[0].Want(sfu.Demand{Kind: sfu.WantTrack, Publication: s.cam.ID(), Width: 640, Height: 360}))
		h.run(200*time.Millisecond, stays, s)
		v.sinks[v.video[0]].Take()
		v.sinks[v.audio[0]].Take()
		v.read()
	}
	visit := func(i int) {
		s := h.speaker(fmt.Sprint(i), true)
		look(s)
		for range 2000 {
			s.send()
		}
		look(stays)
		s.p.Leave(sfu.LeftByItself)
		h.run(200*time.Millisecond, stays)
	}
	visit(0)
	before := heap()
	for i := range 40 {
		visit(i)
	}
	if grown := heap() - before; grown > 4<<20 {
		t.Errorf("%d KiB more after 40 visits", grown>>10)
	}
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
