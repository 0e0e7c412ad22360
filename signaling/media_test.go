package signaling

import (
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/sfu"
)

// publish offers one line and returns the publication's id.
func (c *client) publish(kind, source string) string {
	c.t.Helper()
	answer := c.must("offer", said{
		"sdp":    lines(kind+" sendonly", "audio recvonly", "video recvonly", "video recvonly"),
		"tracks": []said{{"mid": "0", "track": source, "source": source, "width": 1280, "height": 720}},
	})
	return answer.text("publications", 0, "publication")
}

func TestOfferDemandAndSlots(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		ann, bob := h.join("team", "ann"), h.join("team", "bob")
		defer ann.hangUp()
		defer bob.hangUp()
		camera := ann.publish("video", "camera")
		answer := bob.must("offer", said{"sdp": lines("audio recvonly", "video recvonly", "video recvonly"), "tracks": []said{}})
		if answer.text("slots", 0, "kind") != "audio" || answer.text("slots", 1, "slot") != "1" || answer.text("slots", 2, "kind") != "video" {
			t.Errorf("%v", answer)
		}
		bob.must("demand", said{"demands": []said{{"slot": "1", "source": "track", "id": camera, "width": 640, "height": 360, "priority": 9}}})
		m := bob.event("slots")
		if m.text("slots", 0, "slot") != "1" || m.text("slots", 0, "publication") != camera || m.at("slots", 0, "number") == nil {
			t.Errorf("%v", m)
		}
		// A later answer says what is known of the slots that stay.
		again := bob.must("offer", said{"sdp": lines("audio recvonly", "video recvonly"), "tracks": []said{}})
		if again.text("slots", 1, "publication") != camera {
			t.Errorf("%v", again)
		}
		if m := bob.call("demand", said{"demands": []said{{"slot": "2", "source": "none"}}}); m.text("code") != "not_found" {
			t.Errorf("a slot that is gone: %v", m)
		}
	})
}

func TestDemandBounds(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		c := h.join("team", "ann")
		defer c.hangUp()
		c.must("offer", said{"sdp": lines("video recvonly", "video recvonly"), "tracks": []said{}})
		for _, bad := range []struct {
			demand      said
			code, field string
		}{
			{said{"slot": "0", "source": "speaker", "width": -1}, "bad_field", "demands[1].width"},
			{said{"slot": "0", "source": "speaker", "height": 16385}, "bad_field", "demands[1].height"},
			{said{"slot": "0", "source": "speaker", "fps": 241}, "bad_field", "demands[1].fps"},
			{said{"slot": "0", "source": "speaker", "priority": 11}, "bad_field", "demands[1].priority"},
			{said{"slot": "0", "source": "screen"}, "bad_field", "demands[1].source"},
			{said{"slot": "0", "source": "track"}, "bad_field", "demands[1].id"},
			{said{"slot": "0", "source": "participant", "id": "gone"}, "not_found", "demands[1].id"},
			{said{"slot": "0", "source": "track", "id": "gone"}, "not_found", "demands[1].id"},
		} {
			m := c.call("demand", said{"demands": []said{{"slot": "1", "source": "none"}, bad.demand}})
			if m.text("code") != bad.code || m.text("field") != bad.field {
				t.Errorf("%v: %v", bad.demand, m)
			}
		}
		c.must("demand", said{"demands": []said{}})
	})
}

func TestMuting(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		ann, host := h.join("team", "ann"), h.join("team", "host", "publish", "moderate")
		defer ann.hangUp()
		defer host.hangUp()
		mic := ann.publish("audio", "microphone")
		ann.must("mute", said{"publication": mic, "muted": true})
		ann.must("mute", said{"publication": mic, "muted": false})
		host.must("mute", said{"publication": mic, "muted": true})
		if m := ann.event("muted"); m.text("publication") != mic || m.text("by") == "" {
			t.Errorf("%v", m)
		}
		if m := host.call("mute", said{"publication": mic, "muted": false}); m.text("code") != "forbidden" || m.text("field") != "muted" {
			t.Errorf("%v", m)
		}
		if m := host.call("unpublish", said{"publication": mic}); m.text("code") != "forbidden" {
			t.Errorf("%v", m)
		}
		ann.must("mute", said{"publication": mic, "muted": false})
		ann.must("unpublish", said{"publication": mic})
		if p := host.roster()["ann"]; p.at("publications", 0) != nil {
			t.Errorf("%v", p)
		}
	})
}

// TestGrants is the table of what each grant allows.
func TestGrants(t *testing.T) {
	all := []string{"publish", "subscribe", "message", "moderate"}
	for _, c := range []struct {
		request string
		with    func(h *house, self *client, others string) said
		allowed []string // by any of these
	}{
		{"offer", func(*house, *client, string) said {
			return said{"sdp": lines("audio sendonly"), "tracks": []said{{"mid": "0", "track": "t", "source": "microphone"}}}
		}, []string{"publish"}},
		{"offer", func(*house, *client, string) said {
			return said{"sdp": lines("audio recvonly"), "tracks": []said{}}
		}, []string{"subscribe"}},
		{"send", func(*house, *client, string) said { return said{"to": []string{}, "text": "x"} }, []string{"message", "publish"}},
		{"mute", func(_ *house, _ *client, others string) said { return said{"publication": others, "muted": true} }, []string{"moderate"}},
		{"setState", func(*house, *client, string) said { return said{"locked": false} }, []string{"moderate"}},
		{"remove", func(h *house, _ *client, _ string) said {
			return said{"participant": string(h.rooms.Room("team").ByIdentity("victim").ID())}
		}, []string{"moderate"}},
		{"unpublish", func(_ *house, _ *client, others string) said { return said{"publication": others} }, nil},
		{"update", func(*house, *client, string) said { return said{"name": "x"} }, append(all, "")},
		{"ping", func(*house, *client, string) said { return nil }, append(all, "")},
		{"demand", func(*house, *client, string) said { return said{"demands": []said{}} }, append(all, "")},
	} {
		for _, grant := range append(all, "") {
			t.Run(c.request+" with "+grant, func(t *testing.T) {
				inHouse(t, nil, func(t *testing.T, h *house) {
					victim := h.join("team", "victim")
					defer victim.hangUp()
					others := victim.publish("audio", "microphone")
					grants := []string{}
					if grant != "" {
						grants = append(grants, grant)
					}
					self := h.join("team", "self", grants...)
					defer self.hangUp()
					m := self.call(c.request, c.with(h, self, others))
					want := "forbidden"
					if slices.Contains(c.allowed, grant) {
						want = ""
					}
					if m.text("code") != want {
						t.Errorf("%v, want code %q", m, want)
					}
					if want == "forbidden" {
						self.alive()
						victim.alive()
					}
				})
			})
		}
	}
}

func TestRemove(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		ann, host := h.join("team", "ann"), h.join("team", "host", "moderate")
		defer host.hangUp()
		id := string(h.rooms.Room("team").ByIdentity("ann").ID())
		host.must("remove", said{"participant": id, "reason": "noise"})
		if m := ann.event("left"); m.text("reason") != "removed" {
			t.Errorf("%v", m)
		}
		if code := ann.closed(); code != 1000 {
			t.Errorf("closed with %d", code)
		}
	})
}

func TestNameIsFixedByTheToken(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		c := h.join("team", "ann")
		defer c.hangUp()
		c.must("update", said{"name": "Ann", "metadata": "x"})
		if m := c.event("participants"); m.text("updated", 0, "name") != "Ann" || m.text("updated", 0, "metadata") != "x" {
			t.Errorf("%v", m)
		}
		if m := c.call("update", said{"name": strings.Repeat("x", 129)}); m.text("field") != "name" {
			t.Errorf("%v", m)
		}
	})
}

func TestLostPeerIsReoffered(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		c := h.join("team", "ann")
		defer c.hangUp()
		mic := c.publish("audio", "microphone")
		h.peers.last().Close()
		if m := c.event("reoffer"); m.text("reason") != "moved" {
			t.Errorf("%v", m)
		}
		if again := c.publish("audio", "microphone"); again != mic {
			t.Errorf("publication %s, then %s", mic, again)
		}
	})
}

func TestRoomMove(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		ann, bob := h.join("team", "ann"), h.join("other", "bob")
		defer ann.hangUp()
		defer bob.hangUp()
		from, to := h.rooms.Room("team"), h.rooms.Room("other")
		if err := from.Move(from.ByIdentity("ann"), to); err != nil {
			t.Fatal(err)
		}
		if m := ann.event("moved"); m.text("room", "id") != "other" || m.text("participants", 0, "identity") != "bob" {
			t.Errorf("%v", m)
		}
		bob.must("send", said{"to": []string{}, "text": "welcome"})
		ann.event("message")
	})
}

// TestBurstsAreMerged: many changes at once are few messages, in an order in
// which each makes sense.
func TestBurstsAreMerged(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		ann := h.join("team", "ann")
		defer ann.hangUp()
		room := h.rooms.Room("team")
		for i := range 200 {
			p, _, err := room.Join(sfu.Join{Identity: "guest" + itoa(i), Grants: sfu.DefaultGrants, Counted: true})
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Update(func(info *sfu.ParticipantInfo) { info.Name = "Guest" }); err != nil {
				t.Fatal(err)
			}
			if i%2 == 1 {
				p.Leave(sfu.LeftByItself)
			}
		}
		ann.idle(time.Second)
		present, messages := ann.roster(), 0
		for _, m := range ann.skips {
			if m.kind() == "participants" {
				messages++
			}
		}
		if messages > 12 || len(present) != 100 {
			t.Errorf("%d messages, %d present", messages, len(present))
		}
	})
}
