package signaling

import (
	"strings"
	"testing"
	"time"

	"switchyard/signaling/protocol"
)

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
