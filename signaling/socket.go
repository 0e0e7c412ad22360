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

	"switchyard/access"
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

func (srv *Server) untrack(k *socket) {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	delete(srv.sockets, k)
}

// open reads until a session begins or is resumed on the socket; nil if it ends
// before. Until then nothing has a seq.
func (k *socket) open(ctx context.Context) *session {
	late := newWatchdog(protocol.HelloTimeout, func() {
		k.refuse(ctx, protocol.Errorf(protocol.Unauthorized, "neither hello nor resume came within %v", protocol.HelloTimeout), 0)
	})
	defer late.stop()
	for {
		h, request, err := k.next(ctx)
		if err != nil {
			if told := k.explain(err); told != nil && late.stop() {
				k.refuse(ctx, told, h.ID)
			}
			return nil
		}
		k.count(request)
		var told *protocol.Error
		var s *session
		allowed, _ := k.rate.take(time.Now())
		switch m := request.(type) {
		case nil:
			told = unsupported(h)
		case *protocol.Hello:
			s, told = k.hello(ctx, h, m)
		case *protocol.Resume:
			s, told = k.resume(h, m)
		default:
			told = protocol.Errorf(protocol.OutOfOrder, "%s came before hello", h.Type)
		}
		switch {
		case s != nil:
			k.entered.Store(true)
			if !late.stop() { // it came too late: the socket has been closed
				s.lost(k)
				return nil
			}
			return s
		case told.Code.Ends() || !allowed:
			if late.stop() {
				k.refuse(ctx, told, h.ID)
			}
			return nil
		}
		if k.reply(ctx, told, h.ID) != nil {
			return nil
		}
	}
}

// hello begins a session.
func (k *socket) hello(ctx context.Context, h protocol.Header, m *protocol.Hello) (*session, *protocol.Error) {
	if len(m.Client) > protocol.MaxClient {
		return nil, protocol.Fieldf(protocol.BadField, "client", "%d bytes is more than %d", len(m.Client), protocol.MaxClient)
	}
	claims, err := k.server.deps.Keys.Verify(k.token(m.Token), time.Now())
	if err != nil {
		return nil, asProtocol(err, "")
	}
	s, err := k.server.newSession(ctx, claims, h.ID)
	if err != nil {
		return nil, asProtocol(err, "")
	}
	s.send(&protocol.Welcome{
		Session: s.id, Caps: caps(), Server: k.server.deps.Version,
		PingMs: int(protocol.PingInterval.Milliseconds()), MaxSlots: k.server.deps.MaxSlots,
	}, h.ID)
	if err := s.attach(k, 0); err != nil {
		return nil, protocol.Errorf(protocol.Refused, "%v", errDraining) // closed in between
	}
	s.log.Debug("session began", "client", m.Client)
	return s, nil
}

// caps is what this server can do.
func caps() []string { return []string{"simulcast", "slots", "resume", "republish", "ice-tcp"} }

// resume takes up a session that was begun on another socket.
func (k *socket) resume(h protocol.Header, m *protocol.Resume) (*session, *protocol.Error) {
	failed := func() (*session, *protocol.Error) {
		k.server.metrics.resumes.WithLabelValues("failed").Inc()
		return nil, protocol.Fieldf(protocol.ResumeFailed, "session", "%v: say hello", errResume)
	}
	claims, err := k.server.deps.Keys.VerifyAgain(k.token(m.Token))
	if err != nil {
		return nil, asProtocol(err, "")
	}
	k.server.mu.Lock()
	s := k.server.sessions[m.Session]
	k.server.mu.Unlock()
	if s == nil || claims.Room != s.claims.Room || s.anonymous != (claims.Identity == "") ||
		!s.anonymous && claims.Identity != s.claims.Identity {
		return failed()
	}
	s.mu.Lock()
	resumed := &protocol.Resumed{LastID: s.lastID}
	s.mu.Unlock()
	preface, err := protocol.Encode(resumed, 0, h.ID)
	if err != nil {
		return nil, asProtocol(unexpected{err}, "")
	}
	k.preface = preface
	if s.attach(k, m.Seq) != nil {
		k.preface = nil
		return failed()
	}
	k.server.metrics.resumes.WithLabelValues("resumed").Inc()
	return s, nil
}

func (k *socket) token(inMessage string) string {
	if k.bearer != "" {
		return k.bearer
	}
	return inMessage
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
		told := &protocol.Error{Code: protocol.RateLimited, Message: fmt.Sprintf("more than %d requests a second", protocol.MaxRate), RetryMs: 1000}
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
// has ended.
func (k *socket) explain(err error) *protocol.Error {
	var told *protocol.Error
	switch {
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

// reply writes an error on a socket that has no session yet.
func (k *socket) reply(ctx context.Context, told *protocol.Error, re uint64) error {
	k.server.metrics.errors.WithLabelValues(string(told.Code)).Inc()
	data, err := protocol.Encode(told, 0, re)
	if err != nil {
		return err
	}
	return k.put(ctx, data)
}

// refuse ends a socket that has no session.
func (k *socket) refuse(ctx context.Context, told *protocol.Error, re uint64) {
	if k.reply(ctx, told, re) == nil {
		k.conn.Close(websocket.StatusCode(told.Code.Close()), string(told.Code))
	}
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

// bearer is the token of an Authorization header (RFC 6750 section 2.1).
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	token = strings.TrimSpace(token)
	if len(token) > access.MaxToken+1 {
		token = token[:access.MaxToken+1]
	}
	return token
}
