package sfu_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"switchyard/sfu"
	"switchyard/sfu/sfutest"
)

func TestClosingTellsEverybodyWhy(t *testing.T) {
	h := newHouse(t, func(c *sfu.Config) { c.EventQueue = 64 })
	streams := make([]<-chan sfu.Event, 200)
	for i := range streams {
		streams[i] = h.join(fmt.Sprint(i)).Events()
		for _, stream := range streams[:i] {
			drain(stream)
		}
	}
	h.room.Close(sfu.LeftShutdown)
	h.loop.Run()
	for i, stream := range streams {
		list := drain(stream)
		if left, ok := list[len(list)-1].(sfu.Left); !ok || left.Reason != sfu.LeftShutdown || len(list) > 2 {
			t.Fatalf("%d is told %d events, %#v at last", i, len(list), list[len(list)-1])
		}
	}
}

func TestStreamOfSomebodyGoneSaysWhy(t *testing.T) {
	h := newHouse(t)
	alice := h.join("alice")
	if err := h.room.Remove(alice.ID(), sfu.LeftRemoved); err != nil {
		t.Fatal(err)
	}
	if list := drain(alice.Events()); len(list) != 1 || list[0] != (sfu.Left{Reason: sfu.LeftRemoved}) {
		t.Errorf("told %#v", list)
	}
}

// TestNewReaderAfterASlowOne opens a stream after the one before has overflown,
// but before the participant was made to leave for it.
func TestNewReaderAfterASlowOne(t *testing.T) {
	h := newHouse(t, func(c *sfu.Config) { c.EventQueue = 64 })
	alice, bob := h.join("alice"), h.join("bob")
	slow := alice.Events()
	for range 70 {
		if _, err := bob.Send(sfu.Message{Text: "hello"}); err != nil {
			t.Fatal(err)
		}
	}
	events := alice.Events()
	h.loop.Run()
	if left, ok := last[sfu.Left](drain(slow)); !ok || left.Reason != sfu.LeftSlow {
		t.Error("the slow reader was not told")
	}
	if _, ok := last[sfu.Left](drain(events)); ok || h.room.Participant(alice.ID()) == nil {
		t.Error("the new reader pays for the slow one")
	}
}

func TestJoiningAgainWithFewerGrants(t *testing.T) {
	h := newHouse(t)
	a := h.speaker("a", true)
	if _, found, err := h.room.Join(sfu.Join{Identity: "a", Grants: sfu.MaySubscribe, Counted: true}); err != nil || !found {
		t.Fatal(found, err)
	}
	h.loop.Run()
	if n := len(a.p.Info().Publications); n != 0 || !a.camera.IsRevoked {
		t.Errorf("%d publications are left, revoked %v", n, a.camera.IsRevoked)
	}
}

func TestWithoutTheGrantNothingIsReceived(t *testing.T) {
	h := newHouse(t)
	a := h.speaker("a", true)
	v := h.viewer(h.join("v"), 1, 1)
	flows := func() bool {
		h.run(time.Second, a)
		v.sinks[v.video[0]].Take()
		v.sinks[v.audio[0]].Take()
		h.run(time.Second, a)
		return len(v.sinks[v.video[0]].Take())+len(v.sinks[v.audio[0]].Take()) > 0
	}
	grant := func(g sfu.Grants) {
		if err := v.p.Update(func(i *sfu.ParticipantInfo) { i.Grants = g }); err != nil {
			t.Fatal(err)
		}
	}
	grant(sfu.MayPublish)
	if flows() {
		t.Error("somebody who may not subscribe receives")
	}
	if got := v.carries(v.video[0]); got != "" {
		t.Errorf("the slot was said to carry %q", got)
	}
	grant(sfu.DefaultGrants)
	if !flows() {
		t.Error("nothing flows though it may again")
	}
}

func TestPanickingChangeLeavesTheRoomUsable(t *testing.T) {
	h := newHouse(t)
	a := h.join("a")
	func() {
		defer func() { recover() }()
		a.Update(func(*sfu.ParticipantInfo) { panic("a fault of the caller's") })
	}()
	done := make(chan struct{})
	go func() { a.Info(); close(done) }()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Fatal("the room is locked for ever")
	}
}

func TestPinEndsWithThePublication(t *testing.T) {
	for name, end := range map[string]func(h *house, a *speaker) error{
		"ended": func(_ *house, a *speaker) error { a.cam.End(); return nil },
		"left":  func(_ *house, a *speaker) error { a.p.Leave(sfu.LeftByItself); return nil },
		"moved": func(h *house, a *speaker) error {
			to, err := h.sfu.Open("to")
			if err != nil {
				return err
			}
			return h.room.Move(a.p, to)
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			a := h.speaker("a", true)
			events := h.join("b").Events()
			version := h.room.Update(func(s *sfu.State) { s.Pinned = a.cam.ID() }).Version
			if err := end(h, a); err != nil {
				t.Fatal(err)
			}
			if ev, ok := last[sfu.StateChanged](drain(events)); !ok || ev.State.Pinned != "" || ev.State.Version != version+1 {
				t.Errorf("told %+v", ev)
			}
			if pinned := h.room.Info().State.Pinned; pinned != "" {
				t.Errorf("%s is pinned", pinned)
			}
		})
	}
}

func TestLockedRoomTakesNobodyFromAnother(t *testing.T) {
	h := newHouse(t)
	a := h.join("a")
	to, err := h.sfu.Open("to")
	if err != nil {
		t.Fatal(err)
	}
	to.Update(func(s *sfu.State) { s.Locked = true })
	if err := h.room.Move(a, to); !errors.Is(err, sfu.ErrLocked) {
		t.Errorf("move: %v", err)
	}
	if a.Room() != h.room || h.room.Participant(a.ID()) != a {
		t.Error("a is not where it was")
	}
}

// TestMovedTwiceAtOnce moves a publisher and a viewer on before the loop has
// taken them to the first room.
func TestMovedTwiceAtOnce(t *testing.T) {
	h := newHouse(t)
	a := h.speaker("a", true)
	v := h.viewer(h.join("v"), 1, 1)
	h.run(time.Second, a)
	rooms := []*sfu.Room{h.room}
	for _, id := range []sfu.RoomID{"second", "third"} {
		room, err := h.sfu.Open(id)
		if err != nil {
			t.Fatal(err)
		}
		rooms = append(rooms, room)
	}
	stays := h.viewer(h.join("stays"), 0, 1)
	there, _, err := rooms[2].Join(sfu.Join{Identity: "there", Grants: sfu.DefaultGrants, Counted: true})
	if err != nil {
		t.Fatal(err)
	}
	w := h.viewer(there, 0, 1)
	for i := range 2 {
		for _, p := range []*sfu.Participant{a.p, v.p} {
			if err := rooms[i].Move(p, rooms[i+1]); err != nil {
				t.Fatal(err)
			}
		}
	}
	h.run(time.Second, a)
	for name, viewer := range map[string]*viewer{"who moved along": v, "who was there": w} {
		if viewer.carries(viewer.video[0]) != a.cam.ID() {
			t.Errorf("%s does not see a", name)
		}
		viewer.sinks[viewer.video[0]].Take()
		h.run(time.Second, a)
		if len(viewer.sinks[viewer.video[0]].Take()) == 0 {
			t.Errorf("%s gets no packets", name)
		}
	}
	if got := stays.carries(stays.video[0]); got != "" {
		t.Errorf("who stayed still sees %q", got)
	}
}

// TestSlotOpenedWhileMoving opens a slot between the move on the roster and the
// one on the loop: it is one more of the receiver that it names.
func TestSlotOpenedWhileMoving(t *testing.T) {
	h := newHouse(t)
	v := h.viewer(h.join("v"), 0, 1)
	from := h.room
	to, err := h.sfu.Open("to")
	if err != nil {
		t.Fatal(err)
	}
	h.room = to
	a := h.speaker("a", true)
	for range 3 {
		if err := from.Move(v.p, to); err != nil {
			t.Fatal(err)
		}
		from, to = to, from
		sub, err := v.p.Subscribe(sfu.Slot{Receiver: "viewer", Name: "late", Kind: sfu.Video, Codecs: sfu.AllCodecs}, sfutest.NewSink(h.loop))
		if err != nil {
			t.Fatal(err)
		}
		v.video = append(v.video, sub)
	}
	h.run(time.Second, a)
	shown := 0
	for _, sub := range v.video {
		if v.carries(sub) == a.cam.ID() {
			shown++
		}
	}
	if shown != 1 {
		t.Errorf("a's camera is in %d slots", shown)
	}
	for _, sub := range v.video {
		sub.Close()
	}
	a.camera.Keyframes = nil
	h.run(time.Second, a)
	if n := len(v.sinks[v.video[0]].Take()); n > 0 && v.carries(v.video[0]) == "" {
		t.Errorf("%d packets", n)
	}
}

func TestMoveFromAndToAtOnce(t *testing.T) {
	h := newHouse(t)
	to, err := h.sfu.Open("to")
	if err != nil {
		t.Fatal(err)
	}
	a, b := h.join("a"), h.join("b")
	if err := h.room.Move(b, to); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 1000 {
			h.room.Move(a, to)
			to.Move(a, h.room)
		}
	}()
	for range 1000 {
		to.Move(b, h.room)
		h.room.Move(b, to)
	}
	<-done
	if a.Room() != h.room || b.Room() != to || len(h.room.Participants()) != 1 || len(to.Participants()) != 1 {
		t.Error("somebody is lost")
	}
}

func TestSlotBounds(t *testing.T) {
	h := newHouse(t, func(c *sfu.Config) { c.MaxSlots = 2 })
	p, other := h.join("p"), h.join("other")
	open := func(p *sfu.Participant, s sfu.Slot) (*sfu.Subscription, error) {
		return p.Subscribe(s, sfutest.NewSink(h.loop))
	}
	foreign, err := open(other, sfu.Slot{Receiver: "one", Kind: sfu.Video})
	if err != nil {
		t.Fatal(err)
	}
	for range 4 { // twice the limit, since slots may be replaced
		if _, err := open(p, sfu.Slot{Receiver: "one", Kind: sfu.Video}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := open(p, sfu.Slot{Receiver: "one", Kind: sfu.Audio}); !errors.Is(err, sfu.ErrLimit) {
		t.Errorf("fifth slot of a receiver: %v", err)
	}
	if _, err := open(p, sfu.Slot{Receiver: "two", Kind: sfu.Video}); err != nil {
		t.Errorf("first slot of another receiver: %v", err)
	}
	var field *sfu.FieldError
	if _, err := open(p, sfu.Slot{Receiver: "two", Kind: sfu.Audio, With: foreign}); !errors.As(err, &field) || field.Field != "with" {
		t.Errorf("a slot that goes with somebody else's: %v", err)
	}
}

func TestTrackBounds(t *testing.T) {
	h := newHouse(t)
	p := h.join("p")
	for field, track := range map[string]sfu.Track{
		"source": {ID: "x", Kind: sfu.Audio, Source: sfu.Camera},
		"track":  {ID: "x", Kind: sfu.Video, Source: sfu.Camera, Encodings: []sfu.Encoding{{Width: -1, Height: 1 << 40}}},
	} {
		var fault *sfu.FieldError
		if _, err := p.Publish(track, sfutest.NewSource()); !errors.As(err, &fault) || fault.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestNothingIsToldOfSlotsThatStayEmpty(t *testing.T) {
	h := newHouse(t)
	v := h.viewer(h.join("v"), 2, 2)
	h.loop.Advance(time.Second)
	if ev, ok := last[sfu.SlotChanged](drain(v.events)); ok {
		t.Errorf("told %+v", ev)
	}
}
