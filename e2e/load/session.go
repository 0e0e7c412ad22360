package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// session is a WebSocket session: what a browser has beside its peer.
type session struct {
	ws      *websocket.Conn
	handled atomic.Uint64 // highest seq
	id      uint64        // of the last request
	ended   chan struct{} // closed when live has returned
}

// request is what the driver says; fields that a request does not have are absent.
type request struct {
	Type   string   `json:"type"`
	ID     uint64   `json:"id"`
	Ack    uint64   `json:"ack,omitempty"`
	Token  string   `json:"token,omitempty"`
	Caps   []string `json:"caps,omitempty"`
	Client string   `json:"client,omitempty"`
	SDP    string   `json:"sdp,omitempty"`
}

// reply is what the driver reads of any message.
type reply struct {
	Type    string `json:"type"`
	Re      uint64 `json:"re"`
	Seq     uint64 `json:"seq"`
	SDP     string `json:"sdp"`
	Code    string `json:"code"`
	Message string `json:"message"`
	PingMs  int64  `json:"pingMs"`
}

// joinRoom takes a client into a room over a WebSocket: hello, join and offer in
// one breath. The session lives until ctx ends.
func (s *server) joinRoom(ctx context.Context, c *client, room, identity string) (*session, error) {
	offer, err := c.offer(ctx)
	if err != nil {
		return nil, err
	}
	token, err := s.token(room, identity)
	if err != nil {
		return nil, fmt.Errorf("sign a token: %w", err)
	}
	dialing, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	ws, _, err := websocket.Dial(dialing, strings.Replace(s.base, "http", "ws", 1)+"/rtc", &websocket.DialOptions{
		HTTPClient: s.http, Subprotocols: []string{"switchyard.v1"}, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return nil, fmt.Errorf("open a WebSocket: %w", err)
	}
	ws.SetReadLimit(1 << 20)
	n := &session{ws: ws, ended: make(chan struct{})}
	fail := func(err error) (*session, error) {
		ws.CloseNow()
		return nil, err
	}
	for _, r := range []request{{Type: "hello", Token: token, Client: "load"}, {Type: "join"}, {Type: "offer", SDP: offer}} {
		if err := n.say(dialing, r); err != nil {
			return fail(err)
		}
	}
	every := 5 * time.Second
	for {
		m, err := n.read(dialing)
		switch {
		case err != nil:
			return fail(err)
		case m.Type == "error":
			return fail(fmt.Errorf("a session was refused: %s: %s", m.Code, m.Message))
		case m.Type == "welcome" && m.PingMs > 0:
			every = time.Duration(m.PingMs) * time.Millisecond
		case m.Type == "answer":
			go n.live(ctx, every)
			return n, c.answered(ctx, m.SDP)
		}
	}
}

func (n *session) say(ctx context.Context, r request) error {
	n.id++
	r.ID, r.Ack = n.id, n.handled.Load()
	text, err := json.Marshal(r)
	if err == nil {
		err = n.ws.Write(ctx, websocket.MessageText, text)
	}
	if err != nil {
		return fmt.Errorf("say %s: %w", r.Type, err)
	}
	return nil
}

func (n *session) read(ctx context.Context) (m reply, err error) {
	_, text, err := n.ws.Read(ctx)
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		return m, fmt.Errorf("read from a session: %w", err)
	}
	n.handled.Store(max(n.handled.Load(), m.Seq))
	return m, nil
}

// live reads what comes and pings, until the socket or ctx ends.
func (n *session) live(ctx context.Context, every time.Duration) {
	ctx, cancel := context.WithCancel(ctx)
	defer close(n.ended)
	defer n.ws.CloseNow()
	defer cancel()
	go func() {
		defer cancel()
		for {
			if _, err := n.read(ctx); err != nil {
				return
			}
		}
	}()
	ping := time.NewTicker(every)
	defer ping.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ping.C:
			if n.say(ctx, request{Type: "ping"}) != nil {
				return
			}
		}
	}
}
