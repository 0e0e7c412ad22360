package meetings

import "testing"

// TestProfilesInRooms: who changes its name or picture is seen with the new one where it is, and only there.
func TestProfilesInRooms(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		m, other := h.create(plan()), h.create(plan())
		h.Joined(RoomKey(m.ID), Participant{Identity: "user-ann", Name: "ann Person"}, h.now())
		h.Joined(RoomKey(other.ID), Participant{Identity: "user-carl", Name: "carl Person"}, h.now())
		h.rooms.take()
		change := func(id string) {
			h.tell("default", "user.updated", map[string]any{"id": id, "name": "New Name", "email": id + "@example.com", "language": "en", "avatar": "v2", "active": true})
		}
		change("dora") // is in no room
		want(t, "rooms", h.rooms.take(), []string(nil))
		change("ann")
		want(t, "rooms", h.rooms.take(), []string{"profile " + RoomKey(m.ID) + " user-ann New Name v2"})
		people, err := h.People(t.Context(), user("ann"), m.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range people {
			if p.Identity == "user-ann" && p.Name != "New Name" {
				t.Errorf("the list of people has %+v", p)
			}
		}
	})
}

func TestMetadataIsChangedInPlaces(t *testing.T) {
	for _, c := range [][3]string{
		{`{"role":"host","user":"u"}`, "v2", `{"avatar":"v2","role":"host","user":"u"}`},
		{`{"avatar":"v1","role":"host","user":"u"}`, "", `{"role":"host","user":"u"}`},
		{`nonsense`, "v2", `{"avatar":"v2"}`},
		{`null`, "v2", `{"avatar":"v2"}`},
		{`[]`, "v2", `{"avatar":"v2"}`},
		{`"x"`, "v2", `{"avatar":"v2"}`},
	} {
		if got := WithAvatar(c[0], c[1]); got != c[2] {
			t.Errorf("%s with %q: %s, want %s", c[0], c[1], got, c[2])
		}
	}
}
