package signaling

import (
	"context"
	"strings"
	"testing"
	"time"

	"switchyard/access"
	"switchyard/sfu"
	"switchyard/signaling/protocol"
)

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
		waiting(Waiting{Message: "The host has been told.", Reason: "lobby", Position: 2})
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
		door.decide <- &Refusal{Code: "waiting_refused", Reason: "The host said no.", Retry: 3 * time.Second}
		if m := eve.reply(join); m.text("code") != "refused" || m.text("message") != "The host said no." || m.text("reason") != "waiting_refused" || m.at("retryMs") != 3000.0 {
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
		if m := late.call("join", nil); m.text("code") != "refused" || m.text("reason") != "locked" || !strings.Contains(m.text("message"), "locked") {
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
