package signaling

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"switchyard/signaling/protocol"
)

// socket is one WebSocket, on which at most one session is held.
type socket struct {
	server  *Server
	conn    *websocket.Conn
	bearer  string // token of the Authorization header
	rate    rateLimit
	pending chan struct{} // holds one token when the writer has something to do
	preface []byte        // sent before anything of the session
	entered atomic.Bool   // it has a session, which is what ends it
}

// poke wakes the writer; it never blocks.
func (k *socket) poke() {
	select {
	case k.pending <- struct{}{}:
	default:
	}
}

// serveRTC is GET /rtc: it upgrades, and returns when the socket has ended.
func (srv *Server) serveRTC(w http.ResponseWriter, r *http.Request) {
	if !offersSubprotocol(r) {
		problem(w, http.StatusBadRequest, "the subprotocol "+protocol.Subprotocol+" is not offered in Sec-WebSocket-Protocol")
		return
	}
	if !srv.begin() {
		unavailable(w, errDraining.Error(), retryAfterShutdown)
		return
	}
	defer srv.running.Done()
	if srv.crowded() {
		unavailable(w, "the server has as many connections as it may", retryWhenFull)
		return
	}
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols: []string{protocol.Subprotocol}, OriginPatterns: srv.cfg.Origins,
	})
	if err != nil {
		srv.log.Debug("upgrade refused", "error", err)
		return
	}
	defer conn.CloseNow()
	conn.SetReadLimit(-1) // frame() has its own, which can say what is wrong
	k := &socket{server: srv, conn: conn, bearer: bearer(r), rate: newRateLimit(time.Now()), pending: make(chan struct{}, 1)}
	if !srv.track(k) {
		conn.Close(protocol.CloseGoingAway, errDraining.Error())
		return
	}
	defer srv.untrack(k)
	defer srv.recovered("socket", nil)

	ctx := r.Context()
	s := k.open(ctx)
	if s == nil {
		return
	}
	var writing sync.WaitGroup
	writing.Go(func() {
		defer srv.recovered("writer", s)
		k.write(ctx, s)
	})
	defer writing.Wait()
	defer s.lost(k)
	defer srv.recovered("reader", s)
	k.read(ctx, s)
}

func offersSubprotocol(r *http.Request) bool {
	for _, line := range r.Header.Values("Sec-WebSocket-Protocol") {
		for name := range strings.SplitSeq(line, ",") {
			if strings.TrimSpace(name) == protocol.Subprotocol {
				return true
			}
		}
	}
	return false
}

// track lets Close find a socket that has no session; false after Close.
func (srv *Server) track(k *socket) bool {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	if !srv.closed {
		srv.sockets[k] = struct{}{}
	}
	return !srv.closed
}

// crowded reports whether there are more sockets than sessions can have, since
// many have no session yet.
func (srv *Server) crowded() bool {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	return len(srv.sockets) >= 2*srv.cfg.MaxSessions
}

func (srv *Server) untrack(k *socket) {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	delete(srv.sockets, k)
}

// read hands the socket's requests to the session until the socket ends.
func (k *socket) read(ctx context.Context, s *session) {
	silent := newWatchdog(protocol.IdleTimeout, func() {
		s.lost(k)
		k.conn.Close(protocol.CloseGoingAway, fmt.Sprintf("nothing came for %v", protocol.IdleTimeout))
	})
	defer silent.stop()
	for {
		var wrong *protocol.Error
		h, request, err := k.next(ctx)
		if err != nil {
			told := k.explain(err)
			if told == nil {
				return
			}
			if told.Code.Ends() {
				if s.holds(k) {
					s.fail(told, h.ID)
				}
				k.drain(ctx)
				return
			}
			wrong = told
		}
		silent.feed(protocol.IdleTimeout)
		k.count(request)
		k.take(s, h, request, wrong)
		select {
		case <-s.done:
			k.drain(ctx)
			return
		default:
		}
	}
}

// take hands one request to the session, or says what is wrong with it. wrong
// is what was found already.
func (k *socket) take(s *session, h protocol.Header, request protocol.Request, wrong *protocol.Error) {
	ok, told := s.accept(k, h)
	if told != nil {
		s.fail(told, h.ID)
	}
	if !ok {
		return
	}
	if allowed, goesOn := k.rate.take(time.Now()); !allowed {
		told := tooFast()
		if goesOn {
			s.end(failing(told, h.ID))
		} else {
			s.send(told, h.ID)
		}
		return
	}
	switch {
	case wrong != nil:
		s.send(wrong, h.ID)
		return
	case request == nil:
		s.send(unsupported(h), h.ID)
		return
	}
	select {
	case s.inbox <- envelope{h.ID, request}:
	case <-s.done:
	}
}

func tooFast() *protocol.Error {
	return &protocol.Error{Code: protocol.RateLimited, Message: fmt.Sprintf("more than %d requests a second", protocol.MaxRate), RetryMs: 1000}
}

func unsupported(h protocol.Header) *protocol.Error {
	return protocol.Fieldf(protocol.Unsupported, "type", "%.64q is not a request of this protocol", h.Type)
}

// drain reads and forgets until the writer has closed the socket.
func (k *socket) drain(ctx context.Context) {
	for {
		if _, err := k.frame(ctx); err != nil && !errors.Is(err, errFrame) {
			return
		}
	}
}

var (
	errFrame = errors.New("a frame that can't be read")
	errBig   = fmt.Errorf("%w: more than %d bytes", errFrame, protocol.MaxFrame)
	errKind  = fmt.Errorf("%w: it is not text", errFrame)
)

// frame reads one text frame.
func (k *socket) frame(ctx context.Context) ([]byte, error) {
	kind, r, err := k.conn.Reader(ctx)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(r, protocol.MaxFrame+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) > protocol.MaxFrame:
		if _, err := io.Copy(io.Discard, io.LimitReader(r, maxDiscard)); err != nil {
			return nil, err
		}
		return nil, errBig
	case kind != websocket.MessageText:
		return nil, errKind
	}
	return data, nil
}

// maxDiscard is how much of a message that is too big is read, so that the
// client gets to read why.
const maxDiscard = 4 << 20

// next reads one request. The request is nil, without an error, for a type that
// is not known.
func (k *socket) next(ctx context.Context) (protocol.Header, protocol.Request, error) {
	data, err := k.frame(ctx)
	if err != nil {
		return protocol.Header{}, nil, err
	}
	h, request, told := protocol.Decode(data)
	if told != nil && told.Code != protocol.Unsupported {
		return h, nil, told
	}
	return h, request, nil
}

// explain says what the client is told of an error of next; nil if the socket
// has ended or there is no error.
func (k *socket) explain(err error) *protocol.Error {
	var told *protocol.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &told):
		return told
	case errors.Is(err, errBig):
		return protocol.Errorf(protocol.TooBig, "a message of more than %d bytes", protocol.MaxFrame)
	case errors.Is(err, errKind):
		return protocol.Errorf(protocol.BadMessage, "a binary frame; messages are text")
	}
	return nil
}

func (k *socket) count(r protocol.Request) {
	kind := "unknown"
	if r != nil {
		kind = protocol.TypeOf(r)
	}
	k.server.metrics.requests.WithLabelValues(kind).Inc()
}

// put writes one frame. A client that does not take it in time loses the
// socket, not the session.
func (k *socket) put(ctx context.Context, data []byte) error {
	ctx, cancel := context.WithTimeout(ctx, protocol.WriteTimeout)
	defer cancel()
	return k.conn.Write(ctx, websocket.MessageText, data)
}

// write sends what is in the session's outbox until the session or the socket
// ends or another socket takes over.
func (k *socket) write(ctx context.Context, s *session) {
	if k.preface != nil && k.put(ctx, k.preface) != nil {
		k.conn.CloseNow()
		return
	}
	var frames [][]byte
	for {
		var last *ending
		frames, last = s.next(k, frames[:0])
		for _, data := range frames {
			if k.put(ctx, data) != nil {
				k.conn.CloseNow()
				return
			}
		}
		clear(frames)
		if last != nil {
			if last.code != 0 {
				k.conn.Close(websocket.StatusCode(last.code), last.reason)
			}
			return
		}
		<-k.pending
	}
}
