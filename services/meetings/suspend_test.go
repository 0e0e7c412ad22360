package meetings

import (
	"context"
	"errors"
	"testing"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
)

// Of a suspended organisation the meetings end, nobody waits for one and nobody gets into one, until it goes on.
func TestSuspendedOrganisation(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		m := h.create(plan())
		elsewhere, err := h.Create(t.Context(), user("zoe"), NewMeeting{Kind: Instant, Subject: "Theirs"})
		if err != nil {
			t.Fatal(err)
		}
		feed, err := h.CreateFeed(t.Context(), user("ann"))
		if err != nil {
			t.Fatal(err)
		}
		secret := feed[len("https://meet.example/ics/") : len(feed)-len(".ics")]
		h.Joined(RoomKey(m.ID), Participant{Identity: "user-ann", Name: "ann", Kind: "browser"}, h.clock.Now())
		waits, gone := make(chan Wait, 1), make(chan error, 1)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		go func() {
			_, err := h.Admit(ctx, Entrant{RoomKey: RoomKey(m.ID), Identity: "guest-x", Name: "Gil", Kind: "browser"}, func(w Wait) { waits <- w })
			gone <- err
		}()
		<-waits
		h.rooms.take()

		h.tell("default", "tenant.updated", map[string]any{"id": "default", "active": false})
		suspended := func(what string, err error) {
			t.Helper()
			var refused *Refusal
			if !errors.As(err, &refused) || refused.Code != "suspended" {
				t.Errorf("%s: %v", what, err)
			}
		}
		suspended("who waited", <-gone)
		if done := h.rooms.take(); !has(done, "close "+RoomKey(m.ID)) || has(done, "close "+RoomKey(elsewhere.ID)) {
			t.Errorf("done to rooms: %v", done)
		}
		enter := func(meeting, identity string) error {
			_, err := h.Admit(ctx, Entrant{RoomKey: RoomKey(meeting), Identity: identity, Name: "A", Kind: "browser"}, func(Wait) {})
			return err
		}
		suspended("with a ticket from before", enter(m.ID, "user-ann"))
		_, err = h.Lookup(t.Context(), stranger("192.0.2.9"), m.Number)
		suspended("looked up", err)
		_, err = h.Join(t.Context(), stranger("192.0.2.9"), JoinRequest{Number: m.Number, Name: "Gil"})
		suspended("by number", err)
		if _, err := h.ICS(t.Context(), secret); !errors.Is(err, access.ErrNotFound) {
			t.Errorf("the feed: %v", err)
		}
		if err := enter(elsewhere.ID, "user-zoe"); err != nil {
			t.Errorf("another organisation: %v", err)
		}

		h.tell("default", "settings.updated", map[string]any{"language": "nl", "lobby": true})
		suspended("after a change of settings", enter(m.ID, "user-ann"))
		h.tell("default", "tenant.updated", map[string]any{"id": "default", "active": true})
		if err := enter(m.ID, "user-ann"); err != nil {
			t.Errorf("when it goes on: %v", err)
		}
		if _, err := h.ICS(t.Context(), secret); err != nil {
			t.Errorf("the feed, when it goes on: %v", err)
		}
		var d defaults
		err = h.d.Read(t.Context(), func(q db.Querier) (err error) {
			d, err = defaultsOf(t.Context(), q, "default")
			return err
		})
		if err != nil || d.Language != "nl" || !d.Lobby {
			t.Errorf("its settings: %+v, %v", d, err)
		}
	})
}
