package sfu_test

import (
	"testing"
	"time"

	"switchyard/sfu"
)

// TestInterruptedAgain: a slot whose receiver can't keep up rests for longer each
// time, says so, and costs its publisher no keyframe meanwhile; other slots, and
// one that has fared well for a while, are spared.
func TestInterruptedAgain(t *testing.T) {
	o := newOnAir(t)
	other := o.viewer(o.join("other"), 0, 1)
	o.key()
	o.run(time.Second, o.a)
	calm := other.sinks[other.video[0]]
	paused := func() sfu.PauseReason {
		o.v.read()
		return o.v.told[o.sub].Paused
	}
	for i, rest := range []time.Duration{0, 1, 2, 4, 8, 8, -1, 0, 1} {
		if rest < 0 {
			o.run(14*time.Second, o.a) // longer than the last rest and five seconds
			continue
		}
		o.sub.Interrupt()
		o.sink.Take()
		calm.Take()
		o.asked.Keyframes = nil
		for passed := time.Duration(0); passed < rest*time.Second; passed += 200 * time.Millisecond {
			if paused() != sfu.PausedBandwidth {
				t.Errorf("interruption %d: after %v it is paused %q", i, passed, paused())
			}
			o.run(200*time.Millisecond, o.a)
			o.key() // of which it makes no use
		}
		if n := len(o.sink.Take()); n > 0 {
			t.Errorf("interruption %d: %d packets while it rests", i, n)
		}
		if n := len(o.asked.Keyframes); rest > 0 && n > 0 {
			t.Errorf("interruption %d: %d keyframes were asked for while it rests", i, n)
		}
		if n := len(calm.Take()); n < int(rest)*24 {
			t.Errorf("interruption %d: another slot got %d packets in %d s", i, n, rest)
		}
		o.run(700*time.Millisecond, o.a) // the next look at targets
		if len(o.asked.Keyframes) == 0 {
			t.Errorf("interruption %d: no keyframe was asked for afterwards", i)
		}
		o.key()
		o.run(300*time.Millisecond, o.a)
		if n := len(o.sink.Take()); n < 6 || paused() != sfu.NotPaused {
			t.Errorf("interruption %d: then %d packets, paused %q", i, n, paused())
		}
	}
}
