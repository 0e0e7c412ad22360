package sfu_test

import (
	"slices"
	"testing"
	"time"

	"switchyard/sfu"
	"switchyard/sfu/sfutest"
)

// TestInterrupt: after Interrupt nothing flows before the next keyframe, which is
// asked for once; what is sent has no gap.
func TestInterrupt(t *testing.T) {
	o := newOnAir(t)
	audio := o.v.sinks[o.v.audio[0]]
	for round := range 3 {
		audio.Take()
		for range 5 { // a sink may fail at many packets
			o.sub.Interrupt()
		}
		if n := len(o.asked.Keyframes); n != 1 {
			t.Errorf("round %d: asked for %d keyframes at once", round, n)
		}
		o.run(time.Second, o.a)
		if n := len(o.sink.Take()); n > 0 {
			t.Errorf("round %d: %d packets before the keyframe", round, n)
		}
		if n := len(o.asked.Keyframes); n < 3 || n > 5 {
			t.Errorf("round %d: asked for %d keyframes in a second", round, n)
		}
		if n := len(audio.Take()); n < 49 {
			t.Errorf("round %d: %d packets of sound in a second", round, n)
		}
		o.key()
		o.run(time.Second, o.a)
		if n, key := steady(t, o.sink, o.a.cam, &o.newest); n < 20 || !key {
			t.Errorf("round %d: then %d packets, a keyframe first: %v", round, n, key)
		}
		o.asked.Keyframes = nil
		o.run(6*time.Second, o.a) // until it is long ago
		if n := len(o.asked.Keyframes); n > 0 {
			t.Errorf("round %d: asked for %d keyframes though all is well", round, n)
		}
		steady(t, o.sink, o.a.cam, &o.newest)
	}
	for _, ev := range drain(o.v.events) {
		if s, ok := ev.(sfu.SlotChanged); ok && s.Subscription == o.sub && s.Publication != o.a.cam.ID() {
			t.Errorf("told %+v", s)
		}
	}
}

// TestInterruptNothing: sound goes on whatever was dropped of it, and where no
// picture flows nothing is asked for.
func TestInterruptNothing(t *testing.T) {
	o := newOnAir(t)
	audio := o.v.sinks[o.v.audio[0]]
	audio.Take()
	clocks := len(audio.Clocks)
	o.v.audio[0].Interrupt()
	o.v.audio[0].NeedKeyframe()
	o.run(time.Second, o.a)
	if n := len(audio.Clocks) - clocks; n > 0 {
		t.Errorf("the clock of the sound was set anew %d times", n)
	}
	if n := len(audio.Take()); n < 49 {
		t.Errorf("%d packets of sound in a second", n)
	}
	steady(t, o.sink, o.a.cam, &o.newest)
	for name, pause := range map[string]func(o *onAir){
		"hidden": func(o *onAir) { o.must(o.sub.Want(sfu.Demand{})) },
		"muted":  func(o *onAir) { o.must(o.a.cam.Mute(true, o.a.p.ID())) },
		"empty":  func(o *onAir) { o.must(o.sub.Want(sfu.Demand{Kind: sfu.WantNone})) },
		"closed": func(o *onAir) { o.sub.Close() },
	} {
		o := newOnAir(t)
		pause(o)
		o.run(time.Second, o.a)
		o.asked.Keyframes = nil
		o.sink.Take()
		o.sub.Interrupt()
		o.run(time.Second, o.a)
		if n, m := len(o.asked.Keyframes), len(o.sink.Take()); n+m > 0 {
			t.Errorf("%s: %d keyframes were asked for, %d packets flow", name, n, m)
		}
	}
}

// TestInterruptWhileSwitching: a slot that flows and waits for a keyframe of
// another encoding waits for that one alone.
func TestInterruptWhileSwitching(t *testing.T) {
	h := newHouse(t)
	source := sfutest.NewSource()
	pub, err := h.join("a").Publish(sfu.Track{ID: "cam", Kind: sfu.Video, Source: sfu.Camera,
		Encodings: []sfu.Encoding{{RID: "l", Width: 320, Height: 180}, {RID: "h", Width: 640, Height: 360}}}, source)
	h.must(err)
	v := h.viewer(h.join("v"), 0, 1)
	sub, sink := v.video[0], v.sinks[v.video[0]]
	want := func(width, height int) {
		h.must(sub.Want(sfu.Demand{Width: width, Height: height}))
		h.loop.Run()
	}
	frame := uint16(0)
	send := func(keys ...bool) (flows int) { // a frame of each encoding
		sink.Take()
		for i, key := range keys {
			for _, p := range pub.Reserve(i, 1, nil) {
				p.Sequence, p.Timestamp, p.Marker, p.Codec, p.Arrival = frame, uint32(frame)*3600, true, sfu.H264, h.loop.Now().UnixNano()
				p.Payload = append(p.Buf[:0], 0x61, 0x80, byte(i)) // a slice
				if key {
					p.Payload = append(p.Buf[:0], 0x67, 0x42, byte(i)) // parameters
				}
				pub.Commit(i, []*sfu.Packet{p})
			}
		}
		frame++
		h.loop.Advance(40 * time.Millisecond)
		for _, p := range sink.Packets {
			flows = flows*10 + 1 + int(p.Payload[2])
		}
		return flows
	}
	want(320, 180)
	send(true, true)
	if flows := send(true, false); flows != 1 {
		t.Fatalf("%d flows at first", flows)
	}
	want(640, 360)
	if flows := send(false, false); flows != 1 {
		t.Fatalf("%d flows before the switch", flows)
	}
	h.loop.Advance(time.Second)
	source.Keyframes = nil
	sub.Interrupt()
	if flows := send(true, false); flows != 0 {
		t.Errorf("%d flows at a keyframe of the old encoding", flows)
	}
	h.loop.Advance(time.Second)
	if slices.Contains(source.Keyframes, 0) || !slices.Contains(source.Keyframes, 1) {
		t.Errorf("keyframes of %v were asked for", source.Keyframes)
	}
	for step, c := range []struct {
		low, high bool
		want      int
	}{{false, false, 0}, {true, false, 0}, {false, false, 0}, {false, true, 2}, {false, false, 2}, {true, false, 2}} {
		if flows := send(c.low, c.high); flows != c.want {
			t.Errorf("step %d: %d flows, not %d", step, flows, c.want)
		}
	}
}
