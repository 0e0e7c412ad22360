package sfu_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"switchyard/sfu"
	"switchyard/sfu/sfutest"
)

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func TestExcludeIsPerSlot(t *testing.T) {
	h := newHouse(t)
	a, b := h.speaker("a", true), h.speaker("b", true)
	v := h.viewer(h.join("v"), 2, 2)
	without := func(sub *sfu.Subscription, s *speaker) {
		h.must(sub.Want(sfu.Demand{Width: 640, Height: 360, Exclude: []sfu.ParticipantID{s.p.ID()}}))
	}
	check := func(talks *speaker, first, second *speaker) {
		t.Helper()
		a.level, b.level = 127, 127
		talks.level = 10
		h.run(3*time.Second, a, b)
		for i, s := range []*speaker{first, second} {
			if v.carries(v.video[i]) != s.cam.ID() {
				t.Errorf("video slot %d shows who is excluded or nobody", i)
			}
			if v.carries(v.audio[i]) != s.mic.ID() {
				t.Errorf("audio slot %d carries who is excluded or nobody", i)
			}
		}
	}
	for i, s := range []*speaker{a, b} { // each slot without one of them
		without(v.video[i], s)
		without(v.audio[i], s)
	}
	check(a, b, a)
	check(b, b, a)
	for i, s := range []*speaker{b, a} { // and the other way round
		without(v.video[i], s)
		without(v.audio[i], s)
	}
	check(a, a, b)
}

// linked joins a second entry of somebody.
func (h *house) linked(identity string, to *sfu.Participant) *sfu.Participant {
	h.Helper()
	p, _, err := h.room.Join(sfu.Join{Identity: identity, LinkedTo: to.ID(), Grants: sfu.DefaultGrants, Counted: true})
	h.must(err)
	return p
}

func TestPhoneAndCameraAreOnePerson(t *testing.T) {
	h := newHouse(t)
	a, b, c := h.speaker("a", true), h.speaker("b", true), h.speaker("c", true)
	phone := h.linked("b-phone", b.p)
	h.must(b.mic.Mute(true, b.p.ID()))
	mic, err := phone.Publish(sfu.Track{ID: "mic", Kind: sfu.Audio, Source: sfu.Microphone}, sfutest.NewSource())
	h.must(err)
	voice := &speaker{h: h, p: phone, mic: mic, level: 10}
	v := h.viewer(h.join("v"), 2, 1)
	h.run(3*time.Second, a, b, c, voice)
	if v.carries(v.video[0]) != b.cam.ID() {
		t.Error("the camera of the person at the phone is not shown")
	}
	if v.carries(v.audio[0]) != mic.ID() {
		t.Error("the first audio slot does not carry the phone of who is seen")
	}
	second := h.linked("b-tablet", b.p)
	w := h.viewer(second, 4, 0)
	h.run(time.Second, a, b, c, voice)
	for _, sub := range w.audio {
		if got := w.carries(sub); got == mic.ID() || got == b.mic.ID() {
			t.Error("a person hears itself by another entry")
		}
	}
}

func TestHiddenSpeakerIsNotListed(t *testing.T) {
	h := newHouse(t)
	events := h.join("v").Events()
	p, _, err := h.room.Join(sfu.Join{Identity: "whisper", Hidden: true, Grants: sfu.MayPublish})
	h.must(err)
	mic, err := p.Publish(sfu.Track{ID: "mic", Kind: sfu.Audio, Source: sfu.Microphone}, sfutest.NewSource())
	h.must(err)
	h.loop.Run()
	h.run(time.Second, &speaker{h: h, p: p, mic: mic, level: 10})
	if ev, ok := last[sfu.SpeakersChanged](drain(events)); ok && len(ev.Speakers) > 0 {
		t.Errorf("told %+v", ev.Speakers)
	}
}

func TestSnapshotListsNobodyWhoLeft(t *testing.T) {
	h := newHouse(t)
	a := h.speaker("a", false)
	a.level = 10
	h.run(time.Second, a)
	a.p.Leave(sfu.LeftByItself)
	snapshot := drain(h.join("late").Events())[0].(sfu.Snapshot)
	if len(snapshot.Participants)+len(snapshot.Speakers) != 0 {
		t.Errorf("told %+v", snapshot)
	}
}

// TestSecondSpeakerIsSeen lets somebody talk besides the dominant speaker: it
// is more recent than those who talked before.
func TestSecondSpeakerIsSeen(t *testing.T) {
	h := newHouse(t)
	a, b, c := h.speaker("a", true), h.speaker("b", true), h.speaker("c", true)
	all := []*speaker{a, b, c}
	v := h.viewer(h.join("v"), 3, 2)
	b.level = 20
	h.run(3*time.Second, all...)
	a.level, b.level = 20, 127
	h.run(3*time.Second, all...)
	if v.carries(v.video[0]) != a.cam.ID() || v.carries(v.video[1]) != b.cam.ID() {
		t.Fatal("a, then b are not shown")
	}
	c.level = 20
	h.run(3*time.Second, all...)
	if v.carries(v.video[0]) != a.cam.ID() {
		t.Error("a, who is as loud as c, does not stay first")
	}
	if v.carries(v.video[1]) != c.cam.ID() {
		t.Error("c talks and is not shown, but b, who is silent")
	}
}

// TestSourceWithoutLevelsGivesWay has one that sends no levels, and so seems to
// talk all the time, beside one that talks softly.
func TestSourceWithoutLevelsGivesWay(t *testing.T) {
	h := newHouse(t)
	a, b := h.speaker("a", true), h.speaker("b", true)
	a.noLevel = true
	v := h.viewer(h.join("v"), 0, 1)
	h.run(2*time.Second, a, b)
	if v.carries(v.video[0]) != a.cam.ID() {
		t.Error("a is not shown though nobody talks")
	}
	b.level = 40
	h.run(2*time.Second, a, b)
	if v.carries(v.video[0]) != b.cam.ID() {
		t.Error("b talks and is not shown")
	}
}

func TestOneCameraOfEachBeforeAnotherOfOne(t *testing.T) {
	h := newHouse(t)
	a := h.speaker("a", true)
	_, err := a.p.Publish(sfu.Track{ID: "cam2", Kind: sfu.Video, Source: sfu.Camera}, sfutest.NewSource())
	h.must(err)
	screen, err := a.p.Publish(sfu.Track{ID: "screen", Kind: sfu.Video, Source: sfu.Screen}, sfutest.NewSource())
	h.must(err)
	b := h.speaker("b", true)
	v := h.viewer(h.join("v"), 0, 2)
	a.level = 10
	h.run(time.Second, a, b)
	if v.carries(v.video[0]) != a.cam.ID() || v.carries(v.video[1]) != b.cam.ID() {
		t.Error("both slots are a's")
	}
	// Who is named is not repeated, but its screen is another picture.
	h.must(v.video[1].Want(sfu.Demand{Kind: sfu.WantParticipant, Participant: a.p.ID(), Width: 640, Height: 360}))
	b.p.Leave(sfu.LeftByItself)
	h.run(time.Second, a)
	if v.carries(v.video[1]) != a.cam.ID() || v.carries(v.video[0]) != screen.ID() {
		t.Error("a's camera is repeated, or its screen is not shown where there is space")
	}
}

// TestWhoTalksStaysBeforeWhoWasHeld starts a screen's sound while one slot is
// held by somebody silent and the other by somebody who talks.
func TestWhoTalksStaysBeforeWhoWasHeld(t *testing.T) {
	h := newHouse(t)
	a, b, c := h.speaker("a", false), h.speaker("b", false), h.speaker("c", false)
	v := h.viewer(h.join("v"), 2, 0)
	talks, silent := a, b
	if v.carries(v.audio[0]) == a.mic.ID() {
		talks, silent = b, a
	}
	if v.carries(v.audio[0]) != silent.mic.ID() || v.carries(v.audio[1]) != talks.mic.ID() {
		t.Fatal("a and b are not heard")
	}
	talks.level = 10
	h.run(time.Second, a, b, c)
	screen, err := c.p.Publish(sfu.Track{ID: "screen", Kind: sfu.Audio, Source: sfu.ScreenAudio}, sfutest.NewSource())
	h.must(err)
	h.run(500*time.Millisecond, a, b, c)
	if v.carries(v.audio[0]) != screen.ID() || v.carries(v.audio[1]) != talks.mic.ID() {
		t.Error("who talks was cut off, or the screen is not heard")
	}
}

// TestStillPictureReachesNewcomers lets a screen stand still, so that its
// publisher sends nothing, before somebody looks.
func TestStillPictureReachesNewcomers(t *testing.T) {
	h := newHouse(t)
	a := h.speaker("a", true)
	h.run(time.Second, a)
	h.loop.Advance(10 * time.Second)
	a.camera.Keyframes = nil
	v := h.viewer(h.join("v"), 0, 1)
	h.loop.Advance(time.Second)
	if len(a.camera.Keyframes) == 0 {
		t.Fatal("no keyframe was asked for")
	}
	h.run(200*time.Millisecond, a)
	if len(v.sinks[v.video[0]].Packets) == 0 {
		t.Error("the picture does not arrive")
	}
}

// TestNoKeyframeOfAnEncodingThatIsGone publishes anew with fewer encodings.
func TestNoKeyframeOfAnEncodingThatIsGone(t *testing.T) {
	h := newHouse(t)
	a := h.join("a")
	track := sfu.Track{ID: "cam", Kind: sfu.Video, Source: sfu.Camera, Encodings: []sfu.Encoding{{RID: "l", Width: 320, Height: 180}, {RID: "h", Width: 640, Height: 360}}}
	pub, err := a.Publish(track, sfutest.NewSource())
	h.must(err)
	sub := h.viewer(h.join("v"), 0, 1).video[0]
	s := &simulcaster{h: h, pub: pub, codecs: []sfu.Codec{sfu.H264, sfu.H264}} // which says nothing of its size
	s.send(time.Second)
	after := sfutest.NewSource()
	track.Encodings = nil
	_, err = a.Publish(track, after)
	h.must(err)
	h.loop.Post(func() { sub.HandleRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{}}) })
	h.loop.Advance(3 * time.Second)
	s.codecs = s.codecs[:1]
	s.send(time.Second)
	for _, index := range after.Keyframes {
		if index != 0 {
			t.Fatalf("a keyframe of encoding %d was asked for", index)
		}
	}
}

// simulcaster sends every encoding of a publication, each in its codec.
type simulcaster struct {
	h      *house
	pub    *sfu.Publication
	codecs []sfu.Codec
	frames int
}

func (s *simulcaster) send(d time.Duration) {
	for range d / (40 * time.Millisecond) {
		for i, codec := range s.codecs {
			for _, p := range s.pub.Reserve(i, 1, nil) {
				p.Sequence, p.Timestamp, p.Marker = uint16(s.frames), uint32(s.frames*3600), true
				p.Codec, p.Arrival = codec, s.h.loop.Now().UnixNano()
				p.Payload = append(p.Buf[:0], 0x67, 1, 2, 3) // H.264: parameters begin a keyframe
				if codec == sfu.VP8 {
					p.Payload = append(p.Buf[:0], vp8Frame(true, uint16(s.frames))...)
				}
				s.pub.Commit(i, []*sfu.Packet{p})
			}
		}
		s.frames++
		s.h.loop.Advance(40 * time.Millisecond)
	}
}

// TestEncodingsMayDifferInCodec gives each receiver an encoding that it decodes.
func TestEncodingsMayDifferInCodec(t *testing.T) {
	h := newHouse(t)
	a := h.join("a")
	events := a.Events()
	pub, err := a.Publish(sfu.Track{ID: "cam", Kind: sfu.Video, Source: sfu.Camera,
		Encodings: []sfu.Encoding{{RID: "l", Width: 320, Height: 180}, {RID: "h", Width: 640, Height: 360}}}, sfutest.NewSource())
	h.must(err)
	sinks := map[sfu.Codec]*sfutest.Sink{}
	for _, codec := range []sfu.Codec{sfu.VP8, sfu.H264} {
		sinks[codec] = sfutest.NewSink(h.loop)
		sub, err := h.join(codec.String()).Subscribe(sfu.Slot{Receiver: "r", Kind: sfu.Video, Codecs: sfu.Codecs(codec)}, sinks[codec])
		h.must(err)
		h.must(sub.Want(sfu.Demand{Width: 640, Height: 360}))
	}
	s := &simulcaster{h: h, pub: pub, codecs: []sfu.Codec{sfu.VP8, sfu.H264}}
	s.send(4 * time.Second)
	for codec, sink := range sinks {
		if len(sink.Packets) < 50 {
			t.Errorf("%v: %d packets", codec, len(sink.Packets))
		}
		for _, p := range sink.Packets {
			if p.Codec != codec {
				t.Fatalf("%v was sent to who decodes %v", p.Codec, codec)
			}
		}
	}
	if n := len(drain(events)); n > 10 {
		t.Errorf("%d events in 4 s", n)
	}
}

// TestCodecThatFlutters lets a publisher change its codec with each packet:
// nobody gets what it can't decode, and the room is not flooded with news.
func TestCodecThatFlutters(t *testing.T) {
	h := newHouse(t)
	a := h.join("a")
	pub, err := a.Publish(sfu.Track{ID: "cam", Kind: sfu.Video, Source: sfu.Camera}, sfutest.NewSource())
	h.must(err)
	b := h.join("b")
	events := b.Events()
	sink := sfutest.NewSink(h.loop)
	sub, err := b.Subscribe(sfu.Slot{Receiver: "r", Kind: sfu.Video, Codecs: sfu.Codecs(sfu.VP8)}, sink)
	h.must(err)
	h.must(sub.Want(sfu.Demand{Width: 640, Height: 360}))
	h.loop.Run()
	s := &simulcaster{h: h, pub: pub, codecs: []sfu.Codec{sfu.VP8}}
	updates := 0
	for i := range 250 {
		s.codecs[0] = []sfu.Codec{sfu.VP8, sfu.H264}[i%2]
		s.send(40 * time.Millisecond)
		for _, ev := range drain(events) {
			if _, ok := ev.(sfu.ParticipantUpdated); ok {
				updates++
			}
		}
	}
	if updates > 110 {
		t.Errorf("%d updates in 10 s", updates)
	}
	for _, p := range sink.Packets {
		if p.Codec != sfu.VP8 {
			t.Fatalf("%v was sent to who decodes VP8 only", p.Codec)
		}
	}
}

// TestPublisherThatStaysIsAskedLessOften has a publisher ignore what it is
// asked, and a room that has nothing in common with another codec.
func TestPublisherThatStaysIsAskedLessOften(t *testing.T) {
	h := newHouse(t)
	a := h.speaker("a", true)
	events := a.p.Events()
	receive := func(name string, codecs ...sfu.Codec) *sfu.Subscription {
		sub, err := h.join(name).Subscribe(sfu.Slot{Receiver: "r", Kind: sfu.Video, Codecs: sfu.Codecs(codecs...)}, sfutest.NewSink(h.loop))
		h.must(err)
		h.must(sub.Want(sfu.Demand{Width: 640, Height: 360}))
		return sub
	}
	asked := func(d time.Duration) (list []sfu.Codec) {
		for range d / time.Second {
			h.run(time.Second, a)
			for _, ev := range drain(events) {
				if ev, ok := ev.(sfu.Republish); ok {
					list = append(list, ev.Codec)
				}
			}
		}
		return list
	}
	h.run(time.Second, a)
	receive("b", sfu.H264, sfu.AV1)
	if list := asked(time.Minute); len(list) < 3 || len(list) > 6 {
		t.Errorf("asked %d times in a minute", len(list))
	}
	narrow := receive("c", sfu.AV1)
	if list := asked(2 * time.Second); len(list) != 1 || list[0] != sfu.AV1 {
		t.Errorf("asked for %v when only AV1 is left", list)
	}
	narrow.Close()
	receive("d", sfu.VP8)
	if list := asked(time.Minute); len(list) > 0 {
		t.Errorf("asked for %v though the room has nothing in common", list)
	}
}

func TestManyVoicesFewSlots(t *testing.T) {
	h := newHouse(t)
	var all []*speaker
	for i := range 30 {
		all = append(all, h.speaker(fmt.Sprint(i), false))
	}
	v := h.viewer(h.join("v"), 3, 0)
	heard := func(s *speaker) bool {
		for _, sub := range v.audio {
			if v.carries(sub) == s.mic.ID() {
				return true
			}
		}
		return false
	}
	for i := 0; i < len(all); i += 3 {
		for k, s := range all {
			s.level = 127
			if k >= i && k < i+3 {
				s.level = 20
			}
		}
		h.run(3500*time.Millisecond, all...)
		for k := i; k < i+3; k++ {
			if !heard(all[k]) {
				t.Errorf("%d talks and is not heard", k)
			}
		}
	}
}

// TestHoldEndsByItself has somebody talk on and on while a silent source holds
// the only slot: nothing else happens when its time is over.
func TestHoldEndsByItself(t *testing.T) {
	h := newHouse(t)
	a, b := h.speaker("a", false), h.speaker("b", false)
	v := h.viewer(h.join("v"), 1, 0)
	since := h.loop.Now()
	talks := a
	if v.carries(v.audio[0]) == a.mic.ID() {
		talks = b
	}
	talks.level = 10
	for v.carries(v.audio[0]) != talks.mic.ID() {
		h.run(20*time.Millisecond, a, b)
		if h.loop.Now().Sub(since) > 10*time.Second {
			t.Fatal("who talks is not heard for 10 s")
		}
	}
	if held := h.loop.Now().Sub(since); held < 2*time.Second || held > 2200*time.Millisecond {
		t.Errorf("the slot was held for %v", held)
	}
}
