package sfu_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"switchyard/sfu"
)

// reactionsTo counts what a stream tells of reactions.
func reactionsTo(events <-chan sfu.Event) (n int) {
	for _, ev := range drain(events) {
		if _, is := ev.(sfu.Reacted); is {
			n++
		}
	}
	return n
}

func TestReactionIsForEverybodyAndForTheMoment(t *testing.T) {
	h := newHouse(t)
	a, b := h.join("a"), h.join("b")
	of, to := a.Events(), b.Events()
	for _, emoji := range sfu.Reactions() {
		if err := a.React(emoji); err != nil {
			t.Errorf("%s: %v", emoji, err)
		}
		want := sfu.Reacted{Participant: a.ID(), Emoji: emoji}
		if ev, ok := last[sfu.Reacted](drain(of)); !ok || ev != want {
			t.Errorf("%s: a itself is told %+v", emoji, ev)
		}
		if ev, ok := last[sfu.Reacted](drain(to)); !ok || ev != want {
			t.Errorf("%s: b is told %+v", emoji, ev)
		}
		h.loop.Advance(sfu.ReactionEvery)
	}
	if list := drain(h.join("late").Events()); len(list) != 1 {
		t.Errorf("a late joiner is told %#v", list)
	}
}

func TestReactionIsOneOfASet(t *testing.T) {
	h := newHouse(t)
	a := h.join("a")
	events := a.Events()
	for _, bad := range []string{"", "x", "👍👍", "👍🏽", "❤", "💩", " 👍", "<b>", strings.Repeat("👍", 10000)} {
		err := a.React(bad)
		var field *sfu.FieldError
		if !errors.As(err, &field) || field.Field != "emoji" || !strings.Contains(field.Reason, "👏") || len(field.Reason) > 300 {
			t.Errorf("%.20q: %v", bad, err)
		}
	}
	if n := reactionsTo(events); n > 0 {
		t.Errorf("%d were shown", n)
	}
	if err := a.Update(func(i *sfu.ParticipantInfo) { i.Grants = sfu.MaySubscribe }); err != nil {
		t.Fatal(err)
	}
	if err := a.React("👍"); !errors.Is(err, sfu.ErrForbidden) {
		t.Errorf("without a grant: %v", err)
	}
	a.Leave(sfu.LeftByItself)
	if err := a.React("👍"); !errors.Is(err, sfu.ErrClosed) {
		t.Errorf("after leaving: %v", err)
	}
}

func TestReactionsAreLimited(t *testing.T) {
	h := newHouse(t)
	a, b := h.join("a"), h.join("b")
	for i := range sfu.ReactionBurst {
		if err := a.React("👏"); err != nil {
			t.Fatalf("reaction %d: %v", i+1, err)
		}
	}
	for range 3 { // what is refused costs nothing
		var rate *sfu.RateError
		if err := a.React("👏"); !errors.As(err, &rate) || rate.Retry != sfu.ReactionEvery || !strings.Contains(err.Error(), "10 reactions at once and one more every 1s") {
			t.Fatalf("one more: %v", err)
		}
	}
	if err := b.React("👏"); err != nil {
		t.Errorf("another participant: %v", err)
	}
	h.loop.Advance(sfu.ReactionEvery)
	if err := a.React("👏"); err != nil {
		t.Errorf("after a second: %v", err)
	}
	if err := a.React("👏"); err == nil {
		t.Error("a second gives back two")
	}
	h.loop.Advance(time.Hour)
	n := 0
	for a.React("👏") == nil {
		n++
	}
	if n != sfu.ReactionBurst {
		t.Errorf("after an hour %d at once", n)
	}
}

// TestStormOfReactions: more than can be looked at reach only who sends them.
func TestStormOfReactions(t *testing.T) {
	h := newHouse(t)
	watching := h.join("w").Events()
	var crowd []*sfu.Participant
	for i := range 100 {
		crowd = append(crowd, h.join(fmt.Sprint(i)))
	}
	self := crowd[99].Events()
	drain(watching)
	drain(self)
	for _, p := range crowd {
		if err := p.React("🎉"); err != nil {
			t.Fatal(err)
		}
	}
	if n := reactionsTo(watching); n != 50 {
		t.Errorf("%d of 100 were shown to somebody else", n)
	}
	if n := reactionsTo(self); n != 51 {
		t.Errorf("the last sees %d, want 50 and its own", n)
	}
}

// TestReactionsSpareSlowReaders: they neither make somebody leave nor take the
// place of what has to be told.
func TestReactionsSpareSlowReaders(t *testing.T) {
	h := newHouse(t, func(c *sfu.Config) { c.EventQueue = 64 })
	slow, a := h.join("slow"), h.join("a")
	events := slow.Events()
	for range 1000 {
		if err := a.React("😂"); err != nil {
			t.Fatal(err)
		}
		h.loop.Advance(sfu.ReactionEvery)
	}
	for range 40 {
		if _, err := a.Send(sfu.Message{Text: "hello"}); err != nil {
			t.Fatal(err)
		}
	}
	h.loop.Run()
	list := drain(events)
	if _, left := last[sfu.Left](list); left || h.room.Participant(slow.ID()) == nil {
		t.Fatal("reactions made a slow reader leave")
	}
	if m, ok := last[sfu.MessageReceived](list); !ok || m.Message.Number != 40 {
		t.Error("messages were lost to reactions")
	}
}
