package sfu_test

import (
	"testing"
	"time"

	"switchyard/sfu"
	"switchyard/sfu/sfutest"
)

// onAir is a speaker whose keyframes come only when the test says so, and who
// sees and hears it.
type onAir struct {
	*house
	a      *speaker
	asked  *sfutest.Source // what a's camera is asked for
	v      *viewer
	sub    *sfu.Subscription
	sink   *sfutest.Sink
	newest sfutest.Received
}

func newOnAir(t *testing.T) *onAir {
	t.Helper()
	h := newHouse(t)
	a := h.speaker("a", true)
	o := &onAir{house: h, a: a, asked: newSourceOf(t, a), v: h.viewer(h.join("v"), 1, 1)}
	o.sub, o.sink = o.v.video[0], o.v.sinks[o.v.video[0]]
	a.camera = sfutest.NewSource()
	h.run(200*time.Millisecond, a)
	o.key()
	h.run(time.Second, a)
	if n, key := steady(t, o.sink, a.cam, &o.newest); n < 20 || !key {
		t.Fatalf("%d packets flow, a keyframe first: %v", n, key)
	}
	o.asked.Keyframes = nil
	return o
}

// key makes the next picture of a's a keyframe.
func (o *onAir) key() { o.a.camera.Keyframes = []int{0} }
