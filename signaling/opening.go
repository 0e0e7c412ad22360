package signaling

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"

	"switchyard/access"
	"switchyard/signaling/protocol"
)

// open reads until a session begins or is resumed on the socket; nil if it ends
// before. Until then nothing has a seq.
func (k *socket) open(ctx context.Context) *session {
	late := newWatchdog(protocol.HelloTimeout, func() {
		k.refuse(ctx, protocol.Errorf(protocol.Unauthorized, "neither hello nor resume came within %v", protocol.HelloTimeout), 0)
	})
	defer late.stop()
	for {
		h, request, err := k.next(ctx)
		told := k.explain(err)
		if err != nil && told == nil {
			return nil
		}
		k.count(request)
		var s *session
		allowed, _ := k.rate.take(time.Now())
		switch m := request.(type) {
		case nil:
			if told == nil {
				told = unsupported(h)
			}
		case *protocol.Hello:
			s, told = k.hello(ctx, h, m)
		case *protocol.Resume:
			s, told = k.resume(h, m)
		default:
			told = protocol.Errorf(protocol.OutOfOrder, "%s came before hello", h.Type)
		}
		if s != nil {
			k.entered.Store(true)
			if !late.stop() { // it came too late: the socket has been closed
				s.lost(k)
				return nil
			}
			return s
		}
		if !allowed {
			told = tooFast()
		}
		if told.Code.Ends() || !allowed {
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
	if _, err := s.attach(k, 0); err != nil {
		return nil, protocol.Refusal(protocol.Draining, errDraining.Error(), 0) // closed in between
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
	lastID, err := s.attach(k, m.Seq)
	if err != nil {
		return failed()
	}
	// The writer, which sends this first, has not started yet.
	if k.preface, err = protocol.Encode(&protocol.Resumed{LastID: lastID}, 0, h.ID); err != nil {
		s.lost(k)
		return nil, protocol.Errorf(protocol.Internal, "something went wrong in the server")
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
