package sfu_test

import (
	"fmt"
	"testing"
	"time"

	"switchyard/sfu"
	"switchyard/sfu/sfutest"
)

// speaker publishes sound, and a picture if it has a camera, in the way of a
// browser: a packet every 20 ms, a keyframe whenever one is asked for.
type speaker struct {
	h        *house
	p        *sfu.Participant
	mic, cam *sfu.Publication
	camera   *sfutest.Source
	level    uint8
	noLevel  bool
	seq      uint16
	ts       uint32
	vseq     uint16
	vts      uint32
	frames   int
}

func (h *house) speaker(name string, camera bool) *speaker {
	h.Helper()
	s := &speaker{h: h, p: h.join(name), level: 127}
	var err error
	if s.mic, err = s.p.Publish(sfu.Track{ID: "mic", Kind: sfu.Audio, Source: sfu.Microphone, Clock: "t"}, sfutest.NewSource()); err != nil {
		h.Fatal(err)
	}
	if camera {
		s.camera = sfutest.NewSource()
		if s.cam, err = s.p.Publish(sfu.Track{ID: "cam", Kind: sfu.Video, Source: sfu.Camera, Width: 640, Height: 360, Clock: "t"}, s.camera); err != nil {
			h.Fatal(err)
		}
	}
	h.loop.Run()
	return s
}

// send is one interval of 20 ms; a picture goes with every second.
func (s *speaker) send() {
	now := s.h.loop.Now().UnixNano()
	if packets := s.mic.Reserve(0, 1, nil); len(packets) == 1 {
		p := packets[0]
		p.Sequence, p.Timestamp, p.Codec, p.Arrival = s.seq, s.ts, sfu.Opus, now
		p.Level, p.HasLevel = s.level, !s.noLevel
		p.Payload = append(p.Buf[:0], 0xfc, byte(s.seq), 1, 2, 3)
		s.mic.Commit(0, packets)
	}
	s.seq++
	s.ts += 960
	if s.cam == nil {
		return
	}
	if s.frames++; s.frames%2 == 0 {
		return
	}
	key := len(s.camera.Keyframes) > 0 || s.frames == 1
	s.camera.Keyframes = nil
	if packets := s.cam.Reserve(0, 1, nil); len(packets) == 1 {
		p := packets[0]
		p.Sequence, p.Timestamp, p.Marker, p.Codec, p.Arrival = s.vseq, s.vts, true, sfu.VP8, now
		p.Payload = append(p.Buf[:0], vp8Frame(key, uint16(s.frames))...)
		s.cam.Commit(0, packets)
	}
	s.vseq++
	s.vts += 3600
}

// vp8Frame is a whole VP8 frame of 640x360 in one packet, by its descriptor and
// frame header (RFC 7741, RFC 6386 section 9.1).
func vp8Frame(key bool, picture uint16) []byte {
	b := []byte{0x90, 0x80, 0x80 | byte(picture>>8), byte(picture)}
	if !key {
		return append(b, 0x01, 0, 0, 0xaa)
	}
	return append(b, 0x10, 0, 0, 0x9d, 0x01, 0x2a, 640&0xff, 640>>8, 360&0xff, 360>>8, 0xaa)
}

// viewer has slots and remembers what they were said to carry.
type viewer struct {
	h      *house
	p      *sfu.Participant
	events <-chan sfu.Event
	audio  []*sfu.Subscription
	video  []*sfu.Subscription
	sinks  map[*sfu.Subscription]*sfutest.Sink
	told   map[*sfu.Subscription]sfu.SlotChanged
}

func (h *house) viewer(p *sfu.Participant, audio, video int) *viewer {
	h.Helper()
	v := &viewer{h: h, p: p, events: p.Events(), sinks: map[*sfu.Subscription]*sfutest.Sink{}, told: map[*sfu.Subscription]sfu.SlotChanged{}}
	open := func(slot sfu.Slot) *sfu.Subscription {
		sink := sfutest.NewSink(h.loop)
		slot.Receiver = "viewer"
		sub, err := p.Subscribe(slot, sink)
		if err != nil {
			h.Fatal(err)
		}
		v.sinks[sub] = sink
		return sub
	}
	for i := range video {
		sub := open(sfu.Slot{Name: fmt.Sprint("v", i), Kind: sfu.Video, Codecs: sfu.AllCodecs})
		if err := sub.Want(sfu.Demand{Width: 640, Height: 360}); err != nil {
			h.Fatal(err)
		}
		v.video = append(v.video, sub)
	}
	for i := range audio {
		slot := sfu.Slot{Name: fmt.Sprint("a", i), Kind: sfu.Audio, Codecs: sfu.AllCodecs}
		if i == 0 && video > 0 {
			slot.With = v.video[0]
		}
		v.audio = append(v.audio, open(slot))
	}
	h.loop.Run()
	return v
}

func (v *viewer) read() {
	for _, ev := range drain(v.events) {
		if s, ok := ev.(sfu.SlotChanged); ok {
			v.told[s.Subscription] = s
		}
	}
}

// carries tells whose publication a slot was said to carry.
func (v *viewer) carries(sub *sfu.Subscription) sfu.PublicationID {
	v.read()
	return v.told[sub].Publication
}

// run lets everybody send for a while.
func (h *house) run(d time.Duration, everybody ...*speaker) {
	for range d / (20 * time.Millisecond) {
		for _, s := range everybody {
			s.send()
		}
		h.loop.Advance(20 * time.Millisecond)
	}
}

func TestAudioSlotForEverybodyIsFixed(t *testing.T) {
	h := newHouse(t)
	a, b, c := h.speaker("a", false), h.speaker("b", false), h.speaker("c", false)
	v := h.viewer(h.join("v"), 3, 0)
	h.run(time.Second, a, b, c)
	before := []sfu.PublicationID{v.carries(v.audio[0]), v.carries(v.audio[1]), v.carries(v.audio[2])}
	for _, loud := range []*speaker{a, b, c} {
		a.level, b.level, c.level = 127, 127, 127
		loud.level = 10
		h.run(3*time.Second, a, b, c)
		for i, sub := range v.audio {
			if got := v.carries(sub); got != before[i] || got == "" {
				t.Errorf("slot %d went from %s to %s", i, before[i], got)
			}
		}
	}
	for i, sub := range v.audio {
		if n := len(v.sinks[sub].Packets); n < 490 {
			t.Errorf("slot %d got %d packets of 500", i, n)
		}
	}
}

func TestLoudestAreHeardWhenSlotsAreFew(t *testing.T) {
	h := newHouse(t)
	a, b, c, d := h.speaker("a", false), h.speaker("b", false), h.speaker("c", false), h.speaker("d", false)
	all := []*speaker{a, b, c, d}
	v := h.viewer(h.join("v"), 2, 0)
	heard := func(s *speaker) bool {
		return v.carries(v.audio[0]) == s.mic.ID() || v.carries(v.audio[1]) == s.mic.ID()
	}

	a.level, b.level = 20, 20
	h.run(3*time.Second, all...)
	if !heard(a) || !heard(b) {
		t.Fatal("a and b talk and are not heard")
	}
	// c is louder, but a talking source is never evicted.
	c.level = 5
	h.run(4*time.Second, all...)
	if !heard(a) || !heard(b) || heard(c) {
		t.Fatal("c pushed somebody who talks out")
	}
	a.level = 127
	h.run(3*time.Second, all...)
	if !heard(c) || !heard(b) || heard(a) {
		t.Fatal("c is not heard though a fell silent")
	}
	// d takes part by the arrival of its packets alone.
	d.noLevel = true
	b.level = 127
	h.run(4*time.Second, all...)
	if !heard(d) || !heard(c) {
		t.Fatal("d, who sends no levels, is not heard")
	}
}

func TestSlotIsHeldForTwoSeconds(t *testing.T) {
	h := newHouse(t)
	a, b := h.speaker("a", false), h.speaker("b", false)
	v := h.viewer(h.join("v"), 1, 0)
	a.level = 20
	h.run(300*time.Millisecond, a, b)
	if v.carries(v.audio[0]) != a.mic.ID() {
		t.Fatal("a is not heard")
	}
	// Both talk a word in turn: the slot must not flutter.
	since := h.loop.Now()
	current, changes := a.mic.ID(), 0
	for i := range 20 {
		a.level, b.level = 127, 20
		if i%2 == 0 {
			a.level, b.level = 20, 127
		}
		h.run(time.Second, a, b)
		if now := v.carries(v.audio[0]); now != current {
			if held := h.loop.Now().Sub(since); held < 2*time.Second {
				t.Errorf("held for %v only", held)
			}
			current, since = now, h.loop.Now()
			changes++
		}
	}
	if changes == 0 {
		t.Error("b was never heard")
	}
}

func TestScreenAudioIsNeverSelectedAway(t *testing.T) {
	h := newHouse(t)
	a, b := h.speaker("a", false), h.speaker("b", false)
	screen, err := b.p.Publish(sfu.Track{ID: "screen", Kind: sfu.Audio, Source: sfu.ScreenAudio}, sfutest.NewSource())
	if err != nil {
		t.Fatal(err)
	}
	v := h.viewer(h.join("v"), 2, 0)
	a.level, b.level = 5, 5
	h.run(5*time.Second, a, b)
	if v.carries(v.audio[0]) != screen.ID() && v.carries(v.audio[1]) != screen.ID() {
		t.Error("screen audio has no slot")
	}
}

func TestNobodyReceivesThemselves(t *testing.T) {
	h := newHouse(t)
	a := h.speaker("a", true)
	phone, _, err := h.room.Join(sfu.Join{Identity: "a-phone", LinkedTo: a.p.ID(), Grants: sfu.MayPublish | sfu.MaySubscribe})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := phone.Publish(sfu.Track{ID: "mic", Kind: sfu.Audio, Source: sfu.Microphone}, sfutest.NewSource()); err != nil {
		t.Fatal(err)
	}
	v := h.viewer(a.p, 2, 2)
	h.run(time.Second, a)
	for _, sub := range append(v.audio, v.video...) {
		if got := v.carries(sub); got != "" {
			t.Errorf("slot %s carries %s", sub.Slot().Name, got)
		}
		if n := len(v.sinks[sub].Packets); n > 0 {
			t.Errorf("slot %s got %d packets", sub.Slot().Name, n)
		}
	}
}

func TestSpeakerSlotsFollowWhoTalks(t *testing.T) {
	h := newHouse(t)
	a, b, c := h.speaker("a", true), h.speaker("b", true), h.speaker("c", true)
	all := []*speaker{a, b, c}
	v := h.viewer(h.join("v"), 3, 2)
	for _, talks := range []*speaker{a, b, c, a, c, b} {
		for _, s := range all {
			s.level = 127
		}
		talks.level = 15
		h.run(2500*time.Millisecond, all...)
		if got := v.carries(v.video[0]); got != talks.cam.ID() {
			t.Errorf("the first video slot does not show who talks")
		}
		if got := v.carries(v.audio[0]); got != talks.mic.ID() {
			t.Errorf("the first audio slot does not go with the picture")
		}
		if v.carries(v.video[1]) == v.carries(v.video[0]) {
			t.Error("one picture twice")
		}
	}
}

func TestNamedDemands(t *testing.T) {
	h := newHouse(t)
	a, b, c := h.speaker("a", true), h.speaker("b", true), h.speaker("c", true)
	v := h.viewer(h.join("v"), 0, 3)
	want := func(i int, d sfu.Demand) {
		t.Helper()
		d.Width, d.Height = 640, 360
		if err := v.video[i].Want(d); err != nil {
			t.Fatal(err)
		}
	}
	want(1, sfu.Demand{Kind: sfu.WantTrack, Publication: b.cam.ID()})
	want(2, sfu.Demand{Kind: sfu.WantParticipant, Participant: a.p.ID()})
	a.level = 10
	h.run(2*time.Second, a, b, c)
	for i, cam := range []*sfu.Publication{c.cam, b.cam, a.cam} {
		if got := v.carries(v.video[i]); got != cam.ID() {
			t.Errorf("slot %d carries %q, want %q", i, got, cam.ID())
		}
	}
	want(0, sfu.Demand{Kind: sfu.WantNone})
	want(1, sfu.Demand{Kind: sfu.WantSpeaker, Exclude: []sfu.ParticipantID{b.p.ID()}})
	h.run(time.Second, a, b, c)
	if got := v.carries(v.video[0]); got != "" {
		t.Errorf("slot 0 carries %q", got)
	}
	if got := v.carries(v.video[1]); got != c.cam.ID() {
		t.Errorf("slot 1 carries %q, want c's", got)
	}
}

func TestSwitchIsAnnouncedNoLaterThanItsFirstPacket(t *testing.T) {
	h := newHouse(t)
	a, b := h.speaker("a", true), h.speaker("b", true)
	v := h.viewer(h.join("v"), 0, 1)
	sub := v.video[0]
	sink := v.sinks[sub]
	sink.Drop = func(packet sfutest.Received) bool {
		v.read()
		if told := v.told[sub]; !told.HasTimestamp || told.Number != packet.CSRC || int32(packet.Timestamp-told.FirstTimestamp) < 0 {
			t.Fatalf("packet of %d at %d, but announced is %+v", packet.CSRC, packet.Timestamp, told)
		}
		return false
	}
	for i := range 20 {
		next := []*speaker{a, b}[i%2]
		if err := sub.Want(sfu.Demand{Kind: sfu.WantTrack, Publication: next.cam.ID(), Width: 640, Height: 360}); err != nil {
			t.Fatal(err)
		}
		h.run(time.Second, a, b)
		if told := v.told[sub]; told.Publication != next.cam.ID() || told.Paused != sfu.NotPaused {
			t.Fatalf("switch %d: announced is %+v", i, told)
		}
	}
	if n := len(sink.Packets); n < 400 {
		t.Errorf("%d packets in 20 s", n)
	}
}

func TestPauses(t *testing.T) {
	h := newHouse(t)
	a := h.speaker("a", true)
	v := h.viewer(h.join("v"), 1, 1)
	sub := v.video[0]
	expect := func(what string, reason sfu.PauseReason, flows bool) {
		t.Helper()
		h.run(time.Second, a)
		v.sinks[sub].Take()
		h.run(time.Second, a)
		v.read()
		if got := v.told[sub]; got.Paused != reason || got.Publication != a.cam.ID() {
			t.Errorf("%s: announced %+v, want paused %q", what, got, reason)
		}
		if n := len(v.sinks[sub].Take()); (n > 0) != flows {
			t.Errorf("%s: %d packets in a second", what, n)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	expect("at first", sfu.NotPaused, true)
	must(sub.Want(sfu.Demand{}))
	expect("hidden", sfu.PausedHidden, false)
	must(sub.Want(sfu.Demand{Width: 320, Height: 180}))
	expect("shown again", sfu.NotPaused, true)
	must(a.cam.Mute(true, a.p.ID()))
	expect("muted", sfu.PausedMuted, false)
	must(a.cam.Mute(false, a.p.ID()))
	expect("unmuted", sfu.NotPaused, true)
	a.cam.Detach(a.camera)
	expect("its transport gone", sfu.PausedReconnecting, false)
	source := sfutest.NewSource()
	again, err := a.p.Publish(sfu.Track{ID: "cam", Kind: sfu.Video, Source: sfu.Camera, Width: 640, Height: 360, Clock: "t2"}, source)
	must(err)
	if again != a.cam {
		t.Error("the same track published again is another publication")
	}
	a.camera, a.frames = source, 0
	expect("published again", sfu.NotPaused, true)
}

func TestModeratorMutesButDoesNotUnmute(t *testing.T) {
	h := newHouse(t)
	a := h.speaker("a", false)
	host := h.join("host")
	guest, _, err := h.room.Join(sfu.Join{Identity: "guest", Grants: sfu.DefaultGrants})
	if err != nil {
		t.Fatal(err)
	}
	events := a.p.Events()
	if err := a.mic.Mute(true, guest.ID()); err == nil {
		t.Error("a guest muted somebody")
	}
	if err := a.mic.Mute(true, host.ID()); err != nil {
		t.Fatal(err)
	}
	if ev, ok := last[sfu.PublicationMuted](drain(events)); !ok || ev.By != host.ID() {
		t.Error("a was not told who muted it")
	}
	if err := a.mic.Mute(false, host.ID()); err == nil {
		t.Error("a moderator unmuted somebody")
	}
	if err := a.mic.Mute(false, a.p.ID()); err != nil {
		t.Errorf("a may not unmute itself: %v", err)
	}
}
