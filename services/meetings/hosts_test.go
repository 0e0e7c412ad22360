package meetings

import (
	"testing"

	"switchyard/access"
)

func TestRemovedAndInvitedAgain(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		m := h.create(plan())
		room := RoomKey(m.ID)
		wantErr(t, "nobody is there", h.Remove(ctx, user("ann"), m.ID, "user-carl"), ErrNotRunning)
		h.Joined(room, Participant{Identity: "user-ann", Name: "ann"}, h.now())
		h.Joined(room, Participant{Identity: "user-carl", Name: "carl"}, h.now())
		wantErr(t, "a participant removes", h.Remove(ctx, user("dora"), m.ID, "user-carl"), access.ErrForbidden)
		wantField(t, "the host is removed", h.Remove(ctx, user("bob"), m.ID, "user-ann"), "identity")
		if err := h.Remove(ctx, user("bob"), m.ID, "user-carl"); err != nil {
			t.Fatal(err)
		}
		h.Left(room, "user-carl", h.now())
		want(t, "rooms", h.rooms.take(), []string{"remove " + room + " user-carl"})
		h.knock(m.ID, "user-carl").want(t, "carl comes again", "removed")
		people, err := h.People(ctx, user("dora"), m.ID)
		if err != nil {
			t.Fatal(err)
		}
		states := map[string]string{}
		for _, p := range people {
			states[p.Identity] = p.State
		}
		want(t, "states", states, map[string]string{"user-ann": "joined", "user-bob": "invited", "user-carl": "removed", "user-dora": "invited", "guest-" + m.Guests[0].ID: "invited"})
		if err := h.Reinvite(ctx, user("ann"), m.ID, "user-carl"); err != nil {
			t.Fatal(err)
		}
		h.knock(m.ID, "user-carl").want(t, "carl is invited again", "in")
		if err := h.Lock(ctx, user("ann"), m.ID, true); err != nil {
			t.Fatal(err)
		}
		v := h.knock(m.ID, "user-carl")
		v.want(t, "carl, once it is locked", "locked")
		v.leave()
		if err := h.Lock(ctx, user("ann"), m.ID, false); err != nil {
			t.Fatal(err)
		}
		h.mails.take()
		if err := h.Reinvite(ctx, user("ann"), m.ID, "guest-"+m.Guests[0].ID); err != nil || len(h.mails.take()) != 1 {
			t.Errorf("a guest is invited again: %v", err)
		}
		wantErr(t, "who was never invited", h.Reinvite(ctx, user("ann"), m.ID, "user-eve"), access.ErrNotFound)
		for _, id := range []string{"user-carl", "user-bob"} { // a co-organiser can be removed, too
			if err := h.Remove(ctx, user("ann"), m.ID, id); err != nil {
				t.Fatal(err)
			}
		}
		h.knock(m.ID, "user-bob").want(t, "the co-organiser comes again", "removed")
		h.RoomClosed(room, h.now())
		h.Joined(room, Participant{Identity: "user-ann", Name: "ann"}, h.now())
		h.knock(m.ID, "user-carl").want(t, "carl at the next run", "in")
	})
}

// TestStrangersKnockOnceOneWasRemoved, since it could come again under another name.
func TestStrangersKnockOnceOneWasRemoved(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		n, public, lobby := plan(), true, false
		n.Public, n.Lobby = &public, &lobby
		m := h.create(n)
		h.Joined(RoomKey(m.ID), Participant{Identity: "user-ann"}, h.now())
		h.knock(m.ID, "guest-1").want(t, "a stranger", "in")
		if err := h.Remove(t.Context(), user("ann"), m.ID, "guest-1"); err != nil {
			t.Fatal(err)
		}
		h.knock(m.ID, "guest-1").want(t, "the removed", "removed")
		h.knock(m.ID, "guest-2").want(t, "another", "lobby")
		h.knock(m.ID, "guest-"+m.Guests[0].ID).want(t, "an invited guest", "in")
	})
}

func TestHostsAct(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		m := h.create(plan())
		room := RoomKey(m.ID)
		for _, id := range []string{"carl", "zoe"} {
			c := user(id)
			_, err1 := h.AssignCoOrganiser(ctx, c, m.ID, id)
			_, err2 := h.MakePublic(ctx, c, m.ID)
			_, err3 := h.Lobby(ctx, c, m.ID)
			for what, err := range map[string]error{
				"assign": err1, "public": err2, "lobby": err3, "lock": h.Lock(ctx, c, m.ID, true), "mute": h.Mute(ctx, c, m.ID, ""), "ask": h.AskUnmute(ctx, c, m.ID, "user-ann"),
				"lower a hand": h.LowerHand(ctx, c, m.ID, "user-ann"), "lower all hands": h.LowerHand(ctx, c, m.ID, ""),
				"end": h.EndForAll(ctx, c, m.ID), "admit all": h.AdmitAll(ctx, c, m.ID), "refuse": h.RefuseKnock(ctx, c, m.ID, "x"), "reinvite": h.Reinvite(ctx, c, m.ID, "user-carl"),
			} {
				if id == "carl" {
					wantErr(t, id+": "+what, err, access.ErrForbidden)
				} else {
					wantErr(t, id+": "+what, err, access.ErrNotFound)
				}
			}
		}
		want(t, "rooms", h.rooms.take(), []string(nil))
		wantErr(t, "lock before", h.Lock(ctx, user("ann"), m.ID, true), ErrNotRunning)
		h.knock(m.ID, "user-ann").want(t, "ann", "in")
		h.Joined(room, Participant{Identity: "user-ann", Name: "ann"}, h.now())
		h.Joined(room, Participant{Identity: "user-carl", Name: "carl"}, h.now())
		eve := h.knock(m.ID, "user-eve")
		eve.want(t, "eve", "lobby")
		if err := h.Lock(ctx, user("bob"), m.ID, true); err != nil {
			t.Error(err)
		}
		eve.until(t, "eve", "locked")
		dora := h.knock(m.ID, "user-dora")
		dora.want(t, "dora", "locked")
		h.knock(m.ID, "user-carl").want(t, "who is in and loads the page again", "in")
		if err := h.Lock(ctx, user("bob"), m.ID, false); err != nil {
			t.Error(err)
		}
		dora.until(t, "dora, unlocked", "in")
		if after, err := h.MakePublic(ctx, user("bob"), m.ID); err != nil || !after.Public {
			t.Errorf("%+v, %v", after, err)
		}
		eve.until(t, "a colleague at a public meeting", "in")
		// The host hands its role on.
		if after, err := h.AssignCoOrganiser(ctx, user("ann"), m.ID, "carl"); err != nil || len(after.CoOrganisers) != 2 || len(after.Participants) != 1 {
			t.Errorf("%+v, %v", after, err)
		}
		if err := h.Mute(ctx, user("carl"), m.ID, ""); err != nil {
			t.Error(err)
		}
		if err := h.AskUnmute(ctx, user("carl"), m.ID, "user-ann"); err != nil {
			t.Error(err)
		}
		for _, id := range []string{"user-ann", ""} {
			if err := h.LowerHand(ctx, user("carl"), m.ID, id); err != nil {
				t.Error(err)
			}
		}
		wantErr(t, "a co-organiser deletes", h.Cancel(ctx, user("carl"), m.ID, 0), access.ErrForbidden)
		if err := h.EndForAll(ctx, user("carl"), m.ID); err != nil {
			t.Error(err)
		}
		want(t, "rooms", h.rooms.take(), []string{
			"lock " + room, "unlock " + room, "public " + room, "grants " + room + " user-carl co_organiser", "mute " + room + "  user-carl", "unmute " + room + " user-ann",
			"lower " + room + " user-ann", "lower " + room + " ", "close " + room,
		})
		h.RoomClosed(room, h.now())
		var hosts []string
		for _, e := range h.events(0) {
			if len(e.Type) > 5 && e.Type[:5] == "host." {
				hosts = append(hosts, e.Type+" "+e.Actor)
			}
		}
		want(t, "events", hosts, []string{
			"host.locked user:bob", "host.unlocked user:bob", "host.public user:bob", "host.assigned user:ann", "host.muted user:carl", "host.ended user:carl",
		})
	})
}
