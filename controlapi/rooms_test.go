package controlapi

import (
	"net/http"
	"testing"

	"switchyard/access"
	"switchyard/sfu"
)

// TestHandsInRooms: whoever may act on rooms sees the hands that are raised in
// one and lowers them.
func TestHandsInRooms(t *testing.T) {
	r := newRig(t, "sqlite")
	key := r.service(t, access.ScopeRoomsRead, access.ScopeRoomsWrite)
	reader := r.service(t, access.ScopeRoomsRead)
	user := r.user(t, "Uma", access.RoleUser)
	open, err := r.rooms.Open("standup")
	if err != nil {
		t.Fatal(err)
	}
	join := func(identity string, hidden bool) *sfu.Participant {
		p, _, err := open.Join(sfu.Join{Identity: identity, Kind: "browser", Counted: true, Hidden: hidden, Grants: sfu.DefaultGrants})
		if err == nil {
			err = p.RaiseHand()
		}
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	ben, ann, hidden := join("ben", false), join("ann", false), join("watcher", true)
	order := func() (identities []string) {
		t.Helper()
		var seen room
		key.must(http.StatusOK, "GET", "/rooms/standup", "", &seen)
		byNumber := map[uint64]string{}
		for _, p := range seen.Participants {
			if p.Hand != nil {
				if p.Hand.At.IsZero() {
					t.Errorf("%s raised its hand at no time", p.Identity)
				}
				byNumber[p.Hand.Number] = p.Identity
			}
		}
		for n := range uint64(10) {
			if byNumber[n] != "" {
				identities = append(identities, byNumber[n])
			}
		}
		return identities
	}
	if got := order(); len(got) != 2 || got[0] != "ben" || got[1] != "ann" {
		t.Errorf("raised are %v", got)
	}
	one := func(p *sfu.Participant) string { return "/rooms/standup/participants/" + string(p.ID()) + "/hand" }
	for name, caller := range map[string]*client{"a user": user, "a key that reads": reader} {
		for _, path := range []string{one(ben), "/rooms/standup/hands"} {
			if response, text := caller.do("DELETE", path, ""); response.StatusCode != http.StatusForbidden {
				t.Errorf("%s: DELETE %s: %s %s", name, path, response.Status, text)
			}
		}
	}
	for _, path := range []string{one(hidden), "/rooms/standup/participants/x/hand", "/rooms/other/hands", "/rooms/other/participants/x/hand"} {
		key.must(http.StatusNotFound, "DELETE", path, "", nil)
	}
	for range 2 {
		key.must(http.StatusNoContent, "DELETE", one(ben), "", nil)
	}
	if got := order(); len(got) != 1 || got[0] != "ann" {
		t.Errorf("ben's hand was lowered: %v", got)
	}
	if err := ben.RaiseHand(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		key.must(http.StatusNoContent, "DELETE", "/rooms/standup/hands", "", nil)
	}
	if got := order(); len(got) != 0 || ann.Info().Hand.Raised() {
		t.Errorf("all hands were lowered: %v", got)
	}
}
