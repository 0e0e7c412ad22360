package controlapi

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// openOutlet answers a stream's request. gone is called when the client goes.
func (a *API) openOutlet(w http.ResponseWriter, r *http.Request, gone context.CancelFunc) (outlet, error) {
	if strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		// A page of another site must not use the cookie: the library refuses foreign origins.
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			gone()
			return closedOutlet{}, nil // it has answered
		}
		conn.SetReadLimit(1 << 10)
		ctx := conn.CloseRead(r.Context())
		context.AfterFunc(ctx, gone)
		return &socketOutlet{conn}, nil
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	return &lineOutlet{control: http.NewResponseController(w), w: bufio.NewWriterSize(w, 32<<10)}, nil
}

// lineOutlet is server-sent events (WHATWG HTML section 9.2).
type lineOutlet struct {
	control *http.ResponseController
	w       *bufio.Writer
}

func (o *lineOutlet) event(_ context.Context, e Event) error {
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(o.w, "id: %d\nevent: %s\ndata: %s\n\n", e.Seq, e.Type, text)
	return err
}

func (o *lineOutlet) live(_ context.Context, kind string, body json.RawMessage) error {
	_, err := fmt.Fprintf(o.w, "event: %s\ndata: %s\n\n", kind, body)
	return err
}

func (o *lineOutlet) heartbeat(_ context.Context, seq int64) error {
	_, err := fmt.Fprintf(o.w, "id: %d\nevent: heartbeat\ndata: {\"seq\":%d}\n\n", seq, seq)
	return err
}

func (o *lineOutlet) flush() error {
	// A connection without deadlines is a test's.
	_ = o.control.SetWriteDeadline(time.Now().Add(streamWrite))
	if err := o.w.Flush(); err != nil {
		return err
	}
	err := o.control.Flush()
	// The connection may serve other requests later.
	_ = o.control.SetWriteDeadline(time.Time{})
	return err
}

func (o *lineOutlet) end(p *Problem) {
	if p == nil {
		return
	}
	if text, err := json.Marshal(p); err == nil {
		fmt.Fprintf(o.w, "event: end\ndata: %s\n\n", text)
		_ = o.flush() // it ends either way
	}
}

// socketOutlet is a WebSocket.
type socketOutlet struct{ conn *websocket.Conn }

func (o *socketOutlet) write(ctx context.Context, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, streamWrite)
	defer cancel()
	return o.conn.Write(ctx, websocket.MessageText, text)
}

func (o *socketOutlet) event(ctx context.Context, e Event) error { return o.write(ctx, e) }

func (o *socketOutlet) live(ctx context.Context, kind string, body json.RawMessage) error {
	return o.write(ctx, struct {
		Type string          `json:"type"`
		Data json.RawMessage `json:"data"`
	}{kind, body})
}

func (o *socketOutlet) heartbeat(ctx context.Context, seq int64) error {
	return o.write(ctx, struct {
		Type string `json:"type"`
		Seq  int64  `json:"seq"`
	}{"heartbeat", seq})
}

func (o *socketOutlet) flush() error { return nil }

func (o *socketOutlet) end(p *Problem) {
	reason := ""
	if p != nil {
		reason = p.Code
	}
	_ = o.conn.Close(websocket.StatusPolicyViolation, reason) // it ends either way
}

// closedOutlet is that of a handshake that failed.
type closedOutlet struct{}

func (closedOutlet) event(context.Context, Event) error { return http.ErrHandlerTimeout }
func (closedOutlet) live(context.Context, string, json.RawMessage) error {
	return http.ErrHandlerTimeout
}
func (closedOutlet) heartbeat(context.Context, int64) error { return http.ErrHandlerTimeout }
func (closedOutlet) flush() error                           { return http.ErrHandlerTimeout }
func (closedOutlet) end(*Problem)                           {}
