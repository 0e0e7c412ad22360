package sfu

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestLipSync publishes sound and picture of one publisher whose clock is far
// off and drifts, over a network that delays the picture more than the sound,
// and checks that the captures of one instant map to the same server time.
func TestLipSync(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var peer peerClock
	audio, video := newEncodingClock(Audio, &peer), newEncodingClock(Video, &peer)
	const (
		start = int64(1e18)
		away  = int64(7 * time.Hour) // the publisher's clock is behind by that
	)
	// at is the true time in nanoseconds since start; the publisher's clock is
	// fast by 50 parts in a million.
	publisher := func(at int64) int64 { return start - away + at + at/20000 }
	sound := func(at int64) uint32 { return uint32(1e9 + (at+at/20000)*48/1e6) }
	picture := func(at int64) uint32 { return uint32(4e9 + (at+at/20000)*9/1e5) }
	jitter := func() int64 { return random.Int64N(int64(15 * time.Millisecond)) }

	worst, before := int64(0), int64(0)
	for at := int64(0); at < int64(10*time.Minute); at += int64(20 * time.Millisecond) {
		audio.arrived(sound(at), start+at+int64(30*time.Millisecond)+jitter())
		video.arrived(picture(at), start+at+int64(90*time.Millisecond)+jitter())
		if at%int64(time.Second) == int64(500*time.Millisecond) {
			sent := at + int64(5*time.Millisecond)
			video.senderReport(publisher(sent), start+sent+int64(25*time.Millisecond)+jitter(), picture(sent))
		}
		if at%int64(5*time.Second) == int64(time.Second) {
			audio.senderReport(publisher(at), start+at+int64(25*time.Millisecond)+jitter(), sound(at))
		}
		if at < int64(10*time.Second) {
			continue
		}
		a, v := audio.capture(sound(at)), video.capture(picture(at))
		worst = max(worst, max(a-v, v-a))
		if late := a - (start + at); late < 0 || late > int64(60*time.Millisecond) {
			t.Fatalf("at %v sound captured now is mapped %v later", time.Duration(at), time.Duration(late))
		}
		if d := a - before - int64(20*time.Millisecond); before != 0 && (d > int64(clockNews) || d < -int64(clockNews)) {
			t.Fatalf("at %v the mapping jumps by %v", time.Duration(at), time.Duration(d))
		}
		before = a
	}
	if worst > int64(3*time.Millisecond) {
		t.Errorf("sound and picture are %v apart", time.Duration(worst))
	}
}

func TestClockBeforeReports(t *testing.T) {
	c := newEncodingClock(Video, nil)
	const start = int64(1e18)
	for i, delay := range []time.Duration{80, 60, 30, 70, 90} {
		at := start + int64(i)*int64(40*time.Millisecond)
		c.arrived(uint32(0xFFFFFF00+i*3600), at+int64(delay*time.Millisecond))
	}
	// The timestamps wrapped on the way; the quickest packet took 30 ms.
	last := 0xFFFFFF00 + 4*3600
	if got, want := c.capture(uint32(last)), start+int64(160*time.Millisecond)+int64(30*time.Millisecond); got != want {
		t.Errorf("captured %v after what the quickest packet says", time.Duration(got-want))
	}
}

func TestClockSetBack(t *testing.T) {
	c := newEncodingClock(Video, nil)
	now := int64(1e18)
	for _, rtp := range []uint32{5_000_000, 5_003_000, 4_997_000, 7_000, 10_000} {
		now += int64(time.Second) / 30
		c.arrived(rtp, now)
	}
	if d := now - c.capture(10_000); d < 0 || d > int64(time.Millisecond) {
		t.Errorf("the newest packet was captured %v before it came", time.Duration(d))
	}
}

func TestClockDisbelieves(t *testing.T) {
	c := newEncodingClock(Audio, nil)
	const start = int64(1e18)
	for i := range 10 {
		c.arrived(uint32(i*960), start+int64(i)*int64(20*time.Millisecond))
	}
	want := c.capture(9 * 960)
	for _, lie := range []time.Duration{-time.Hour, time.Hour, 100 * 365 * 24 * time.Hour} {
		// Reports which contradict each other by more than a network can explain.
		c.senderReport(start, start+int64(time.Second), 0)
		c.senderReport(start+int64(lie), start+int64(2*time.Second), 0)
		if got := c.capture(9 * 960); got-want > int64(believeBefore) || want-got > int64(believeAfter) {
			t.Errorf("a report that lies by %v moves the capture by %v", lie, time.Duration(got-want))
		}
	}
}

func TestPeerClockSlews(t *testing.T) {
	var c peerClock
	now := int64(1e18)
	c.sample(now, now+int64(200*time.Millisecond)) // a slow one
	for range 40 {
		now += int64(time.Second)
		before := c.offset
		c.sample(now, now+int64(20*time.Millisecond))
		if d := before - c.offset; d < 0 || d > int64(6*time.Millisecond) {
			t.Fatalf("the offset moved by %v in a second", time.Duration(d))
		}
	}
	if c.offset != int64(20*time.Millisecond) {
		t.Errorf("the offset is %v", time.Duration(c.offset))
	}
}

// TestSwitchKeepsTime checks that the slot's timestamps go on by as much as
// passed between captures, and that the sink learns of a better mapping.
func TestSwitchKeepsTime(t *testing.T) {
	b := newBench(t, Video)
	one, two := b.feeder(VP8, 1), b.feeder(VP8, 2)
	two.Timestamp = 0xFFFFFF00
	b.f.carry(one.e, 1, false)
	b.send(one, 30)
	b.f.carry(two.e, 2, true)
	before := b.r.got[b.r.highest].timestamp
	b.now += int64(2 * time.Second)
	b.send(two, 1)
	if d := b.r.got[b.r.highest].timestamp - before; d < 2*90000+2990 || d > 2*90000+3010 {
		t.Errorf("%d ticks in 2 s and a picture", d)
	}
	clocks := b.r.clocks
	if clocks != 2 {
		t.Errorf("the sink was told %d times at two switches", clocks)
	}
	two.e.senderReport(time.Unix(0, b.now-int64(3*time.Hour)-int64(40*time.Millisecond)), two.Timestamp-3000, b.now-int64(20*time.Millisecond))
	b.send(two, 3)
	if b.r.clocks != clocks+1 {
		t.Errorf("the sink was told %d times of a better mapping", b.r.clocks-clocks)
	}
}
