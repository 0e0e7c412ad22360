package signaling

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"switchyard/access"
	"switchyard/sfu"
	"switchyard/signaling/protocol"
)

func TestTwoMeet(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		ann := h.dial()
		defer ann.hangUp()
		welcome := ann.hello(h.token("team", "ann"))
		if welcome.text("session") == "" || welcome.at("maxSlots") != 64.0 || welcome.at("pingMs") != 5000.0 {
			t.Errorf("%v", welcome)
		}
		joined := ann.must("join", said{"room": "team", "name": "Ann", "metadata": "m"})
		if joined.text("participant", "identity") != "ann" || joined.text("participant", "name") != "Ann" ||
			joined.text("participant", "state") != "joined" || joined.text("participant", "kind") != "browser" ||
			joined.text("room", "id") != "team" || joined.at("resumed") != false || joined.text("room", "state", "recording", "state") != "off" {
			t.Errorf("%v", joined)
		}
		bob := h.join("team", "bob")
		defer bob.hangUp()
		if came := ann.event("participants"); came.text("joined", 0, "identity") != "bob" {
			t.Errorf("%v", came)
		}
		if sent := bob.must("send", said{"to": []string{}, "text": "hello"}); sent.at("number") != 1.0 {
			t.Errorf("%v", sent)
		}
		for _, c := range []*client{ann, bob} {
			if m := c.event("message"); m.text("text") != "hello" || m.text("topic") != "chat" || m.text("name") != "bob" {
				t.Errorf("%v", m)
			}
		}
		bob.must("leave", nil)
		if left := bob.event("left"); left.text("reason") != "left" {
			t.Errorf("%v", left)
		}
		if code := bob.closed(); code != protocol.CloseNormal {
			t.Errorf("closed with %d", code)
		}
		if gone := ann.event("participants"); gone.text("left", 0, "reason") != "left" {
			t.Errorf("%v", gone)
		}
	})
}

func TestHelloJoinAndOfferInOneBreath(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		ann := h.dial()
		defer ann.hangUp()
		ann.post("hello", said{"token": h.token("team", "ann"), "caps": []string{"slots"}})
		ann.post("join", nil)
		ann.post("offer", said{"sdp": lines("audio sendonly", "video recvonly"), "tracks": []said{{"mid": "0", "track": "mic", "source": "microphone"}}})
		for i, want := range []string{"welcome", "joined", "answer"} {
			if m := ann.reply(uint64(i + 1)); m.kind() != want {
				t.Errorf("%v, want %s", m, want)
			}
		}
	})
}

func TestTokenInHeader(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		c := h.stranger()
		c.connect(http.Header{"Authorization": {"Bearer " + h.token("team", "ann")}})
		defer c.hangUp()
		c.must("hello", said{"caps": []string{}})
		c.must("join", nil)
	})
}

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

func TestHelloComesTooLate(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		c := h.dial()
		start := time.Now()
		code := c.closed()
		if took := time.Since(start); took < protocol.HelloTimeout || took > protocol.HelloTimeout+time.Second {
			t.Errorf("after %v", took)
		}
		if len(c.skips) != 1 || c.skips[0].text("code") != "unauthorized" || code != 4401 {
			t.Errorf("%v, closed with %d", c.skips, code)
		}
	})
}

func TestSilentSocketEnds(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		c := h.join("team", "ann")
		start := time.Now()
		code := c.closed()
		if took := time.Since(start); took < protocol.IdleTimeout || took > protocol.IdleTimeout+time.Second || code != protocol.CloseGoingAway {
			t.Errorf("after %v with %d", took, code)
		}
	})
}

func TestClientThatAcknowledgesNothing(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		bob := h.join("team", "bob")
		defer bob.hangUp()
		ann := h.join("team", "ann")
		defer ann.hangUp()
		code := 0
		for i := range 2 * protocol.MaxUnacked {
			if i%100 == 0 {
				bob.must("ping", nil) // acknowledges
				time.Sleep(time.Second)
			}
			ann.seq = 0
			ann.conn.Write(t.Context(), 1, []byte(`{"type":"ping","id":`+itoa(10+i)+`}`))
			settle()
			if m, ok := drainLines(ann); ok && m.kind() == "left" {
				if m.text("reason") != "slow" {
					t.Errorf("%v", m)
				}
				code = ann.closed()
				break
			}
		}
		if code != protocol.CloseSlow {
			t.Errorf("closed with %d", code)
		}
		settle()
		if h.rooms.Room("team").ByIdentity("ann") != nil {
			t.Error("ann is still in the room")
		}
		bob.alive()
	})
}

// drainLines returns the newest message.
func drainLines(c *client) (m said, ok bool) {
	for {
		select {
		case next, open := <-c.lines:
			if !open {
				return m, ok
			}
			m, ok = next, true
		default:
			return m, ok
		}
	}
}

func TestClientThatStopsReading(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		bob := h.join("team", "bob")
		defer bob.hangUp()
		ann := h.join("team", "ann")
		bob.event("participants")
		ann.stopReading()
		bob.must("send", said{"to": []string{}, "text": strings.Repeat("x", 10000)})
		bob.idle(9 * time.Second)
		bob.none("participants") // nobody notices so far
		bob.idle(10 * time.Second)
		reconnecting := false
		for _, m := range bob.skips {
			reconnecting = reconnecting || m.text("updated", 0, "state") == "reconnecting"
		}
		if !reconnecting {
			t.Error("the socket of a client that does not read was not cut")
		}
		bob.alive()
	})
}

// lobby is an Admitter that lets tests decide.
type lobby struct {
	arrive chan func(Waiting)
	decide chan error
}

func (l *lobby) Admit(ctx context.Context, claims access.Claims, want Want, waiting func(Waiting)) (sfu.Join, error) {
	select {
	case l.arrive <- waiting:
	case <-ctx.Done():
		return sfu.Join{}, ctx.Err()
	}
	select {
	case err := <-l.decide:
		if err != nil {
			return sfu.Join{}, err
		}
	case <-ctx.Done():
		return sfu.Join{}, ctx.Err()
	}
	return TokenOnly{}.Admit(ctx, claims, want, waiting)
}

func TestWaiting(t *testing.T) {
	inHouse(t, func(_ *Config, d *Deps) {
		d.Admitter = &lobby{arrive: make(chan func(Waiting)), decide: make(chan error)}
	}, func(t *testing.T, h *house) {
		door := h.server.deps.Admitter.(*lobby)
		ann := h.dial()
		defer ann.hangUp()
		ann.hello(h.token("team", "ann"))
		join := ann.post("join", said{"name": "Ann"})
		offer := ann.post("offer", said{"sdp": lines("video recvonly"), "tracks": []said{}})
		waiting := <-door.arrive
		waiting(Waiting{Message: "The host has been told.", Position: 2})
		if m := ann.event("waiting"); m.at("position") != 2.0 || m.text("message") == "" {
			t.Errorf("%v", m)
		}
		ann.idle(2 * time.Minute)
		if m := ann.call("join", nil); m.text("code") != "out_of_order" {
			t.Errorf("%v", m)
		}
		door.decide <- nil
		if m := ann.reply(join); m.kind() != "joined" {
			t.Errorf("%v", m)
		}
		if m := ann.reply(offer); m.kind() != "answer" {
			t.Errorf("%v", m)
		}

		eve := h.dial()
		eve.hello(h.token("team", "eve"))
		join = eve.post("join", nil)
		<-door.arrive
		door.decide <- &Refusal{Reason: "The host said no.", Retry: 3 * time.Second}
		if m := eve.reply(join); m.text("code") != "refused" || m.text("message") != "The host said no." || m.at("retryMs") != 3000.0 {
			t.Errorf("%v", m)
		}
		if code := eve.closed(); code != 4429 {
			t.Errorf("closed with %d", code)
		}

		carl := h.dial()
		carl.hello(h.token("team", "carl"))
		carl.post("join", nil)
		<-door.arrive
		carl.must("leave", nil)
		if code := carl.closed(); code != protocol.CloseNormal {
			t.Errorf("closed with %d", code)
		}
		ann.alive()
	})
}

func TestLockedRoom(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		host := h.join("team", "host", "moderate", "publish")
		defer host.hangUp()
		host.must("setState", said{"locked": true, "metadata": "agenda"})
		if m := host.event("state"); m.at("state", "locked") != true || m.text("state", "metadata") != "agenda" || m.at("state", "version") != 1.0 {
			t.Errorf("%v", m)
		}
		late := h.dial()
		late.hello(h.token("team", "late"))
		if m := late.call("join", nil); m.text("code") != "refused" || !strings.Contains(m.text("message"), "locked") {
			t.Errorf("%v", m)
		}
		if code := late.closed(); code != 4429 {
			t.Errorf("closed with %d", code)
		}
		again := h.join("team", "host", "moderate", "publish") // who is in stays in
		defer again.hangUp()
		again.alive()
	})
}

func TestDrainAndClose(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		ann, bob := h.join("team", "ann"), h.join("team", "bob")
		token := h.token("team", "ann")
		drained := make(chan error, 1)
		go func() { drained <- h.server.Drain(t.Context(), time.Minute) }()
		if m := ann.event("goaway"); m.text("reason") != "shutdown" || m.at("deadlineMs") != 60000.0 || m.at("retryMs") != 2000.0 {
			t.Errorf("%v", m)
		}
		late := h.dial()
		if m := late.call("hello", said{"token": token, "caps": []string{}}); m.text("code") != "refused" || m.at("retryMs") != 2000.0 {
			t.Errorf("%v", m)
		}
		if code := late.closed(); code != 4429 {
			t.Errorf("closed with %d", code)
		}
		bob.must("leave", nil)
		bob.closed()
		ann.idle(10 * time.Second)
		select {
		case err := <-drained:
			t.Fatalf("drained while ann is there: %v", err)
		default:
		}
		h.server.Close()
		if m := ann.event("left"); m.text("reason") != "shutdown" {
			t.Errorf("%v", m)
		}
		if code := ann.closed(); code != protocol.CloseGoingAway {
			t.Errorf("closed with %d", code)
		}
		if err := <-drained; err != nil {
			t.Error(err)
		}
	})
}

func TestDrainDeadline(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		ann := h.join("team", "ann")
		defer ann.hangUp()
		start := time.Now()
		if err := h.server.Drain(t.Context(), 15*time.Second); err != nil || time.Since(start) != 15*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := h.server.Drain(ctx, time.Second); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func TestFaultEndsOneSession(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		bob := h.join("team", "bob")
		defer bob.hangUp()
		ann := h.join("team", "ann")
		ann.post("offer", said{"sdp": "panic", "tracks": []said{}})
		if code := ann.closed(); code != 1011 {
			t.Errorf("closed with %d", code)
		}
		if last := ann.skips[len(ann.skips)-1]; last.text("code") != "internal" {
			t.Errorf("%v", last)
		}
		if n := strings.Count(h.logged.String(), "recovered from a fault"); n != 1 {
			t.Errorf("logged %d times", n)
		}
		bob.alive()
	})
}
