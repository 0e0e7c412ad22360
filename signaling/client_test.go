package signaling

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"switchyard/signaling/protocol"
)

// said is a message of the server.
type said map[string]any

func (m said) kind() string { s, _ := m["type"].(string); return s }
func (m said) seq() uint64  { n, _ := m["seq"].(float64); return uint64(n) }
func (m said) re() uint64   { n, _ := m["re"].(float64); return uint64(n) }
func (m said) at(path ...any) any {
	var v any = map[string]any(m)
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, _ := v.(map[string]any)
			v = object[step]
		case int:
			list, _ := v.([]any)
			if step >= len(list) {
				return nil
			}
			v = list[step]
		}
	}
	return v
}
func (m said) text(path ...any) string { s, _ := m.at(path...).(string); return s }

// client speaks the protocol over one socket at a time.
type client struct {
	t     *testing.T
	dial  func(context.Context) (net.Conn, error)
	conn  *websocket.Conn
	raw   *ear
	lines chan said // closed when the socket has ended
	over  error     // why; valid once lines is closed

	id    uint64
	seq   uint64 // highest handled
	skips []said // messages that were passed over by reply and event
}

// dial opens a socket. Its reader runs until the socket ends.
func (h *house) dial() *client {
	c := h.stranger()
	c.connect(nil)
	return c
}

// stranger is a client without a socket.
func (h *house) stranger() *client { return &client{t: h.t, dial: h.line.dial} }

func (c *client) connect(header http.Header) {
	c.t.Helper()
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (conn net.Conn, err error) {
			if conn, err = c.dial(ctx); err != nil {
				return nil, err
			}
			c.raw = &ear{Conn: conn, closed: make(chan struct{})}
			return c.raw, nil
		},
	}
	conn, _, err := websocket.Dial(c.t.Context(), "ws://switchyard.test/rtc", &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport}, Subprotocols: []string{protocol.Subprotocol}, HTTPHeader: header,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	conn.SetReadLimit(-1)
	c.conn, c.lines, c.over = conn, make(chan said, 10000), nil
	go c.listen(conn, c.lines)
}

func (c *client) listen(conn *websocket.Conn, lines chan said) {
	defer close(lines)
	defer conn.CloseNow()
	for {
		_, data, err := conn.Read(c.t.Context())
		if err != nil {
			c.over = err
			return
		}
		var m said
		if err := json.Unmarshal(data, &m); err != nil {
			c.over = err
			return
		}
		lines <- m
	}
}

// cut ends the socket without a word.
func (c *client) cut() {
	c.raw.Close()
	for range c.lines {
		continue
	}
}

// hangUp ends the socket, if the test has not.
func (c *client) hangUp() { c.conn.CloseNow() }

// post sends a request without waiting for its reply.
func (c *client) post(kind string, fields said) uint64 {
	c.t.Helper()
	c.id++
	c.postAs(c.id, kind, fields)
	return c.id
}

func (c *client) postAs(id uint64, kind string, fields said) {
	c.t.Helper()
	m := said{"type": kind, "id": id, "ack": c.seq}
	for k, v := range fields {
		m[k] = v
	}
	data, err := json.Marshal(m)
	if err != nil {
		c.t.Fatal(err)
	}
	c.write(websocket.MessageText, data)
}

func (c *client) write(kind websocket.MessageType, data []byte) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), time.Second)
	defer cancel()
	if err := c.conn.Write(ctx, kind, data); err != nil {
		c.t.Logf("write: %v", err)
	}
}

// next is the next message; nil once the socket has ended or if a second passes
// without one.
func (c *client) next() said {
	c.t.Helper()
	select {
	case m, ok := <-c.lines:
		if !ok {
			return nil
		}
		if seq := m.seq(); seq != 0 {
			if seq != c.seq+1 {
				c.t.Errorf("seq %d follows %d: %v", seq, c.seq, m)
			}
			c.seq = seq
		}
		return m
	case <-time.After(time.Second):
		return nil
	}
}

// reply is the reply to a request.
func (c *client) reply(id uint64) said {
	c.t.Helper()
	for {
		m := c.next()
		if m == nil {
			c.t.Fatalf("no reply to request %d (socket: %v)", id, c.over)
		}
		if m.re() == id {
			return m
		}
		c.skips = append(c.skips, m)
	}
}

// call sends a request and returns its reply.
func (c *client) call(kind string, fields said) said {
	c.t.Helper()
	return c.reply(c.post(kind, fields))
}

// must is call for a request whose reply is not an error.
func (c *client) must(kind string, fields said) said {
	c.t.Helper()
	m := c.call(kind, fields)
	if m.kind() == "error" {
		c.t.Fatalf("%s: %v", kind, m)
	}
	return m
}

// event is the next event of a type, passed over or to come.
func (c *client) event(kind string) said {
	c.t.Helper()
	for i, m := range c.skips {
		if m.kind() == kind && m.re() == 0 {
			c.skips = append(c.skips[:i:i], c.skips[i+1:]...)
			return m
		}
	}
	for {
		m := c.next()
		if m == nil {
			c.t.Fatalf("no event %s (socket: %v)", kind, c.over)
		}
		if m.kind() == kind && m.re() == 0 {
			return m
		}
		c.skips = append(c.skips, m)
	}
}

// none fails if an event of a type is there.
func (c *client) none(kind string) {
	c.t.Helper()
	synctest.Wait()
	for {
		select {
		case m, ok := <-c.lines:
			if ok {
				c.seq = max(c.seq, m.seq())
				c.skips = append(c.skips, m)
				continue
			}
		default:
		}
		break
	}
	for _, m := range c.skips {
		if m.kind() == kind {
			c.t.Errorf("unexpected %v", m)
		}
	}
}

// roster is everybody else by identity, as the events so far tell.
func (c *client) roster() map[string]said {
	c.t.Helper()
	time.Sleep(2 * rosterInterval)
	c.none("left")
	there := map[string]said{}
	for _, m := range c.skips {
		if m.kind() != "participants" {
			continue
		}
		for _, list := range []string{"joined", "updated"} {
			changed, _ := m.at(list).([]any)
			for _, p := range changed {
				one := said(p.(map[string]any))
				there[one.text("identity")] = one
			}
		}
		left, _ := m.at("left").([]any)
		for _, gone := range left {
			for identity, one := range there {
				if one.text("id") == said(gone.(map[string]any)).text("id") {
					delete(there, identity)
				}
			}
		}
	}
	return there
}

// closed waits until the socket has ended and returns the close code, -1 if
// there was none.
func (c *client) closed() int {
	c.t.Helper()
	limit := time.After(30 * time.Second)
	for {
		select {
		case m, ok := <-c.lines:
			if !ok {
				var ce websocket.CloseError
				if errors.As(c.over, &ce) {
					return int(ce.Code)
				}
				return -1
			}
			c.seq = max(c.seq, m.seq())
			c.skips = append(c.skips, m)
		case <-limit:
			c.t.Fatal("the socket is still open")
		}
	}
}

// idle lets time pass as a client that is there does.
func (c *client) idle(d time.Duration) {
	c.t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); {
		time.Sleep(min(protocol.PingInterval, time.Until(end)))
		c.must("ping", nil)
	}
}

// join says hello and joins.
func (h *house) join(room, identity string, grants ...string) *client {
	h.t.Helper()
	c := h.dial()
	c.hello(h.token(room, identity, grants...))
	c.must("join", said{"name": identity})
	return c
}

func (c *client) hello(token string) said {
	c.t.Helper()
	return c.must("hello", said{"token": token, "caps": []string{}})
}

// alive checks that the client's session goes on.
func (c *client) alive() {
	c.t.Helper()
	if m := c.call("ping", nil); m.kind() != "pong" {
		c.t.Errorf("ping: %v", m)
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

// stopReading makes the client take nothing more from its connection, which
// stays open.
func (c *client) stopReading() { c.raw.deaf.Store(true) }

// ear is a connection that can go deaf.
type ear struct {
	net.Conn
	deaf   atomic.Bool
	once   sync.Once
	closed chan struct{}
}

func (e *ear) Read(p []byte) (int, error) {
	if e.deaf.Load() {
		<-e.closed
		return 0, net.ErrClosed
	}
	return e.Conn.Read(p)
}

func (e *ear) Close() error {
	e.once.Do(func() { close(e.closed) })
	return e.Conn.Close()
}
