package signaling

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"switchyard/sfu"
)

// fakeKeeper keeps what is said in the room team in memory. What is said elsewhere is of the moment.
type fakeKeeper struct {
	mu    sync.Mutex
	kept  []sfu.Message
	takes time.Duration
	fault error
}

func (k *fakeKeeper) Keeps(room sfu.RoomID) bool { return room == "team" }

func (k *fakeKeeper) Keep(ctx context.Context, room sfu.RoomID, from sfu.ParticipantInfo, text string) (string, time.Time, error) {
	k.mu.Lock()
	takes, fault := k.takes, k.fault
	k.mu.Unlock()
	time.Sleep(takes)
	if fault != nil {
		return "", time.Time{}, fault
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	m := sfu.Message{ID: fmt.Sprintf("01M8%022d", len(k.kept)+1), From: from.ID, Sender: from.Identity, Name: from.Name, Text: text, At: time.Now()}
	k.kept = append(k.kept, m)
	return m.ID, m.At, nil
}

func (k *fakeKeeper) Kept(_ context.Context, room sfu.RoomID, before string, limit int) ([]sfu.Message, bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.fault != nil {
		return nil, false, k.fault
	}
	list := k.kept
	for i, m := range list {
		if m.ID == before {
			list = list[:i]
			break
		}
	}
	if len(list) > limit {
		return list[len(list)-limit:], true, nil
	}
	return list, false, nil
}

func keeping(t *testing.T, test func(t *testing.T, h *house, k *fakeKeeper)) {
	t.Helper()
	k := &fakeKeeper{}
	inHouse(t, func(_ *Config, deps *Deps) { deps.Keeper = k }, func(t *testing.T, h *house) { test(t, h, k) })
}

// idOf is the participant of an identity, as c was told.
func idOf(c *client, identity string) string {
	for _, p := range c.roster() {
		if p.text("identity") == identity {
			return p.text("id")
		}
	}
	return ""
}

// TestWhoComesLaterReadsWhatWasSaid: what is said to everybody is kept in its order; the rest is of the moment.
func TestWhoComesLaterReadsWhatWasSaid(t *testing.T) {
	keeping(t, func(t *testing.T, h *house, k *fakeKeeper) {
		ann := h.join("team", "ann")
		ben := h.join("team", "ben")
		ann.must("send", said{"text": "one"})
		annID := ben.event("message").text("from")
		ann.must("send", said{"text": "a note", "topic": "notes"})
		ann.must("send", said{"text": "psst", "to": []string{idOf(ann, "ben")}})
		sent := ann.must("send", said{"text": "two"})
		carl := h.join("team", "carl")
		past := carl.must("history", said{})
		if n := len(past.at("messages").([]any)); n != 2 || past.at("more") != false {
			t.Fatalf("%v", past)
		}
		if past.text("messages", 0, "text") != "one" || past.text("messages", 1, "text") != "two" || past.text("messages", 1, "message") != sent.text("message") ||
			past.text("messages", 0, "sender") != "ann" || past.text("messages", 0, "from") != annID || past.text("messages", 0, "at") == "" {
			t.Errorf("%v", past)
		}
		if one := carl.must("history", said{"limit": 1}); one.text("messages", 0, "text") != "two" || one.at("more") != true {
			t.Errorf("the last one: %v", one)
		}
		if one := carl.must("history", said{"before": sent.text("message")}); one.text("messages", 0, "text") != "one" || one.at("more") != false {
			t.Errorf("those before: %v", one)
		}
		for _, c := range []struct {
			fields said
			field  string
		}{{said{"limit": -1}, "limit"}, {said{"limit": 201}, "limit"}, {said{"before": strings.Repeat("x", 65)}, "before"}, {said{"before": "\x00"}, "before"}} {
			if e := carl.call("history", c.fields); e.text("code") != "bad_field" || e.text("field") != c.field {
				t.Errorf("%v: %v", c.fields, e)
			}
		}
		dora := h.join("elsewhere", "dora")
		eve := h.join("elsewhere", "eve")
		dora.post("send", said{"text": "hello"})
		dora.post("send", said{"text": "psst", "topic": "notes"})
		dora.post("leave", said{})
		for _, text := range []string{"hello", "psst"} { // nothing is lost, in their order
			if m := eve.event("message"); m.text("text") != text {
				t.Errorf("eve hears %v, want %s", m, text)
			}
		}
		if m := dora.event("message"); m.text("text") != "hello" || m.text("sender") != "dora" {
			t.Errorf("a room that keeps nothing: %v", m)
		}
		if past := eve.must("history", said{}); len(past.at("messages").([]any)) != 0 {
			t.Errorf("a room that keeps nothing has a past: %v", past)
		}
	})
}

// TestNobodyIsToldWhatIsNotKept: the sender learns that it was not sent, its session goes on.
func TestNobodyIsToldWhatIsNotKept(t *testing.T) {
	keeping(t, func(t *testing.T, h *house, k *fakeKeeper) {
		ann := h.join("team", "ann")
		ben := h.join("team", "ben")
		k.fault = &NotKeptError{Reason: "not now", Retry: time.Second}
		if e := ann.call("send", said{"text": "lost"}); e.text("code") != "not_kept" || e.text("message") != "not now" || e.at("retryMs") != 1000.0 {
			t.Errorf("%v", e)
		}
		if e := ann.call("history", said{}); e.text("code") != "not_kept" {
			t.Errorf("%v", e)
		}
		k.fault = fmt.Errorf("a fault of ours")
		if e := ann.call("send", said{"text": "lost"}); e.text("code") != "not_kept" {
			t.Errorf("%v", e)
		}
		k.fault = &sfu.FieldError{Field: "text", Reason: "holds control characters"}
		if e := ann.call("send", said{"text": "\a"}); e.text("code") != "bad_field" || e.text("field") != "text" {
			t.Errorf("%v", e)
		}
		for _, text := range []string{"", strings.Repeat("x", sfu.MaxText+1)} {
			if e := ann.call("send", said{"text": text}); e.text("code") != "bad_field" || e.text("field") != "text" {
				t.Errorf("%d bytes: %v", len(text), e)
			}
		}
		ben.none("message")
		k.fault = nil
		ann.must("send", said{"text": "kept"})
		if m := ben.event("message"); m.text("text") != "kept" || m.text("message") != fmt.Sprintf("01M8%022d", 1) {
			t.Errorf("%v", m)
		}
	})
}

// TestSlowStorageHoldsNobodyUp: while messages wait to be written down all else is answered; they come in their order, and
// even if their sender has left.
func TestSlowStorageHoldsNobodyUp(t *testing.T) {
	keeping(t, func(t *testing.T, h *house, k *fakeKeeper) {
		ann := h.join("team", "ann")
		ben := h.join("team", "ben")
		k.takes = 100 * time.Millisecond
		var ids []uint64
		for i := range maxSaying + 1 {
			ids = append(ids, ann.post("send", said{"text": fmt.Sprint(i)}))
		}
		before := time.Now()
		if e := ann.reply(ids[maxSaying]); e.text("code") != "not_kept" {
			t.Errorf("one too many: %v", e)
		}
		ann.must("ping", said{})
		if waited := time.Since(before); waited >= k.takes {
			t.Errorf("a ping was answered after %v", waited)
		}
		for i := range maxSaying {
			if m := ben.event("message"); m.text("text") != fmt.Sprint(i) {
				t.Errorf("message %d is %v", i, m)
			}
		}
		ann.post("send", said{"text": "bye"})
		ann.post("leave", said{})
		if m := ben.event("message"); m.text("text") != "bye" || m.text("sender") != "ann" {
			t.Errorf("%v", m)
		}
	})
}
