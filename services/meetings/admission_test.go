package meetings

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/db/dbtest"
	"switchyard/internal/eventlog"
	"switchyard/internal/mail"
)

// visit is somebody at a door.
type visit struct {
	waits  chan string // why and at which place
	done   chan error
	result Decision
	leave  context.CancelFunc
}

// knock goes to a meeting's door and stays there.
func (h *house) knock(meeting, identity string) *visit {
	ctx, cancel := context.WithCancel(h.t.Context())
	v := &visit{waits: make(chan string, 100), done: make(chan error, 1), leave: cancel}
	go func() {
		d, err := h.Admit(ctx, Entrant{RoomKey: RoomKey(meeting), Identity: identity, Name: "Somebody"}, func(w Wait) {
			v.waits <- fmt.Sprintf("%d %s %s", w.Position, w.Reason, w.Message)
		})
		v.result = d
		v.done <- err
	}()
	h.t.Cleanup(cancel)
	return v
}

// outcome is in, the reason to wait, or the code of a refusal.
func (v *visit) outcome(t *testing.T) string {
	t.Helper()
	select {
	case text := <-v.waits:
		_, told, _ := strings.Cut(text, " ")
		reason, said, _ := strings.Cut(told, " ")
		for _, message := range waitingTexts[reason] {
			if said == message {
				return reason
			}
		}
		return text
	case err := <-v.done:
		var refusal *Refusal
		switch {
		case err == nil:
			return "in"
		case errors.As(err, &refusal):
			return refusal.Code
		}
		return err.Error()
	case <-time.After(10 * time.Second):
		t.Fatal("nothing happens at the door")
		return ""
	}
}

func (v *visit) want(t *testing.T, what, outcome string) {
	t.Helper()
	if got := v.outcome(t); got != outcome {
		t.Errorf("%s: %s, want %s", what, got, outcome)
	}
}

// until reads what is told until it is the outcome: places move up meanwhile.
func (v *visit) until(t *testing.T, what, outcome string) {
	t.Helper()
	got := v.outcome(t)
	for ; got != outcome && waitingTexts[got] != nil; got = v.outcome(t) {
	}
	if got != outcome {
		t.Errorf("%s: %s, want %s", what, got, outcome)
	}
}

func TestAdmissionMatrix(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		for _, c := range []struct {
			public, lobby, locked, opened bool
			want                          string // host, co-organiser, participant, colleague, invited guest, stranger
		}{
			{true, true, false, false, "in in in in host host"},
			{true, true, false, true, "in in in in in lobby"},
			{true, false, false, false, "in in in in host host"},
			{true, false, false, true, "in in in in in in"},
			{false, true, false, false, "in in host host host host"},
			{false, true, false, true, "in in in lobby in lobby"},
			{false, false, false, false, "in in host host host host"},
			{false, false, false, true, "in in in lobby in lobby"},
			{true, true, true, true, "in in locked locked locked locked"},
			{true, false, true, true, "in in locked locked locked locked"},
			{false, true, true, true, "in in locked locked locked locked"},
			{true, true, true, false, "in in locked locked locked locked"},
			{false, false, true, false, "in in locked locked locked locked"},
		} {
			n := plan()
			n.Public, n.Lobby = &c.public, &c.lobby
			m := h.create(n)
			if c.opened {
				h.Joined(RoomKey(m.ID), Participant{Identity: "user-bob", Name: "bob"}, h.now())
			}
			if c.locked {
				h.mu.Lock()
				h.room(m.ID).locked = true
				h.mu.Unlock()
			}
			var got []string
			for _, identity := range []string{"user-ann", "user-bob", "user-carl", "user-eve", "guest-" + m.Guests[0].ID, "guest-01STRANGER"} {
				if c.opened && identity == "user-bob" {
					h.Left(RoomKey(m.ID), identity, h.now())
				}
				v := h.knock(m.ID, identity)
				got = append(got, v.outcome(t))
				v.leave()
			}
			if text := strings.Join(got, " "); text != c.want {
				t.Errorf("public %v, lobby %v, locked %v, opened %v: %s, want %s", c.public, c.lobby, c.locked, c.opened, text, c.want)
			}
		}
	})
}

func TestNotEverybodyIsKnown(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		m := h.create(plan())
		for _, c := range []struct {
			room, identity string
			want           error
		}{
			{"team", "user-ann", ErrNotAMeeting},
			{RoomKey("01NOTHING"), "user-ann", access.ErrNotFound},
			{RoomKey(m.ID), "user-zoe", access.ErrNotFound}, // of another tenant
			{RoomKey(m.ID), "user-nobody", access.ErrNotFound},
		} {
			_, err := h.Admit(ctx, Entrant{RoomKey: c.room, Identity: c.identity}, func(Wait) {})
			wantErr(t, c.room+" "+c.identity, err, c.want)
		}
		h.tell("default", "user.updated", map[string]any{"id": "carl", "name": "carl Person", "email": "carl@example.com", "language": "fr", "active": false})
		h.knock(m.ID, "user-carl").want(t, "an account that is not active", "inactive")
		if err := h.Cancel(ctx, user("ann"), m.ID, 0); err != nil {
			t.Fatal(err)
		}
		h.knock(m.ID, "user-ann").want(t, "a cancelled meeting", "cancelled")
	})
}

// Who was let in once has its meeting in memory: what another node changes has to be seen all the same.
func TestChangesOfAnotherNodeCountAtTheDoor(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		m := h.create(plan())
		h.knock(m.ID, "user-ann").want(t, "the organiser", "in")
		h.Joined(RoomKey(m.ID), Participant{Identity: "user-ann", Name: "ann"}, h.now())
		h.knock(m.ID, "user-eve").want(t, "somebody who is not invited", "lobby")
		other := New(h.deps)
		invited := []string{"carl", "dora", "eve"}
		if _, err := other.Update(ctx, user("ann"), m.ID, Change{Participants: &invited}, 0); err != nil {
			t.Fatal(err)
		}
		h.knock(m.ID, "user-eve").want(t, "the same, invited by another node", "in")
		if err := other.Cancel(ctx, user("ann"), m.ID, 0); err != nil {
			t.Fatal(err)
		}
		h.knock(m.ID, "user-carl").want(t, "a participant of what another node cancelled", "cancelled")
	})
}

func TestHostOpensTheRoom(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		m := h.create(plan())
		carl, guest, stranger := h.knock(m.ID, "user-carl"), h.knock(m.ID, "guest-"+m.Guests[0].ID), (*visit)(nil)
		carl.want(t, "carl", "host")
		guest.want(t, "guest", "host")
		stranger = h.knock(m.ID, "guest-01STRANGER")
		stranger.want(t, "stranger", "host")
		knocks, err := h.Lobby(ctx, user("bob"), m.ID)
		if err != nil || len(knocks) != 3 {
			t.Errorf("%+v, %v", knocks, err)
		}
		h.Joined(RoomKey(m.ID), Participant{Identity: "user-bob", Name: "bob", Kind: "browser"}, h.now())
		carl.want(t, "carl", "in")
		guest.want(t, "guest", "in")
		stranger.until(t, "stranger", "lobby")
		knocks, err = h.Lobby(ctx, user("ann"), m.ID)
		if err != nil || len(knocks) != 1 || knocks[0].Identity != "guest-01STRANGER" || knocks[0].Reason != waitLobby || knocks[0].Name != "Somebody" {
			t.Errorf("%+v, %v", knocks, err)
		}
		_, err = h.Lobby(ctx, user("carl"), m.ID)
		wantErr(t, "a participant looks into the lobby", err, access.ErrForbidden)
		wantErr(t, "a participant admits", h.AdmitKnock(ctx, user("carl"), m.ID, "guest-01STRANGER"), access.ErrForbidden)
		wantErr(t, "another tenant admits", h.AdmitKnock(ctx, user("zoe"), m.ID, "guest-01STRANGER"), access.ErrNotFound)
		wantErr(t, "nobody knocks", h.AdmitKnock(ctx, user("ann"), m.ID, "guest-01NOBODY"), access.ErrNotFound)
		if err := h.AdmitKnock(ctx, user("ann"), m.ID, "guest-01STRANGER"); err != nil {
			t.Error(err)
		}
		stranger.until(t, "stranger", "in")
		if d := stranger.result; d.Role != RoleGuest || has(d.Grants, "moderate") || !strings.Contains(d.Metadata, `"role":"guest"`) {
			t.Errorf("%+v", d)
		}
		h.knock(m.ID, "guest-01STRANGER").want(t, "stranger comes again", "in")
		types := typesOf(h.events(0))
		want(t, "events", types, []string{"meeting.created", "meeting.started", "participant.joined", "host.admitted"})
		// The room closes, a new run begins: nobody is let in from before.
		h.RoomClosed(RoomKey(m.ID), h.now())
		h.knock(m.ID, "guest-01STRANGER").want(t, "stranger at the next run", "host")
	})
}

func TestKnocksAreRefusedAndTimeOut(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		m := h.create(plan())
		h.Joined(RoomKey(m.ID), Participant{Identity: "user-ann", Name: "ann"}, h.now())
		first, second := h.knock(m.ID, "guest-1"), (*visit)(nil)
		first.want(t, "first", "lobby")
		second = h.knock(m.ID, "guest-2")
		if text := <-second.waits; !strings.HasPrefix(text, "2 ") {
			t.Errorf("the second waits at %s", text)
		}
		if err := h.RefuseKnock(ctx, user("bob"), m.ID, "guest-1"); err != nil {
			t.Error(err)
		}
		err := <-first.done
		var refusal *Refusal
		if !errors.As(err, &refusal) || refusal.Code != "waiting_refused" || refusal.Retry != time.Minute || refusal.Reason == "" {
			t.Errorf("%+v", err)
		}
		if text := <-second.waits; !strings.HasPrefix(text, "1 ") {
			t.Errorf("then the second waits at %s", text)
		}
		third := h.knock(m.ID, "guest-2") // in another window
		second.want(t, "the former window", "replaced")
		third.want(t, "the new window", "lobby")
		third.leave()
		wantErr(t, "who went away", <-third.done, context.Canceled)
		knocks, err := h.Lobby(ctx, user("ann"), m.ID)
		if err != nil || len(knocks) != 0 {
			t.Errorf("%+v, %v", knocks, err)
		}
		h.patience = 10 * time.Millisecond
		v := h.knock(m.ID, "guest-4")
		v.want(t, "who waits long", "lobby")
		v.want(t, "who waits too long", "waiting_ended")
		h.live.mu.Lock()
		defer h.live.mu.Unlock()
		if text := strings.Join(h.live.kinds, "\n"); !strings.Contains(text, `lobby.knock {"identity":"guest-1"`) || !strings.Contains(text, `lobby.left {"identity":"guest-1"`) {
			t.Errorf("told: %s", text)
		}
	})
}

func TestLobbyIsBounded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		m := h.create(plan())
		h.mu.Lock()
		l := h.room(m.ID)
		for i := range maxWaiting {
			l.enqueue(newWaiter(Entrant{Identity: fmt.Sprint("guest-", i)}, begin))
		}
		h.mu.Unlock()
		h.knock(m.ID, "guest-more").want(t, "one more", "lobby_full")
		h.knock(m.ID, "user-ann").want(t, "the host", "in")
	}, Migrations(), eventlog.Migrations(), mail.Migrations())
}

func TestAdmitAll(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		m := h.create(plan())
		h.Joined(RoomKey(m.ID), Participant{Identity: "user-ann", Name: "ann"}, h.now())
		var all []*visit
		for i := range 20 {
			v := h.knock(m.ID, fmt.Sprint("guest-", i))
			v.want(t, "who knocks", "lobby")
			all = append(all, v)
		}
		if err := h.AdmitAll(t.Context(), user("ann"), m.ID); err != nil {
			t.Fatal(err)
		}
		for _, v := range all {
			v.until(t, "who knocks", "in")
		}
	})
}

// TestDatabaseGone: who is at the door of a meeting that runs gets in as before.
func TestDatabaseGone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "d")
	url := "sqlite:" + filepath.Join(dir, "test.db")
	h := newHouse(t, dbtest.Open(t, url, Migrations(), eventlog.Migrations(), mail.Migrations()))
	m := h.create(plan())
	other := h.create(plan())
	h.knock(m.ID, "user-ann").want(t, "the host", "in")
	h.Joined(RoomKey(m.ID), Participant{Identity: "user-ann", Name: "ann"}, h.now())
	if err := h.backlog.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	gone := dbtest.Open(t, url)
	if err := os.Rename(dir, dir+"-away"); err != nil {
		t.Fatal(err)
	}
	h.deps.DB = gone
	h.knock(m.ID, "user-carl").want(t, "a participant", "in")
	v := h.knock(m.ID, "guest-1")
	v.want(t, "a stranger", "lobby")
	if err := h.AdmitKnock(t.Context(), user("ann"), m.ID, "guest-1"); err != nil {
		t.Error(err)
	}
	v.want(t, "the stranger, then", "in")
	wantErr(t, "somebody else's lobby", h.AdmitKnock(t.Context(), user("eve"), m.ID, "guest-1"), access.ErrNotFound)
	if _, err := h.Admit(t.Context(), Entrant{RoomKey: RoomKey(other.ID), Identity: "user-ann"}, func(Wait) {}); !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("a meeting that does not run: %v", err)
	}
}
