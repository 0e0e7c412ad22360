package signaling

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

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
