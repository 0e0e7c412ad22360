package sfu

import (
	"testing"
	"time"
)

// liveEncodings makes a feed whose encodings have just had a packet.
func liveEncodings(described []Encoding, live ...bool) (*feed, int64) {
	f := &feed{kind: Video, described: described}
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()
	for i := range described {
		e := newEncoding(i, Video, 64, nil)
		if live[i] {
			packets := e.reserve(1, nil)
			packets[0].Codec, packets[0].Arrival = VP8, now
			packets[0].Payload = append(packets[0].Buf[:0], 0x10, 0x01, 0, 0, 0xaa)
			e.commit(packets, now)
		}
		f.encodings = append(f.encodings, e)
	}
	return f, now
}

func TestDemandChoosesEncoding(t *testing.T) {
	three := []Encoding{{RID: "q", Width: 320, Height: 180}, {RID: "h", Width: 640, Height: 360}, {RID: "f", Width: 1280, Height: 720}}
	for _, c := range []struct {
		name   string
		live   []bool
		demand Demand
		want   int
	}{
		{"thumbnail", []bool{true, true, true}, Demand{Width: 160, Height: 90}, 0},
		{"exactly the smallest", []bool{true, true, true}, Demand{Width: 320, Height: 180}, 0},
		{"a little larger than the smallest", []bool{true, true, true}, Demand{Width: 350, Height: 197}, 0},
		{"much larger than the smallest", []bool{true, true, true}, Demand{Width: 480, Height: 270}, 1},
		{"full screen", []bool{true, true, true}, Demand{Width: 1920, Height: 1080}, 2},
		{"the largest is silent", []bool{true, true, false}, Demand{Width: 1920, Height: 1080}, 1},
		{"only the largest is sent", []bool{false, false, true}, Demand{Width: 160, Height: 90}, 2},
		{"nothing is sent", []bool{false, false, false}, Demand{Width: 160, Height: 90}, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, now := liveEncodings(three, c.live...)
			if got := f.choose(c.demand, now); got != c.want {
				t.Errorf("encoding %d, want %d", got, c.want)
			}
		})
	}
}

func TestSilentEncodingIsForgotten(t *testing.T) {
	f, now := liveEncodings([]Encoding{{RID: "q", Width: 320, Height: 180}, {RID: "f", Width: 1280, Height: 720}}, true, true)
	if mask := f.liveness(now); mask != 3 {
		t.Fatalf("liveness %b", mask)
	}
	if mask := f.liveness(now + 2*time.Second.Nanoseconds()); mask != 0 {
		t.Errorf("liveness %b after 2 s of silence", mask)
	}
}

func TestVoiceHysteresis(t *testing.T) {
	var v voice
	loud := []*Packet{{Level: 20, HasLevel: true}, {Level: 25, HasLevel: true}, {Level: 20, HasLevel: true}}
	quiet := []*Packet{{Level: 90, HasLevel: true}, {Level: 127, HasLevel: true}, {Level: 100, HasLevel: true}}
	feed := func(packets []*Packet, d time.Duration) {
		for range d / tickInterval {
			v.hear(packets)
			v.look(tickInterval)
		}
	}
	feed(loud, 100*time.Millisecond)
	if v.talking {
		t.Error("a click counts as talking")
	}
	feed(loud, 100*time.Millisecond)
	if !v.talking {
		t.Error("200 ms of voice do not count as talking")
	}
	feed(quiet, 600*time.Millisecond)
	if !v.talking {
		t.Error("a breath ends talking")
	}
	feed(quiet, 200*time.Millisecond)
	if v.talking {
		t.Error("still talking after 800 ms of silence")
	}
}
