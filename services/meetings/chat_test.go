package meetings

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/db/dbtest"
	"switchyard/internal/db/powercut"
	"switchyard/internal/eventlog"
	"switchyard/internal/mail"
)

// say has somebody who is in the room say something.
func (h *house) say(meeting, identity, text string) ChatMessage {
	h.t.Helper()
	m, err := h.Say(h.t.Context(), RoomKey(meeting), Speaker{Participant: "p-" + identity, Identity: identity, Name: identity}, text)
	if err != nil {
		h.t.Fatalf("%s says %q: %v", identity, text, err)
	}
	return m
}

func textsOf(messages []ChatMessage) (texts []string) {
	for _, m := range messages {
		texts = append(texts, m.Text)
	}
	return texts
}

func TestChatIsKeptPerRun(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		m := h.create(plan())
		room := RoomKey(m.ID)
		h.knock(m.ID, "user-ann").want(t, "ann", "in")
		h.Joined(room, Participant{Identity: "user-ann", Name: "ann"}, h.now())
		h.Joined(room, Participant{Identity: "guest-1", Name: "Gast"}, h.now())
		first := h.say(m.ID, "user-ann", "one\nand a half")
		h.say(m.ID, "guest-1", "two")
		time.AfterFunc(50*time.Millisecond, func() { h.Joined(room, Participant{Identity: "user-bob", Name: "bob"}, h.now()) })
		h.say(m.ID, "user-bob", "three") // its coming was not told of yet
		if first.User != "ann" || first.ID == "" || !first.At.Equal(h.now()) {
			t.Errorf("%+v", first)
		}
		said, more, err := h.Said(ctx, room, "", 2)
		want(t, "the last two", textsOf(said), []string{"two", "three"})
		if !more || err != nil {
			t.Error(more, err)
		}
		said, more, err = h.Said(ctx, room, said[0].ID, 2)
		want(t, "what was before", textsOf(said), []string{"one\nand a half"})
		if more || err != nil || said[0] != first {
			t.Error(more, err, said)
		}
		if err := h.backlog.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		h.RoomClosed(room, h.now())
		_, err = h.Say(ctx, room, Speaker{Identity: "user-ann", Name: "ann"}, "too late")
		wantErr(t, "after the end", err, ErrNotRunning)
		if m, err := h.Meeting(ctx, user("ann"), m.ID); err != nil || m.Status == InProgress {
			t.Errorf("what was said too late began a meeting: %v, %v", m.Status, err)
		}
		h.Joined(room, Participant{Identity: "user-ann", Name: "ann"}, h.now())
		h.say(m.ID, "user-ann", "another day")
		said, _, _ = h.Said(ctx, room, "", 10)
		want(t, "of another run", textsOf(said), []string{"another day"})
		if err := h.backlog.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		d, err := h.Details(ctx, user("ann"), m.ID)
		if err != nil || len(d.Instances) != 2 {
			t.Fatalf("%+v, %v", d.Instances, err)
		}
		run := d.Instances[1].ID
		if d.Instances[0].ID < run {
			run = d.Instances[0].ID
		}
		page, err := h.Chat(ctx, user("carl"), m.ID, run, "", 2)
		want(t, "the first page", textsOf(page.Messages), []string{"one\nand a half", "two"})
		if err != nil || page.Next == "" || page.Seq == 0 {
			t.Errorf("%+v, %v", page, err)
		}
		page, err = h.Chat(ctx, user("carl"), m.ID, run, page.Next, 2)
		want(t, "the next page", textsOf(page.Messages), []string{"three"})
		if err != nil || page.Next != "" {
			t.Errorf("%+v, %v", page, err)
		}
		want(t, "the order of the log", typesOf(h.events(0))[:6], []string{"meeting.created", "meeting.started", "participant.joined", "participant.joined", "meeting.chat_message", "meeting.chat_message"})
		var told []toldMessage
		for _, e := range h.events(0) {
			if e.Type == "meeting.chat_message" {
				var one toldMessage
				if err := json.Unmarshal(e.Body, &one); err != nil {
					t.Fatal(err)
				}
				told = append(told, one)
				if one.Meeting != m.ID || e.Subject != "meeting:"+m.ID && !strings.Contains(e.Subject, m.ID) {
					t.Errorf("%+v of %q", one, e.Subject)
				}
			}
		}
		if len(told) != 4 || told[1].Identity != "guest-1" || told[1].User != "" || told[1].Text != "two" || told[1].Instance != run {
			t.Errorf("%+v", told)
		}
	})
}

func TestWhoReadsChat(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		public := true
		n := plan()
		n.Public = &public
		m := h.create(n)
		room := RoomKey(m.ID)
		h.knock(m.ID, "user-ann").want(t, "ann", "in")
		h.Joined(room, Participant{Identity: "user-ann", Name: "ann"}, h.now())
		h.say(m.ID, "user-ann", "hello")
		if err := h.backlog.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		d, err := h.Details(ctx, user("ann"), m.ID)
		if err != nil {
			t.Fatal(err)
		}
		run := d.Instances[0].ID
		key := Caller{Principal: access.Principal{Kind: access.Service, Behind: access.RoleAdmin, Tenant: "default", ID: "key", Scopes: []access.Scope{access.ScopeMeetingsRead}}}
		bare := key
		bare.Scopes = []access.Scope{access.ScopeUsersRead}
		for _, c := range []struct {
			who  string
			c    Caller
			want error
		}{
			{"organiser", user("ann"), nil}, {"co-organiser", user("bob"), nil}, {"participant", user("carl"), nil}, {"administrator", admin(), nil}, {"key", key, nil},
			{"a colleague who was not there", user("eve"), access.ErrNotFound}, {"another tenant", user("zoe"), access.ErrNotFound},
			{"key without the scope", bare, access.ErrForbidden}, {"nobody", stranger("192.0.2.9"), access.ErrUnauthenticated},
		} {
			_, err := h.Chat(ctx, c.c, m.ID, run, "", 10)
			wantErr(t, c.who, err, c.want)
		}
		h.Joined(room, Participant{Identity: "user-eve", Name: "eve"}, h.now())
		if err := h.backlog.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		_, err = h.Chat(ctx, user("eve"), m.ID, run, "", 10)
		wantErr(t, "a colleague who was there", err, nil)
		_, err = h.Chat(ctx, user("ann"), m.ID, "01NOTHING", "", 10)
		wantErr(t, "no such run", err, access.ErrNotFound)
		other := h.create(plan())
		_, err = h.Chat(ctx, user("ann"), other.ID, run, "", 10)
		wantErr(t, "the run of another meeting", err, access.ErrNotFound)
	})
}

func TestChatIsRefused(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		m := h.create(plan())
		ann := Speaker{Participant: "p", Identity: "user-ann", Name: "ann"}
		for _, text := range []string{"", "a\x00b", "\xff", strings.Repeat("x", maxChatText+1)} {
			_, err := h.Say(ctx, RoomKey(m.ID), ann, text)
			wantField(t, fmt.Sprintf("%.10q", text), err, "text")
		}
		_, err := h.Say(ctx, "team", ann, "x")
		wantErr(t, "not a meeting", err, ErrNotAMeeting)
		_, _, err = h.Said(ctx, "team", "", 1)
		wantErr(t, "not a meeting", err, ErrNotAMeeting)
		_, err = h.Say(ctx, RoomKey(m.ID), Speaker{Identity: "user-ann", Name: "ann"}, "x")
		wantErr(t, "not in the room", err, ErrNotRunning)
		h.knock(m.ID, "user-ann").want(t, "ann", "in")
		for _, identity := range []string{"user-ann", "user-gone", "guest-1", "guest-2", "guest-3"} {
			h.Joined(RoomKey(m.ID), Participant{Identity: identity, Name: identity}, h.now())
		}
		_, err = h.Say(ctx, RoomKey(m.ID), Speaker{Identity: "user-gone", Name: "gone"}, "x")
		wantErr(t, "a deleted account", err, access.ErrNotFound)
		if got := typesOf(h.events(0)); has(got, "meeting.chat_message") {
			t.Errorf("what was refused is in the log: %q", got)
		}
		for range chatBurst {
			h.say(m.ID, "guest-1", "x")
		}
		var wait *WaitError
		if _, err = h.Say(ctx, RoomKey(m.ID), Speaker{Identity: "guest-1"}, "x"); !errors.As(err, &wait) || wait.Retry != chatEvery {
			t.Errorf("more than anybody can read: %v", err)
		}
		h.say(m.ID, "guest-2", "others may")
		h.clock.pass(chatEvery)
		h.say(m.ID, "guest-1", "later")
		h.mu.Lock()
		said := h.room(m.ID).said
		if said[""] != chatBurst+2 || said["guest-1"] != chatBurst+1 {
			t.Errorf("what was refused counts: %v", said)
		}
		said["guest-2"] = maxChatOfOne
		h.mu.Unlock()
		_, err = h.Say(ctx, RoomKey(m.ID), Speaker{Identity: "guest-2"}, "x")
		wantErr(t, "one who has said too much", err, ErrChatFull)
		h.say(m.ID, "guest-3", "others may")
		h.mu.Lock()
		said[""] = maxChatOfARun
		h.mu.Unlock()
		_, err = h.Say(ctx, RoomKey(m.ID), Speaker{Identity: "guest-3"}, "x")
		wantErr(t, "one too many of all", err, ErrChatFull)
	})
}

// Without the database nobody is told what could not be kept; once it is back, it goes on.
func TestChatWhileTheDatabaseIsGone(t *testing.T) {
	disk, err := powercut.Register("chat")
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, dbtest.Open(t, dbtest.URL(t, "sqlite")+"?vfs=chat", Migrations(), eventlog.Migrations(), mail.Migrations()))
	m := h.create(plan())
	h.knock(m.ID, "user-ann").want(t, "ann", "in")
	h.Joined(RoomKey(m.ID), Participant{Identity: "user-ann", Name: "ann"}, h.now())
	h.say(m.ID, "user-ann", "kept")
	disk.Break(true)
	for range 2 { // the second time it is known without waiting
		_, err = h.Say(t.Context(), RoomKey(m.ID), Speaker{Identity: "user-ann", Name: "ann"}, "lost")
		wantErr(t, "without the database", err, db.ErrUnavailable)
		h.clock.pass(chatPatience + time.Second)
	}
	if n := h.backlog.Len(); n != 1 {
		t.Errorf("%d messages that nobody waits for are in the way of others", n)
	}
	disk.Break(false)
	if err := h.backlog.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.say(m.ID, "user-ann", "kept again")
	said, _, err := h.Said(t.Context(), RoomKey(m.ID), "", 10)
	wantErr(t, "with the database", err, nil)
	want(t, "what is kept", textsOf(said), []string{"kept", "kept again"})
}
