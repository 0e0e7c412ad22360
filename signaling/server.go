package signaling

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/access"
	"switchyard/sfu"
	"switchyard/signaling/protocol"
)

// Deps are what a Server works with.
type Deps struct {
	Rooms      *sfu.SFU
	Peers      Peers
	Keys       *access.Keys
	Invitation *access.Invitation // nil: POST /invite does not exist
	Invitable  func(string) bool  // whether the invitation leads into a room; nil: into all
	Admitter   Admitter           // nil: TokenOnly
	Keeper     Keeper             // nil: what is said is of the moment
	MaxSlots   int                // receiving lines of one offer
	MaxTracks  int                // sending lines of one offer
	Version    string             // name and version that clients are told
	Log        *slog.Logger
	Registerer prometheus.Registerer
}

// Server is the doors into the rooms. Its methods may be called from any
// goroutine.
type Server struct {
	cfg     Config
	deps    Deps
	log     *slog.Logger
	metrics *metrics
	guesses *access.Guesses
	members members

	running sync.WaitGroup // handlers of sockets, and sessions

	mu       sync.Mutex // guards everything below
	sessions map[string]*session
	media    map[string]*mediaSession
	sockets  map[*socket]struct{}
	draining bool
	closed   bool
	changed  chan struct{} // closed and replaced whenever a session ends
}

// New builds a Server and registers its metrics. It starts nothing. The error
// lists all faults of cfg.
func New(cfg Config, deps Deps) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if deps.Admitter == nil {
		deps.Admitter = TokenOnly{}
	}
	s := &Server{
		cfg: cfg, deps: deps, log: deps.Log,
		guesses:  access.NewGuesses(10, 10*time.Second),
		members:  members{by: make(map[*sfu.Participant]*member)},
		sessions: make(map[string]*session),
		media:    make(map[string]*mediaSession),
		sockets:  make(map[*socket]struct{}),
		changed:  make(chan struct{}),
	}
	s.metrics = newMetrics(s)
	if err := s.metrics.register(deps.Registerer); err != nil {
		return nil, fmt.Errorf("register the metrics of signaling: %w", err)
	}
	return s, nil
}

// Register adds the handlers to mux: /rtc, /whip/, /whep/ and, if the
// configuration has it, /invite.
func (s *Server) Register(mux *http.ServeMux) {
	mux.HandleFunc("GET /rtc", s.serveRTC)
	for _, door := range []door{whip, whep} {
		mux.Handle("/"+door.name+"/{room}", s.endpoint(door, s.serveEndpoint))
		mux.Handle("/"+door.name+"/{room}/{session}", s.endpoint(door, s.serveMediaSession))
	}
	if s.cfg.Invite && s.deps.Invitation != nil {
		mux.HandleFunc("POST /invite", s.serveInvite)
	}
}

// Drain refuses newcomers from now on, tells every session that the server goes
// in deadline, and waits until the last one has gone, ctx ends or the deadline
// has passed. Sessions go on, and can be resumed, until Close.
func (s *Server) Drain(ctx context.Context, deadline time.Duration) error {
	s.mu.Lock()
	s.draining = true
	open := s.openSessions()
	s.mu.Unlock()
	for _, session := range open {
		session.send(&protocol.GoAway{
			Reason: "shutdown", DeadlineMs: deadline.Milliseconds(), RetryMs: retryAfterShutdown.Milliseconds(),
		}, 0)
	}
	timer := time.NewTimer(deadline)
	defer timer.Stop()
	for {
		s.mu.Lock()
		left, changed := len(s.sessions)+len(s.media), s.changed
		s.mu.Unlock()
		if left == 0 {
			return nil
		}
		select {
		case <-changed:
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return fmt.Errorf("drain %d sessions: %w", left, ctx.Err())
		}
	}
}

// retryAfterShutdown is how long clients wait before they join anew.
const retryAfterShutdown = 2 * time.Second

// Close ends all sessions and returns when their goroutines have ended, which
// may take as long as a client takes to read the last message, at most about
// 15 s. It may be called more than once.
func (s *Server) Close() {
	s.mu.Lock()
	s.draining, s.closed = true, true
	open := s.openSessions()
	media := make([]*mediaSession, 0, len(s.media))
	for _, m := range s.media {
		if m != nil { // else it is about to begin, and will see that it must not
			media = append(media, m)
		}
	}
	strangers := make([]*socket, 0, len(s.sockets))
	for k := range s.sockets {
		strangers = append(strangers, k)
	}
	s.mu.Unlock()
	for _, session := range open {
		session.end(leaving(sfu.LeftShutdown))
	}
	for _, m := range media {
		m.peer.Close()
	}
	var closing sync.WaitGroup
	for _, k := range strangers {
		if !k.entered.Load() {
			closing.Go(func() { k.conn.Close(protocol.CloseGoingAway, "the server is shutting down") })
		}
	}
	closing.Wait()
	s.running.Wait()
}

// openSessions is a copy of the sessions. Under s.mu.
func (s *Server) openSessions() []*session {
	list := make([]*session, 0, len(s.sessions))
	for _, session := range s.sessions {
		list = append(list, session)
	}
	return list
}

// begin counts a goroutine that Close waits for; false after Close.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.running.Add(1)
	return true
}

var (
	errDraining = errors.New("the server is shutting down")
	errFull     = errors.New("the server has as many sessions as it may")
)

// join finds or opens a room and enters it. A room may close in between, hence
// the second try.
func (s *Server) join(id sfu.RoomID, enter func(*sfu.Room) error) error {
	for again := true; ; again = false {
		room, err := s.deps.Rooms.Open(id)
		if err != nil {
			return err
		}
		if err = enter(room); !again || !errors.Is(err, sfu.ErrClosed) {
			return err
		}
	}
}

// secret returns 160 random bits as 32 characters.
func secret() string {
	var b [20]byte
	rand.Read(b[:])
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}

// stranger is the identity of somebody whose token has none.
func stranger() string { return "anonymous-" + secret()[:16] }
