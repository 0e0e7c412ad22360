package sfu_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"switchyard/sfu"
)

// raised lists whose hands are raised in a room, in their order.
func raised(r *sfu.Room) (identities []string) {
	var list []sfu.ParticipantInfo
	for _, p := range r.Participants() {
		if info := p.Info(); info.Hand.Raised() {
			list = append(list, info)
		}
	}
	slices.SortFunc(list, func(a, b sfu.ParticipantInfo) int { return int(a.Hand.Number) - int(b.Hand.Number) })
	for _, info := range list {
		identities = append(identities, info.Identity)
	}
	return identities
}

func (h *house) wantRaised(what string, r *sfu.Room, want ...string) {
	h.Helper()
	if got := raised(r); !slices.Equal(got, want) {
		h.Errorf("%s: raised are %v, want %v", what, got, want)
	}
}

func (h *house) raise(people ...*sfu.Participant) {
	h.Helper()
	for _, p := range people {
		if err := p.RaiseHand(); err != nil {
			h.Fatal(err)
		}
	}
}

// TestHandsAreAQueue: in the order in which they were raised, not in that of
// joining, also of hands that are raised in the same instant.
func TestHandsAreAQueue(t *testing.T) {
	h := newHouse(t)
	a, b, c := h.join("a"), h.join("b"), h.join("c")
	events := a.Events()
	h.raise(c, a)
	h.loop.Advance(time.Minute)
	at := h.loop.Now()
	h.raise(b)
	h.wantRaised("three", h.room, "c", "a", "b")
	ev, ok := last[sfu.ParticipantUpdated](drain(events))
	if hand := ev.Participant.Hand; !ok || ev.Participant.ID != b.ID() || !hand.At.Equal(at) {
		t.Errorf("a is told %+v, want b's hand raised at %v", ev, at)
	}
	h.loop.Advance(time.Minute)
	h.raise(c, b) // again
	h.wantRaised("raised twice", h.room, "c", "a", "b")
	if list := drain(events); len(list) > 0 {
		t.Errorf("raising twice tells %#v", list)
	}
	if hand := b.Info().Hand; !hand.At.Equal(at) {
		t.Errorf("raising twice changes the time to %v", hand.At)
	}
	for range 2 {
		if err := c.LowerHand(); err != nil {
			t.Fatal(err)
		}
	}
	if list := drain(events); len(list) != 1 || list[0].(sfu.ParticipantUpdated).Participant.Hand != (sfu.Hand{}) {
		t.Errorf("lowering twice tells %#v", list)
	}
	h.raise(c)
	h.wantRaised("lowered and raised again", h.room, "a", "b", "c")
}

func TestLateJoinerAndNewReaderSeeHands(t *testing.T) {
	h := newHouse(t)
	a, b := h.join("a"), h.join("b")
	h.raise(b, a)
	snapshot := drain(h.join("late").Events())[0].(sfu.Snapshot)
	if len(snapshot.Participants) != 2 || snapshot.Participants[0].Hand.Number != 2 || snapshot.Participants[1].Hand.Number != 1 {
		t.Errorf("a late joiner sees %+v", snapshot.Participants)
	}
	// Who reconnects is the same participant, wherever it comes from.
	a.Quiet("session", true)
	h.loop.Advance(10 * time.Second)
	if self := drain(a.Events())[0].(sfu.Snapshot).Self; !self.Reconnecting || self.Hand.Number != 2 {
		t.Errorf("who reconnects sees itself as %+v", self)
	}
	if p, found, err := h.room.Join(sfu.Join{Identity: "a", Grants: sfu.DefaultGrants, Counted: true}); err != nil || !found || !p.Info().Hand.Raised() {
		t.Errorf("after a reload the hand is gone (found %v, %v)", found, err)
	}
	h.wantRaised("after all that", h.room, "b", "a")
}

func TestHandGoesWithItsRoom(t *testing.T) {
	h := newHouse(t)
	a, b, c := h.join("a"), h.join("b"), h.join("c")
	h.raise(a, b, c)
	a.Leave(sfu.LeftByItself)
	h.wantRaised("a left", h.room, "b", "c")
	if err := a.RaiseHand(); !errors.Is(err, sfu.ErrClosed) {
		t.Errorf("who has left raises: %v", err)
	}
	if err := a.LowerHand(); !errors.Is(err, sfu.ErrClosed) || a.Info().Hand.Raised() {
		t.Errorf("who has left lowers: %v, %+v", err, a.Info().Hand)
	}
	b.Detach("session")
	h.loop.Advance(sfu.DefaultConfig().KeepDetached + time.Second)
	h.wantRaised("b was given up", h.room, "c")
	to, err := h.sfu.Open("to")
	if err != nil {
		t.Fatal(err)
	}
	events := c.Events()
	if err := h.room.Move(c, to); err != nil {
		t.Fatal(err)
	}
	h.loop.Run()
	if moved, ok := last[sfu.Moved](drain(events)); !ok || moved.Self.Hand.Raised() {
		t.Errorf("c is told that it moved: %v %+v", ok, moved.Self.Hand)
	}
	h.wantRaised("the new room", to)
	h.raise(c)
	if hand := c.Info().Hand; hand.Number != 1 {
		t.Errorf("the first hand of another room has number %d", hand.Number)
	}
}

// TestLoweringAllIsOneEvent: however many hands there are, nobody's queue
// overflows.
func TestLoweringAllIsOneEvent(t *testing.T) {
	h := newHouse(t, func(c *sfu.Config) { c.EventQueue = 64 })
	a := h.join("a")
	for i := range 100 {
		h.raise(h.join(fmt.Sprint(i)))
	}
	events := a.Events()
	h.room.LowerHands()
	h.room.LowerHands() // there are none
	if list := drain(events); len(list) != 2 || list[1] != (sfu.HandsLowered{}) {
		t.Errorf("told %#v", list)
	}
	h.wantRaised("lowered", h.room)
	h.raise(a)
	h.wantRaised("raised afterwards", h.room, "a")
}
