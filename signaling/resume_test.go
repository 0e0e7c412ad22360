package signaling

import (
	"testing"
	"time"

	"switchyard/signaling/protocol"
)

func TestSecondSessionReplacesTheFirst(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		watcher := h.join("team", "bob")
		defer watcher.hangUp()
		first := h.join("team", "ann")
		defer first.hangUp()
		answer := first.must("offer", said{"sdp": lines("audio sendonly"), "tracks": []said{{"mid": "0", "track": "mic", "source": "microphone"}}})
		old := h.peers.last()
		second := h.dial()
		defer second.hangUp()
		second.hello(h.token("team", "ann"))
		joined := second.must("join", said{"name": "Ann again"})
		if joined.at("resumed") != true || joined.text("participant", "publications", 0, "id") != answer.text("publications", 0, "publication") {
			t.Errorf("%v", joined)
		}
		if left := first.event("left"); left.text("reason") != "replaced" {
			t.Errorf("%v", left)
		}
		if code := first.closed(); code != protocol.CloseReplaced {
			t.Errorf("closed with %d", code)
		}
		settle()
		select {
		case <-old.Done():
		default:
			t.Error("the first session's peer is open")
		}
		time.Sleep(5 * time.Second)
		watcher.none("left")
		for _, m := range watcher.skips {
			if m.at("left", 0) != nil || m.text("updated", 0, "state") == "reconnecting" {
				t.Errorf("others saw the change: %v", m)
			}
		}
		second.alive()
	})
}

func TestResume(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		bob := h.join("team", "bob")
		defer bob.hangUp()
		ann := h.dial()
		token := h.token("team", "ann")
		session := ann.hello(token).text("session")
		ann.must("join", nil)
		ann.none("left")
		ann.cut()
		settle()
		bob.must("send", said{"to": []string{}, "text": "one"})
		bob.must("send", said{"to": []string{}, "text": "two"})
		bob.idle(5 * time.Second)
		seen := false
		for _, m := range bob.skips {
			seen = seen || m.text("updated", 0, "state") == "reconnecting"
		}
		if !seen {
			t.Error("bob was not told that ann is reconnecting")
		}
		ann.connect(nil)
		defer ann.hangUp()
		ann.postAs(99, "resume", said{"session": session, "token": token, "seq": ann.seq})
		resumed := ann.next()
		if resumed.kind() != "resumed" || resumed.seq() != 0 || resumed.re() != 99 || resumed.at("lastId") != float64(ann.id) {
			t.Fatalf("%v", resumed)
		}
		if m := ann.event("message"); m.text("text") != "one" {
			t.Errorf("%v", m)
		}
		if m := ann.event("message"); m.text("text") != "two" {
			t.Errorf("%v", m)
		}
		ann.alive()
		bob.event("participants")
		bob.none("left")
	})
}

// TestResumeReplies: the reply to a request that the server had seen comes
// after the resume, unchanged.
func TestResumeRepeatsReplies(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		ann := h.dial()
		token := h.token("team", "ann")
		session := ann.hello(token).text("session")
		ann.must("join", nil)
		seq := ann.seq
		id := ann.post("send", said{"to": []string{}, "text": "x"})
		first := ann.reply(id)
		ann.seq = seq // the client did not get so far
		ann.cut()
		ann.skips = nil
		ann.connect(nil)
		defer ann.hangUp()
		ann.postAs(1, "resume", said{"session": session, "token": token, "seq": seq})
		if again := ann.reply(id); again.text("message") != first.text("message") || again.seq() != first.seq() {
			t.Errorf("%v, then %v", first, again)
		}
	})
}

func TestResumeTakesOverALivingSocket(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		ann := h.dial()
		token := h.token("team", "ann")
		session := ann.hello(token).text("session")
		ann.must("join", nil)
		settle()
		other := h.stranger()
		other.id, other.seq = ann.id, ann.seq
		other.connect(nil)
		defer other.hangUp()
		other.postAs(1, "resume", said{"session": session, "token": token, "seq": ann.seq})
		if m := other.next(); m.kind() != "resumed" {
			t.Fatalf("%v", m)
		}
		if code := ann.closed(); code != protocol.CloseReplaced {
			t.Errorf("the old socket was closed with %d", code)
		}
		other.alive()
	})
}

func TestResumeFails(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		ann := h.dial()
		defer ann.hangUp()
		session := ann.hello(h.token("team", "ann")).text("session")
		ann.must("join", nil)
		for name, fields := range map[string]said{
			"unknown session":  {"session": "x", "token": h.token("team", "ann"), "seq": 0},
			"another identity": {"session": session, "token": h.token("team", "eve"), "seq": 2},
			"another room":     {"session": session, "token": h.token("other", "ann"), "seq": 2},
			"not yet said":     {"session": session, "token": h.token("team", "ann"), "seq": 1000},
			"forgotten":        {"session": session, "token": h.token("team", "ann"), "seq": 0},
		} {
			if name == "forgotten" {
				ann.must("ping", nil) // acknowledges
			}
			c := h.dial()
			m := c.call("resume", fields)
			if m.text("code") != "resume_failed" || m.text("field") != "session" {
				t.Errorf("%s: %v", name, m)
			}
			c.hello(h.token("team", "carl")) // on the same socket
			c.cut()
		}
		ann.alive()
	})
}

func TestParticipantIsGivenUp(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		bob := h.join("team", "bob")
		defer bob.hangUp()
		ann := h.join("team", "ann")
		settle()
		ann.cut()
		start := time.Now()
		bob.idle(31 * time.Second)
		for _, m := range append(bob.skips, bob.event("participants")) {
			if m.text("left", 0, "reason") == "timeout" {
				if took := time.Since(start); took > 35*time.Second {
					t.Errorf("after %v", took)
				}
				return
			}
		}
		t.Error("ann is still there")
	})
}
