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
			f.measure(now)
			got := -1
			if place := f.choose(c.demand, AllCodecs); place >= 0 {
				got = f.sent[place].index
			}
			if got != c.want {
				t.Errorf("encoding %d, want %d", got, c.want)
			}
		})
	}
}

func TestSilentEncodingIsForgotten(t *testing.T) {
	f, now := liveEncodings([]Encoding{{RID: "q", Width: 320, Height: 180}, {RID: "f", Width: 1280, Height: 720}}, true, true)
	if f.measure(now); len(f.sent) != 2 {
		t.Fatalf("%d encodings are sent", len(f.sent))
	}
	later := now + 2*time.Second.Nanoseconds()
	if changed := f.measure(later); changed {
		t.Error("a still picture changes what is sent")
	}
	packets := f.encodings[0].reserve(1, nil)
	packets[0].Codec, packets[0].Sequence = VP8, 1
	packets[0].Payload = append(packets[0].Buf[:0], 0x10, 0x01, 0, 0, 0xaa)
	f.encodings[0].commit(packets, later)
	if changed := f.measure(later); !changed || len(f.sent) != 1 || f.sent[0].index != 0 {
		t.Errorf("sent is %+v although only the first encoding goes on", f.sent)
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

func TestDemandChoosesLayers(t *testing.T) {
	f, now := liveEncodings([]Encoding{{Width: 1280, Height: 720}}, true)
	for i := range 30 { // 30 pictures a second in three temporal layers: 0 2 1 2
		f.encodings[0].meter.add(now-int64(i)*int64(time.Second)/30, 100, true, []uint8{0, 2, 1, 2}[i%4])
	}
	sent := sentEncoding{codec: VP9, width: 1280, height: 720, spatial: 2, temporal: 2}
	for _, c := range []struct {
		demand            Demand
		spatial, temporal int8
	}{
		{Demand{Width: 320, Height: 180}, 0, anyLayer},
		{Demand{Width: 480, Height: 270}, 1, anyLayer},
		{Demand{Width: 640, Height: 360, FPS: 30}, 1, anyLayer},
		{Demand{Width: 1280, Height: 720, FPS: 15}, anyLayer, 1},
		{Demand{Width: 1920, Height: 1080, FPS: 5}, anyLayer, 0},
	} {
		if s, tl := f.layers(&sent, c.demand, now); s != c.spatial || tl != c.temporal {
			t.Errorf("%+v: layers %d and %d, want %d and %d", c.demand, s, tl, c.spatial, c.temporal)
		}
	}
}
