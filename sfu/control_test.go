package sfu_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"switchyard/sfu"
	"switchyard/sfu/sfutest"
)

func TestKeyframeRequestsAreMergedAndKeptApart(t *testing.T) {
	h := newHouse(t)
	a := h.speaker("a", true)
	h.run(time.Second, a)
	source := sfutest.NewSource()
	asked := 0
	count := func() {
		asked += len(source.Keyframes)
		source.Keyframes = nil
	}
	if _, err := a.p.Publish(sfu.Track{ID: "cam", Kind: sfu.Video, Source: sfu.Camera, Width: 640, Height: 360, Clock: "t"}, source); err != nil {
		t.Fatal(err)
	}
	a.camera = sfutest.NewSource() // what a sends comes unasked
	var subs []*sfu.Subscription
	for _, name := range []string{"b", "c", "d", "e"} {
		subs = append(subs, h.viewer(h.join(name), 0, 1).video[0])
	}
	h.run(100*time.Millisecond, a)
	count()
	if asked != 1 {
		t.Errorf("4 viewers in 100 ms made %d requests", asked)
	}
	// PLIs of all four, ten times a second for two seconds.
	asked = 0
	for range 20 {
		for _, sub := range subs {
			sub.HandleRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{}})
		}
		h.loop.Advance(100 * time.Millisecond)
		count()
	}
	if most := int(2*time.Second/sfu.DefaultConfig().KeyframeInterval) + 1; asked == 0 || asked > most {
		t.Errorf("80 PLIs in 2 s made %d requests, want 1 to %d", asked, most)
	}
}

func TestRequestIsRepeatedWhileNoKeyframeComes(t *testing.T) {
	h := newHouse(t)
	a := h.speaker("a", true)
	h.run(time.Second, a)
	h.viewer(h.join("b"), 0, 1)
	before := len(a.camera.Keyframes)
	h.loop.Advance(3 * time.Second) // a sends nothing
	if n := len(a.camera.Keyframes) - before; n < 4 {
		t.Errorf("%d requests in 3 s of waiting", n)
	}
}

func TestNewcomerWithoutTheCodecMakesItsPublisherChange(t *testing.T) {
	h := newHouse(t)
	a := h.speaker("a", true)
	events := a.p.Events()
	h.run(time.Second, a)
	b := h.join("b")
	told := b.Events()
	sub, err := b.Subscribe(sfu.Slot{Receiver: "b", Name: "0", Kind: sfu.Video, Codecs: sfu.Codecs(sfu.AV1, sfu.H264)}, sfutest.NewSink(h.loop))
	if err != nil {
		t.Fatal(err)
	}
	if err := sub.Want(sfu.Demand{Width: 640, Height: 360}); err != nil {
		t.Fatal(err)
	}
	h.run(time.Second, a)
	ev, ok := last[sfu.Republish](drain(events))
	if !ok || ev.Publication != a.cam.ID() || ev.Track != "cam" || ev.Codec != sfu.H264 {
		t.Errorf("a was told %+v, %v", ev, ok)
	}
	if slot, _ := last[sfu.SlotChanged](drain(told)); slot.Paused != sfu.PausedCodec {
		t.Errorf("b's slot is paused %q", slot.Paused)
	}
	if codecs := h.room.Codecs(sfu.Video); !slices.Equal(codecs, []sfu.Codec{sfu.H264, sfu.AV1}) {
		t.Errorf("codecs of the room: %v", codecs)
	}
	sub.Close()
	if codecs := h.room.Codecs(sfu.Video); len(codecs) != 4 || codecs[0] != sfu.VP8 {
		t.Errorf("codecs of the room without b's slot: %v", codecs)
	}
}

func TestBudgetGoesByPriority(t *testing.T) {
	h := newHouse(t)
	a, b := h.speaker("a", true), h.speaker("b", true)
	v := h.viewer(h.join("v"), 0, 2)
	for i, cam := range []*sfu.Publication{a.cam, b.cam} {
		if err := v.video[i].Want(sfu.Demand{Kind: sfu.WantTrack, Publication: cam.ID(), Width: 640, Height: 360, Priority: i}); err != nil {
			t.Fatal(err)
		}
	}
	h.run(2*time.Second, a, b)
	flow := func(i int) bool {
		v.sinks[v.video[i]].Take()
		h.run(time.Second, a, b)
		return len(v.sinks[v.video[i]].Take()) > 0
	}
	if !flow(0) || !flow(1) {
		t.Fatal("without a budget something is missing")
	}
	v.p.SetBudget(2500) // one picture of about 10 bytes, 25 times a second
	h.run(time.Second, a, b)
	if flow(0) {
		t.Error("the lower priority flows beyond the budget")
	}
	if !flow(1) {
		t.Error("the higher priority does not flow within the budget")
	}
	v.read()
	if reason := v.told[v.video[0]].Paused; reason != sfu.PausedBandwidth {
		t.Errorf("the slot is paused %q", reason)
	}
	v.p.SetBudget(0)
	h.run(time.Second, a, b)
	if !flow(0) {
		t.Error("nothing flows though the budget is gone")
	}
}

func TestLosingTheGrantEndsPublications(t *testing.T) {
	h := newHouse(t)
	a := h.speaker("a", true)
	b := h.viewer(h.join("b"), 1, 1)
	h.run(time.Second, a)
	if err := a.p.Update(func(i *sfu.ParticipantInfo) { i.Grants = sfu.MaySubscribe }); err != nil {
		t.Fatal(err)
	}
	h.run(time.Second, a)
	if n := len(a.p.Info().Publications); n != 0 {
		t.Errorf("%d publications are left", n)
	}
	if !a.camera.IsRevoked {
		t.Error("the source was not told")
	}
	if got := b.carries(b.video[0]); got != "" {
		t.Errorf("b's slot still carries %q", got)
	}
	if _, err := a.p.Publish(sfu.Track{ID: "x", Kind: sfu.Audio, Source: sfu.Microphone}, a.camera); !errors.Is(err, sfu.ErrForbidden) {
		t.Errorf("publishing without the grant: %v", err)
	}
}

func TestUpdateBounds(t *testing.T) {
	h := newHouse(t)
	a := h.join("a")
	if err := a.Update(func(i *sfu.ParticipantInfo) { i.Name = strings.Repeat("ä", 100) + "\n" }); err != nil {
		t.Fatal(err)
	}
	if name := a.Info().Name; name != strings.Repeat("ä", 64) {
		t.Errorf("name is %q", name)
	}
	var field *sfu.FieldError
	if err := a.Update(func(i *sfu.ParticipantInfo) { i.Metadata = strings.Repeat("x", 5000) }); !errors.As(err, &field) || field.Field != "metadata" {
		t.Errorf("metadata of 5,000 bytes: %v", err)
	}
}

func TestDemandBounds(t *testing.T) {
	h := newHouse(t)
	sub := h.viewer(h.join("v"), 0, 1).video[0]
	for field, d := range map[string]sfu.Demand{
		"width": {Width: -1}, "height": {Height: 1 << 20}, "fps": {FPS: 1000}, "priority": {Priority: 11},
		"exclude": {Exclude: make([]sfu.ParticipantID, 100)},
	} {
		var fault *sfu.FieldError
		if err := sub.Want(d); !errors.As(err, &fault) || fault.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestMovedParticipantIsToldItsNewRoom(t *testing.T) {
	h := newHouse(t)
	a := h.join("a")
	events := a.Events()
	to, err := h.sfu.Open("to")
	if err != nil {
		t.Fatal(err)
	}
	if err := h.room.Move(a, to); err != nil {
		t.Fatal(err)
	}
	if ev, ok := last[sfu.Moved](drain(events)); !ok || ev.Room.ID != "to" || ev.Self.ID != a.ID() {
		t.Errorf("told %+v", ev)
	}
	if err := h.room.Move(a, to); err != nil && !errors.Is(err, sfu.ErrNotFound) {
		t.Errorf("moving from where it is not: %v", err)
	}
	if _, _, err := h.room.Join(sfu.Join{Identity: "a"}); err != nil {
		t.Fatal(err)
	}
	var field *sfu.FieldError
	if err := to.Move(a, h.room); !errors.As(err, &field) || field.Field != "identity" {
		t.Errorf("moving to where the identity is: %v", err)
	}
}

func TestNewReaderIsToldItsSlots(t *testing.T) {
	h := newHouse(t)
	a := h.speaker("a", true)
	v := h.viewer(h.join("v"), 1, 1)
	h.run(time.Second, a)
	v.events = v.p.Events()
	clear(v.told)
	h.loop.Run()
	if got := v.carries(v.video[0]); got != a.cam.ID() {
		t.Errorf("video: %q", got)
	}
	if got := v.carries(v.audio[0]); got != a.mic.ID() {
		t.Errorf("audio: %q", got)
	}
}

func TestSpeakersAreTold(t *testing.T) {
	h := newHouse(t)
	a, b := h.speaker("a", false), h.speaker("b", false)
	events := h.join("v").Events()
	a.level = 15
	h.run(time.Second, a, b)
	if ev, ok := last[sfu.SpeakersChanged](drain(events)); !ok || len(ev.Speakers) != 1 || ev.Speakers[0].Participant != a.p.ID() {
		t.Fatalf("told %+v", ev)
	}
	late := h.join("late").Events()
	if snapshot := (<-late).(sfu.Snapshot); len(snapshot.Speakers) != 1 {
		t.Errorf("a late joiner is told %+v", snapshot.Speakers)
	}
	a.level = 127
	h.run(2*time.Second, a, b)
	if ev, ok := last[sfu.SpeakersChanged](drain(events)); !ok || len(ev.Speakers) != 0 {
		t.Errorf("told %+v after silence", ev)
	}
}

func TestGrantsByName(t *testing.T) {
	g, err := sfu.ParseGrants([]string{"moderate", "publish"})
	if err != nil || g != sfu.MayModerate|sfu.MayPublish {
		t.Errorf("%v, %v", g, err)
	}
	if names := g.Names(); !slices.Equal(names, []string{"publish", "moderate"}) {
		t.Errorf("names %v", names)
	}
	if _, err := sfu.ParseGrants([]string{"root"}); err == nil || !strings.Contains(err.Error(), `"root"`) {
		t.Errorf("unknown grant: %v", err)
	}
}

func TestConfigNamesEveryFault(t *testing.T) {
	err := sfu.Config{}.Validate()
	for _, key := range []string{"video_codecs", "max_participants", "max_publications", "max_slots", "max_encodings", "event_queue",
		"video_history", "audio_history", "keep_detached", "empty_room", "keyframe_interval"} {
		if err == nil || !strings.Contains(err.Error(), "sfu."+key) {
			t.Errorf("%s is not named in %v", key, err)
		}
	}
	if err := sfu.DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
}

func TestShutdownEmptiesEveryRoom(t *testing.T) {
	h := newHouse(t)
	events := h.speaker("a", true).p.Events()
	h.sfu.Close()
	list := drain(events)
	if left, ok := list[len(list)-1].(sfu.Left); !ok || left.Reason != sfu.LeftShutdown {
		t.Errorf("last event %#v", list[len(list)-1])
	}
	if _, err := h.sfu.Open("another"); !errors.Is(err, sfu.ErrClosed) {
		t.Errorf("open after close: %v", err)
	}
	h.loop.Advance(time.Second)
	if n := h.loop.Timers(); n != 0 {
		t.Errorf("%d timers are left", n)
	}
}
