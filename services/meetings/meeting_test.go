package meetings

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"switchyard/access"
)

func TestCreateGetListJoinAdmit(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		m := h.create(plan())
		if !validNumber(m.Number) || m.Role != RoleHost || m.Status != NotStarted || len(m.Participants) != 2 || len(m.Guests) != 1 {
			t.Errorf("%+v", m)
		}
		want(t, "next", m.Next.Start, "2026-03-02T08:00:00Z")
		got, err := h.Meeting(ctx, user("carl"), m.ID)
		if err != nil || got.Role != RoleParticipant || got.Guests[0].Email != "" {
			t.Errorf("%+v, %v", got, err)
		}
		page, err := h.List(ctx, user("carl"), ListQuery{When: WhenScheduled, Limit: 10})
		if err != nil || len(page.Meetings) != 1 || page.Seq != 1 {
			t.Errorf("%+v, %v", page, err)
		}
		for id, role := range map[string]Role{"ann": RoleHost, "bob": RoleCoOrganiser, "carl": RoleParticipant, "eve": RoleParticipant} {
			ticket, err := h.Join(ctx, user(id), JoinRequest{Number: m.Number})
			if err != nil || ticket.Role != role || ticket.Identity != "user-"+id || ticket.RoomKey != "m-"+m.ID {
				t.Errorf("%s: %+v, %v", id, ticket, err)
			}
		}
		d, err := h.Admit(ctx, Entrant{RoomKey: RoomKey(m.ID), Identity: "user-ann"}, func(Wait) { t.Error("the host waits") })
		if err != nil || d.Role != RoleHost || !has(d.Grants, "moderate") || d.Name != "ann Person" {
			t.Errorf("%+v, %v", d, err)
		}
		_, err = h.Meeting(ctx, user("zoe"), m.ID)
		wantErr(t, "another tenant's meeting", err, access.ErrNotFound)
	})
}

func TestWhoMayDoWhat(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		m := h.create(plan())
		guest := Caller{Principal: access.Principal{Kind: access.Guest, Tenant: "default", ID: guestPrefix + m.Guests[0].ID, Meeting: m.ID}}
		key := Caller{Principal: access.Principal{Kind: access.Service, Behind: access.RoleAdmin, Tenant: "default", ID: "key", Scopes: []access.Scope{access.ScopeMeetingsRead}}}
		subject := "Changed"
		do := map[string]func(Caller) error{
			"read": func(c Caller) error { _, err := h.Meeting(ctx, c, m.ID); return err },
			"edit": func(c Caller) error {
				_, err := h.Update(ctx, c, m.ID, Change{Subject: &subject}, 0)
				return err
			},
			"edit one": func(c Caller) error {
				_, err := h.UpdateOccurrence(ctx, c, m.ID, "2026-03-09T09:00", OccurrenceChange{Subject: &subject}, 0)
				return err
			},
			"guest": func(c Caller) error {
				_, err := h.InviteGuest(ctx, c, m.ID, NewGuest{Email: "x@elsewhere.example"})
				return err
			},
			"link": func(c Caller) error { _, err := h.GuestLink(ctx, c, m.ID, m.Guests[0].ID); return err },
		}
		type who struct {
			name string
			Caller
		}
		for _, w := range []who{
			{"ann", user("ann")}, {"bob", user("bob")}, {"carl", user("carl")}, {"eve", user("eve")}, {"zoe", user("zoe")}, {"admin", admin()},
			{"guest", guest}, {"key", key}, {"nobody", Caller{}},
		} {
			for what, f := range do {
				var wanted error
				switch {
				case w.name == "nobody":
					wanted = access.ErrUnauthenticated
				case w.name == "eve" || w.name == "zoe":
					wanted = access.ErrNotFound
				case what != "read" && (w.name == "carl" || w.name == "guest" || w.name == "key"):
					wanted = access.ErrForbidden
				}
				wantErr(t, w.name+" "+what, f(w.Caller), wanted)
			}
		}
		for name, wanted := range map[string]error{"carl": access.ErrForbidden, "bob": access.ErrForbidden, "eve": access.ErrNotFound, "ann": nil} {
			wantErr(t, name+" deletes", h.Cancel(ctx, user(name), m.ID, 0), wanted)
		}
		got, err := h.Meeting(ctx, guest, m.ID)
		if err != nil || got.Organiser.Email != "" || got.Guests[0].Email != "" || got.Role != RoleGuest {
			t.Errorf("a guest sees %+v, %v", got, err)
		}
		n := plan()
		n.Organiser = "bob"
		_, err = h.Create(ctx, user("ann"), n)
		wantField(t, "somebody else's meeting", err, "organiser")
		key.Scopes = []access.Scope{access.ScopeMeetingsWrite, access.ScopeMeetingsRead}
		if m, err := h.Create(ctx, key, n); err != nil || m.Organiser.ID != "bob" {
			t.Errorf("%+v, %v", m, err)
		}
		n.Organiser = "zoe"
		_, err = h.Create(ctx, key, n)
		wantField(t, "another tenant's organiser", err, "organiser")
	})
}

func TestChecks(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		for field, change := range map[string]func(*NewMeeting){
			"kind":            func(n *NewMeeting) { n.Kind = Personal },
			"subject":         func(n *NewMeeting) { n.Subject = "" },
			"description":     func(n *NewMeeting) { n.Description = "\x00" },
			"start_local":     func(n *NewMeeting) { n.Start = "soon" },
			"zone":            func(n *NewMeeting) { n.Zone = "Mars" },
			"duration":        func(n *NewMeeting) { n.Duration = 0 },
			"recurrence":      func(n *NewMeeting) { n.Recurrence = "FREQ=NEVER" },
			"co_organisers":   func(n *NewMeeting) { n.CoOrganisers = []string{"zoe"} },
			"participants":    func(n *NewMeeting) { n.Participants = []string{"nobody"} },
			"guests[0].email": func(n *NewMeeting) { n.Guests = []NewGuest{{Email: "Gast <gast@elsewhere.example>"}} },
			"guests[0].name":  func(n *NewMeeting) { n.Guests = []NewGuest{{Email: "gast@elsewhere.example", Name: "a\r\nBcc: b"}} },
		} {
			n := plan()
			change(&n)
			_, err := h.Create(t.Context(), user("ann"), n)
			wantField(t, field, err, field)
		}
		n := plan()
		n.Participants = append(n.Participants, "carl", "ann", "bob")
		n.Guests = append(n.Guests, NewGuest{Email: "GAST@elsewhere.example"})
		m := h.create(n)
		if len(m.Participants) != 2 || len(m.CoOrganisers) != 1 || len(m.Guests) != 1 {
			t.Errorf("%+v", m)
		}
	})
}

func TestOneOccurrence(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		m := h.create(plan())
		h.mails.take()
		later, minutes := "2026-03-10T15:00", 30
		m, err := h.UpdateOccurrence(ctx, user("bob"), m.ID, "2026-03-09T09:00", OccurrenceChange{Start: &later, Duration: &minutes, Subject: ptr("Later")}, m.Version)
		if err != nil || m.Sequence != 1 || m.Version != 2 {
			t.Fatalf("%+v, %v", m, err)
		}
		for _, sent := range h.mails.take() {
			if sent.Language == "fr" && (sent.Subject != "Modifié : Later" || !containsFold(sent.Text, "mardi 10 mars 2026, 15:00–15:30 (Europe/Amsterdam)")) {
				t.Errorf("%s\n%s", sent.Subject, sent.Text)
			}
		}
		_, err = h.UpdateOccurrence(ctx, user("bob"), m.ID, "2026-03-16T09:00", OccurrenceChange{Subject: ptr("Lost")}, 1)
		wantErr(t, "an old version", err, ErrVersion)
		if m, err = h.CancelOccurrence(ctx, user("bob"), m.ID, "2026-03-16T09:00", 0); err != nil || m.Sequence != 2 {
			t.Fatal(err)
		}
		sent := h.mails.take()
		if len(sent) != 4 || sent[0].Calendar.Method != methodCancel || !containsFold(sent[0].Calendar.Content, "RECURRENCE-ID;TZID=Europe/Amsterdam:20260316T090000") {
			t.Errorf("%+v", sent)
		}
		for _, original := range []string{"2026-03-16T09:00", "2026-03-17T09:00", later, "x"} {
			_, err = h.CancelOccurrence(ctx, user("bob"), m.ID, original, 0)
			wantField(t, original, err, "original")
		}
		upcoming, err := h.Upcoming(ctx, user("carl"), begin, begin.AddDate(0, 0, 27))
		var lines []string
		for _, u := range upcoming {
			lines = append(lines, u.Occurrence.Local+" "+u.Subject)
		}
		want(t, "agenda", lines, []string{"2026-03-02T09:00 Weekly", "2026-03-10T15:00 Later", "2026-03-23T09:00 Weekly"})
		if err != nil {
			t.Error(err)
		}
		// The whole series moves by a day: the exceptions have nothing to be of any more.
		if m, err = h.Update(ctx, user("ann"), m.ID, Change{Start: ptr("2026-03-03T09:00")}, 0); err != nil || len(m.Exceptions) != 0 || m.Sequence != 3 {
			t.Errorf("%+v, %v", m, err)
		}
	})
}

func TestSettingsAreDefaults(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		n := plan()
		n.Public, n.Guests[0].Language = nil, ""
		if m := h.create(n); m.Public || !m.Lobby || m.MuteOnEntry || m.Record || m.Guests[0].Language != "en" {
			t.Errorf("%+v", m)
		}
		h.tell("default", "settings.updated", map[string]any{"language": "ja", "public_by_default": true, "lobby": false, "mute_on_entry": true, "record_by_default": true})
		if m := h.create(n); !m.Public || m.Lobby || !m.MuteOnEntry || !m.Record || m.Guests[0].Language != "ja" {
			t.Errorf("%+v", m)
		}
		m, err := h.Personal(t.Context(), user("ann"))
		if err != nil || !m.Public || m.Subject != "ann Person" || m.Kind != Personal || m.Role != RoleHost {
			t.Errorf("%+v, %v", m, err)
		}
	})
}

func TestPersonalRoom(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		found := make(chan string, 8)
		for range cap(found) {
			go func() {
				m, err := h.Personal(ctx, user("ann"))
				if err != nil {
					t.Error(err)
				}
				found <- m.ID + m.Number
			}()
		}
		first := <-found
		for range cap(found) - 1 {
			if other := <-found; other != first {
				t.Errorf("another room: %s, %s", first, other)
			}
		}
		m, err := h.Personal(ctx, user("ann"))
		if err != nil {
			t.Fatal(err)
		}
		wantField(t, "cancel", h.Cancel(ctx, user("ann"), m.ID, 0), "kind")
		_, err = h.Update(ctx, user("ann"), m.ID, Change{Subject: ptr("Mine")}, 0)
		wantField(t, "subject", err, "subject")
		_, err = h.Update(ctx, user("ann"), m.ID, Change{Start: ptr("2026-03-03T09:00")}, 0)
		wantField(t, "start", err, "start_local")
		h.tell("default", "user.updated", map[string]any{"id": "ann", "name": "Änne 100%", "email": "ann@example.com", "language": "en", "active": true})
		for search, n := range map[string]int{"änne": 1, "ÄNNE 100%": 1, "%": 1, "_": 0, "bob": 0, "": 1} {
			rooms, err := h.Directory(ctx, user("eve"), search)
			if err != nil || len(rooms) != n {
				t.Errorf("%q: %+v, %v", search, rooms, err)
			}
		}
		if rooms, err := h.Directory(ctx, user("zoe"), "änne"); err != nil || len(rooms) != 0 {
			t.Errorf("another tenant finds %+v, %v", rooms, err)
		}
		_, err = h.Directory(ctx, Caller{Principal: access.Principal{Kind: access.Guest, Tenant: "default", ID: "guest-1"}}, "")
		wantErr(t, "a guest searches", err, access.ErrForbidden)
		if rooms, _ := h.Directory(ctx, user("eve"), ""); rooms[0].Subject != "Änne 100%" || rooms[0].Number != m.Number {
			t.Errorf("%+v", rooms)
		}
	})
}

// TestNoChangeIsLost: many change the same meeting at once.
func TestNoChangeIsLost(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		m := h.create(plan())
		var all sync.WaitGroup
		var done atomic.Int64
		for i := range 6 {
			all.Go(func() {
				_, err := h.InviteGuest(t.Context(), user("ann"), m.ID, NewGuest{Email: fmt.Sprintf("g%d@elsewhere.example", i)})
				if err == nil {
					done.Add(1)
				} else if !errors.Is(err, ErrVersion) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		after, err := h.Meeting(t.Context(), user("ann"), m.ID)
		if err != nil || int64(len(after.Guests)) != 1+done.Load() || after.Version != 1+done.Load() || done.Load() == 0 {
			t.Errorf("%d guests, version %d, after %d invitations, %v", len(after.Guests), after.Version, done.Load(), err)
		}
		if _, err := h.Update(t.Context(), user("ann"), m.ID, Change{Subject: ptr("X")}, 1); !errors.Is(err, ErrVersion) {
			t.Errorf("an old version: %v", err)
		}
	})
}
