package signaling

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/access"
	"switchyard/sfu"
	"switchyard/signaling/protocol"
)

// session is one identity's conversation about one room.
type session struct {
	server    *Server
	id        string // secret handle for resume
	name      string // as a transport of its participant
	claims    access.Claims
	anonymous bool // the token has no sub
	log       *slog.Logger

	inbox chan envelope // of the reader; it waits when this is full
	done  chan struct{} // closed when the session has ended

	// Touched only by the session's own goroutine.
	peer     Peer
	peers    int // how many there were, for their names
	peerDone <-chan struct{}
	held     []envelope // requests that wait for admission, at most maxHeld
	joinID   uint64     // request that admission answers
	admitted chan admission
	sayings  []saying // messages that wait to be written down, at most maxSaying
	kept     chan kept

	reading atomic.Bool // a history is being read

	mu          sync.Mutex // guards everything below
	state       sessionState
	outbox      outbox
	socket      *socket // nil: cut
	lastID      uint64  // of the newest request
	ended       *ending
	participant *sfu.Participant             // nil until joined
	receiver    string                       // the present peer's name
	slots       map[string]*sfu.Subscription // by mid
	shown       map[*sfu.Subscription]protocol.SlotState
	away        *time.Timer // ends a session without a socket
}

type sessionState uint8

const (
	fresh   sessionState = iota
	asking               // join was sent, admission is pending
	present              // joined
)

// envelope is a request on its way to the session's goroutine.
type envelope struct {
	id      uint64
	request protocol.Request
}

const (
	maxInbox = 16
	maxHeld  = 16
)

// ending is how a session ends: its last message, to which request that is the
// reply if any, and the WebSocket close that follows.
type ending struct {
	message protocol.Message
	re      uint64
	code    int
	reason  string
}

// leaving is the end of a session with a left message.
func leaving(reason sfu.LeaveReason) ending {
	e := ending{message: &protocol.Left{Reason: string(reason), Message: departures[reason]}, code: protocol.CloseNormal, reason: string(reason)}
	switch reason {
	case leftReplaced:
		e.code = protocol.CloseReplaced
	case sfu.LeftSlow:
		e.code = protocol.CloseSlow
	case sfu.LeftShutdown:
		e.code = protocol.CloseGoingAway
	}
	return e
}

// failing is the end of a session with an error.
func failing(err *protocol.Error, re uint64) ending {
	return ending{message: err, re: re, code: err.Code.Close(), reason: string(err.Code)}
}

// newSession makes a session and starts its goroutine.
func (srv *Server) newSession(ctx context.Context, claims access.Claims, helloID uint64) (*session, error) {
	s := &session{
		server: srv, id: secret(), name: "session-" + secret()[:16], claims: claims,
		inbox: make(chan envelope, maxInbox), done: make(chan struct{}), admitted: make(chan admission, 1), kept: make(chan kept, 1),
		lastID: helloID,
		slots:  make(map[string]*sfu.Subscription), shown: make(map[*sfu.Subscription]protocol.SlotState),
	}
	if claims.Identity == "" {
		s.anonymous, s.claims.Identity = true, stranger()
	}
	s.log = srv.log.With("room", claims.Room, "identity", s.claims.Identity)
	srv.mu.Lock()
	defer srv.mu.Unlock()
	switch {
	case srv.draining:
		return nil, errDraining
	case len(srv.sessions)+len(srv.media) >= srv.cfg.MaxSessions:
		return nil, errFull
	}
	srv.sessions[s.id] = s
	srv.running.Add(1)
	// The session outlives the socket that it began on.
	go s.run(context.WithoutCancel(ctx))
	return s, nil
}

// forget drops an ended session.
func (srv *Server) forget(s *session) {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	delete(srv.sessions, s.id)
	srv.sessionEnded()
}

// sessionEnded wakes Drain. Under srv.mu.
func (srv *Server) sessionEnded() {
	close(srv.changed)
	srv.changed = make(chan struct{})
}

// run is the session's goroutine.
func (s *session) run(ctx context.Context) {
	defer s.server.running.Done()
	ctx, cancel := context.WithCancel(ctx)
	var waiting sync.WaitGroup // for admission and events
	defer s.cleanup()
	defer waiting.Wait()
	defer cancel()
	defer s.server.recovered("session", s)
	for {
		select {
		case e := <-s.inbox:
			s.handle(ctx, &waiting, e)
		case a := <-s.admitted:
			s.enter(ctx, &waiting, a)
		case k := <-s.kept:
			s.afterKeeping(k)
		case <-s.peerDone:
			s.peerLost()
		case <-s.done:
			return
		}
	}
}

// cleanup lets go of everything once the session has ended.
func (s *session) cleanup() {
	if s.peer != nil {
		s.peer.Close()
	}
	s.mu.Lock()
	p := s.participant
	slow := s.ended != nil && s.ended.reason == string(sfu.LeftSlow)
	s.mu.Unlock()
	if p != nil {
		s.server.members.dropSession(p, s, slow, s.server)
	}
	s.server.forget(s)
}

// end ends the session; only the first call counts.
func (s *session) end(e ending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endLocked(e)
}

func (s *session) endLocked(e ending) {
	if s.ended != nil {
		return
	}
	s.post(e.message, e.re)
	s.ended = &e
	if s.away != nil {
		s.away.Stop()
	}
	s.server.metrics.ended.WithLabelValues(e.reason).Inc()
	s.log.Info("session ended", "reason", e.reason)
	close(s.done)
	s.wake()
}

// send queues a message: the reply to re, or an event if that is 0. A client
// that is too far behind is removed.
func (s *session) send(m protocol.Message, re uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sendLocked(m, re)
}

// mention is send for what nobody misses: it is left out while the client is
// away or a good deal behind, so that it never makes one be removed as slow.
func (s *session) mention(m protocol.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.socket != nil && !s.outbox.behind() {
		s.sendLocked(m, 0)
	}
}

func (s *session) sendLocked(m protocol.Message, re uint64) {
	if s.ended != nil {
		return
	}
	if s.outbox.full() {
		s.endLocked(leaving(sfu.LeftSlow))
		return
	}
	s.post(m, re)
	s.wake()
}

// post puts a message into the outbox. Under s.mu.
func (s *session) post(m protocol.Message, re uint64) {
	data, err := protocol.Encode(m, s.outbox.seq+1, re)
	if err != nil {
		s.log.Error("message not sent", "type", protocol.TypeOf(m), "error", err)
		return
	}
	s.outbox.seq++
	counts := true
	switch m := m.(type) {
	case *protocol.Joined, *protocol.Moved:
		counts = false
	case *protocol.Error:
		s.server.metrics.errors.WithLabelValues(string(m.Code)).Inc()
	}
	s.outbox.add(data, counts)
}

// wake tells the socket's writer that there is something to do. Under s.mu.
func (s *session) wake() {
	if s.socket != nil {
		s.socket.poke()
	}
}

// fail replies to a request with an error, and ends the session if the error is
// one that does.
func (s *session) fail(err *protocol.Error, re uint64) {
	if err.Code.Ends() {
		s.end(failing(err, re))
		return
	}
	s.send(err, re)
}

// errorFor turns any error into one for the client. What no client caused is
// logged here and told as internal. On the session's goroutine.
func (s *session) errorFor(err error, field string) *protocol.Error {
	if errors.Is(err, sfu.ErrClosed) && s.phase() == present {
		return protocol.Errorf(protocol.OutOfOrder, "the participant has left the room")
	}
	if told := asProtocol(err, field); told != nil {
		return told
	}
	s.log.Error("request failed", "error", err)
	return protocol.Errorf(protocol.Internal, "something went wrong in the server")
}

// attach gives the session a socket whose client has handled everything up to
// seq; the one before it, if any, ends, and nothing that it says after lastID is
// heard.
func (s *session) attach(k *socket, seq uint64) (lastID uint64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended != nil || !s.outbox.rewind(seq) {
		return 0, errResume
	}
	if s.away != nil {
		s.away.Stop()
	}
	before := s.socket
	s.socket = k
	if before != nil {
		before.poke()
	} else if s.participant != nil {
		s.participant.Quiet(s.name, false)
	}
	s.wake()
	return s.lastID, nil
}

var errResume = errors.New("the session can't be resumed")

// lost says that a socket has ended.
func (s *session) lost(k *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.socket != k || s.ended != nil {
		return // what remains is the writer's
	}
	s.socket = nil
	k.poke()
	switch {
	case s.state == fresh:
		s.endLocked(leaving(sfu.LeftByItself))
	default:
		// A participant without any other transport is given up by package sfu
		// sooner than a session whose media still flow.
		patience := protocol.ResumeWindow
		if s.participant != nil {
			s.participant.Quiet(s.name, true)
			patience = protocol.RejoinWindow
		}
		s.away = time.AfterFunc(patience, func() { s.end(leaving(sfu.LeftTimeout)) })
	}
}

// next is what a socket's writer sends next. last says that nothing follows and
// how the socket is closed then; without a code it is closed already.
func (s *session) next(k *socket, into [][]byte) (frames [][]byte, last *ending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.socket {
	case k:
		return s.outbox.take(into), s.ended
	case nil:
		return into, &ending{}
	}
	return into, &ending{code: protocol.CloseReplaced, reason: "resumed on another socket"}
}

// holds says whether the session is held on k.
func (s *session) holds(k *socket) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.socket == k
}

// accept says whether a request of a socket is the session's next one; with the
// error if its id does not grow.
func (s *session) accept(k *socket, h protocol.Header) (ok bool, err *protocol.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.socket != k || s.ended != nil {
		return false, nil
	}
	s.outbox.forget(h.Ack)
	if h.ID <= s.lastID {
		return false, protocol.Fieldf(protocol.BadMessage, "id", "id %d is not greater than %d", h.ID, s.lastID)
	}
	s.lastID = h.ID
	return true, nil
}
