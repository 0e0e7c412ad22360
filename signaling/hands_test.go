package signaling

import (
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/sfu"
	"switchyard/signaling/protocol"
)

// queue lists whose hands are raised according to the newest of what is said
// of each participant, in their order.
func queue(people map[string]said) (names []string) {
	for name, p := range people {
		if p.at("hand") != nil {
			names = append(names, name)
		}
	}
	number := func(name string) float64 { n, _ := people[name].at("hand", "number").(float64); return n }
	slices.SortFunc(names, func(a, b string) int { return int(number(a) - number(b)) })
	return names
}

// TestHands is the life of raised hands as all see it.
func TestHands(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		ann, bob := h.join("team", "ann"), h.join("team", "bob")
		defer ann.hangUp()
		defer bob.hangUp()
		bob.must("raiseHand", nil)
		at := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
		time.Sleep(time.Second)
		ann.must("raiseHand", nil)
		bob.must("raiseHand", nil) // again
		people := ann.roster()
		if got := queue(people); !slices.Equal(got, []string{"bob", "ann"}) || people["bob"].text("hand", "at") != at {
			t.Errorf("ann sees %v, %v", got, people["bob"])
		}
		// Who comes later is told in its reply.
		late := h.dial()
		defer late.hangUp()
		late.hello(h.token("team", "late"))
		joined := late.must("join", nil)
		snapshot := map[string]said{}
		for _, p := range joined.at("participants").([]any) {
			one := said(p.(map[string]any))
			snapshot[one.text("identity")] = one
		}
		if got := queue(snapshot); !slices.Equal(got, []string{"bob", "ann"}) || joined.at("participant", "hand") != nil {
			t.Errorf("who comes later sees %v in %v", got, joined)
		}
		// A page that is loaded again is the same participant.
		again := h.dial()
		defer again.hangUp()
		again.hello(h.token("team", "bob"))
		if m := again.must("join", nil); m.at("resumed") != true || m.at("participant", "hand", "number") != 1.0 {
			t.Errorf("bob comes again: %v", m)
		}
		again.must("lowerHand", nil)
		again.must("lowerHand", nil) // again
		if got := queue(ann.roster()); !slices.Equal(got, []string{"ann"}) {
			t.Errorf("bob lowers its hand: %v", got)
		}
	})
}

func TestModeratorLowersHands(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		ann, bob := h.join("team", "ann"), h.join("team", "bob")
		host := h.join("team", "host", "subscribe", "moderate")
		for _, c := range []*client{ann, bob, host} {
			defer c.hangUp()
		}
		ann.must("raiseHand", nil)
		bob.must("raiseHand", nil)
		host.must("raiseHand", nil) // who may only look on, too
		people := ann.roster()
		id := func(name string) said { return said{"participant": people[name].text("id")} }
		for _, m := range []said{ann.call("lowerHand", id("bob")), ann.call("lowerHands", nil)} {
			if m.text("code") != "forbidden" || !strings.Contains(m.text("message"), "moderate") {
				t.Errorf("ann is no moderator: %v", m)
			}
		}
		host.must("lowerHand", id("bob"))
		if got := queue(bob.roster()); !slices.Equal(got, []string{"ann", "host"}) {
			t.Errorf("bob's hand is lowered: %v", got)
		}
		bob.must("raiseHand", nil)
		host.must("lowerHands", nil)
		if m := bob.event("handsLowered"); m.seq() == 0 {
			t.Errorf("%v", m)
		}
		if got := queue(people); len(got) == 0 {
			t.Fatal("the test looks at nothing")
		}
		host.must("lowerHands", nil) // there are none
		bob.none("handsLowered")
		// What was raised afterwards is told afterwards.
		bob.skips = nil
		ann.must("raiseHand", nil)
		if m := bob.event("participants"); m.at("updated", 0, "hand", "number") == nil {
			t.Errorf("%v", m)
		}
	})
}

// TestHandIsLoweredWhileAway: who resumes is told.
func TestHandIsLoweredWhileAway(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		host := h.join("team", "host", "subscribe", "moderate")
		defer host.hangUp()
		ann := h.dial()
		welcome := ann.hello(h.token("team", "ann"))
		ann.must("join", nil)
		ann.must("raiseHand", nil)
		time.Sleep(time.Second)
		ann.alive()
		seq := ann.seq
		ann.cut()
		host.must("lowerHands", nil)
		ann.connect(nil)
		defer ann.hangUp()
		ann.must("resume", said{"session": welcome.text("session"), "token": h.token("team", "ann"), "seq": seq})
		ann.event("handsLowered")
	})
}

func TestReactionsAreMergedAndLimited(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		ann, bob := h.join("team", "ann"), h.join("team", "bob")
		defer ann.hangUp()
		defer bob.hangUp()
		id := bob.roster()["ann"]
		for range sfu.ReactionBurst {
			ann.must("react", said{"emoji": "👏"})
		}
		m := ann.call("react", said{"emoji": "👏"})
		if m.text("code") != "rate_limited" || m.at("retryMs") != 1000.0 || !strings.Contains(m.text("message"), "10 reactions at once and one more every 1s") {
			t.Errorf("one more: %v", m)
		}
		ann.alive()
		time.Sleep(reactionInterval)
		for _, c := range []*client{ann, bob} {
			c.none("left")
			events, total := 0, 0
			for _, m := range c.skips {
				if m.kind() != "reactions" {
					continue
				}
				events++
				list := m.at("reactions").([]any)
				total += len(list)
				if m.text("reactions", 0, "emoji") != "👏" || id != nil && m.text("reactions", 0, "participant") != id.text("id") {
					t.Errorf("%v", m)
				}
			}
			if events > 3 || total != sfu.ReactionBurst {
				t.Errorf("%d reactions in %d events, want %d in at most 3", total, events, sfu.ReactionBurst)
			}
		}
		viewer := h.join("team", "viewer", "subscribe")
		defer viewer.hangUp()
		if m := viewer.call("react", said{"emoji": "👏"}); m.text("code") != "forbidden" {
			t.Errorf("without a grant: %v", m)
		}
	})
}

// TestReactionsSpareWhoIsBehind: a client that acknowledges nothing is told no
// more of them, and stays.
func TestReactionsSpareWhoIsBehind(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		ann, bob := h.join("team", "ann"), h.join("team", "bob")
		defer ann.hangUp()
		defer bob.hangUp()
		told := 0
		for i := range 2 * protocol.MaxUnacked {
			if i%5 == 0 { // neither is silent for too long, and only ann acknowledges
				ann.alive()
				bob.id++
				bob.seq = 0
				bob.conn.Write(t.Context(), 1, []byte(`{"type":"ping","id":`+itoa(int(bob.id))+`}`))
			}
			if ann.call("react", said{"emoji": "🎉"}).kind() == "error" {
				t.Fatal("refused")
			}
			time.Sleep(sfu.ReactionEvery)
			settle()
			for len(bob.lines) > 0 {
				switch m := <-bob.lines; m.kind() {
				case "reactions":
					told++
				case "left":
					t.Fatalf("%v after %d reactions", m, i)
				}
			}
		}
		if told < 50 || told > protocol.MaxUnacked/4 {
			t.Errorf("bob was told of %d", told)
		}
	})
}
