package signaling

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/access"
	"switchyard/sfu"
)

// house is a whole server in a bubble of its own time: the real core, fake
// WebRTC peers, clients on in-memory connections.
type house struct {
	t      *testing.T
	rooms  *sfu.SFU
	peers  *fakePeers
	keys   *access.Keys
	server *Server
	web    *http.Client
	line   *pipeListener
	logged *lockedBuffer
	reg    *prometheus.Registry
}

// inHouse runs a test in a house. change may be nil.
func inHouse(t *testing.T, change func(*Config, *Deps), test func(t *testing.T, h *house)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := &house{t: t, line: newPipeListener(), logged: &lockedBuffer{}, reg: prometheus.NewRegistry()}
		log := slog.New(slog.NewTextHandler(h.logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
		loop := newTestLoop()
		defer loop.stop()
		var err error
		if h.rooms, err = sfu.New(sfu.DefaultConfig(), loop, log, h.reg); err != nil {
			t.Fatal(err)
		}
		if h.keys, err = access.NewKeys([]byte(strings.Repeat("k", 43))); err != nil {
			t.Fatal(err)
		}
		h.peers = &fakePeers{}
		cfg := DefaultConfig()
		deps := Deps{
			Rooms: h.rooms, Peers: h.peers, Keys: h.keys, Invitation: access.NewInvitation("let-me-in-please"),
			MaxSlots: 64, MaxTracks: 16, Version: "switchyard test", Log: log, Registerer: h.reg,
		}
		if change != nil {
			change(&cfg, &deps)
		}
		if h.server, err = New(cfg, deps); err != nil {
			t.Fatal(err)
		}
		mux := http.NewServeMux()
		h.server.Register(mux)
		serving := &http.Server{Handler: mux, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelError)}
		var running sync.WaitGroup
		running.Go(func() {
			if err := serving.Serve(h.line); !errors.Is(err, http.ErrServerClosed) {
				t.Errorf("serve: %v", err)
			}
		})
		transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return h.line.dial(ctx) }}
		h.web = &http.Client{Transport: transport}
		defer func() {
			h.server.Close()
			h.rooms.Close()
			transport.CloseIdleConnections()
			serving.Close()
			running.Wait()
			h.peers.closeAll()
		}()
		test(t, h)
	})
}

// token makes one; grants nil: the defaults.
func (h *house) token(room, identity string, grants ...string) string {
	h.t.Helper()
	c := access.Claims{Room: room, Identity: identity, Grants: sfu.DefaultGrants | sfu.MayMessage, Expires: time.Now().Add(time.Hour)}
	if grants != nil {
		var err error
		if c.Grants, err = sfu.ParseGrants(grants); err != nil {
			h.t.Fatal(err)
		}
	}
	token, err := h.keys.Sign(c)
	if err != nil {
		h.t.Fatal(err)
	}
	return token
}

// settle waits until everything that can happen without time passing has.
func settle() { synctest.Wait() }

// testLoop is an sfu.Loop on a goroutine of its own.
type testLoop struct {
	mu    sync.Mutex
	queue []func()
	some  chan struct{}
	ended chan struct{}
	done  sync.WaitGroup
}

func newTestLoop() *testLoop {
	l := &testLoop{some: make(chan struct{}, 1), ended: make(chan struct{})}
	l.done.Go(func() {
		for {
			select {
			case <-l.some:
			case <-l.ended:
				return
			}
			l.mu.Lock()
			queue := l.queue
			l.queue = nil
			l.mu.Unlock()
			for _, f := range queue {
				f()
			}
		}
	})
	return l
}

func (l *testLoop) stop() {
	close(l.ended)
	l.done.Wait()
}

func (l *testLoop) Post(f func()) {
	l.mu.Lock()
	l.queue = append(l.queue, f)
	l.mu.Unlock()
	select {
	case l.some <- struct{}{}:
	default:
	}
}

func (l *testLoop) Now() time.Time { return time.Now() }

func (l *testLoop) After(d time.Duration, f func()) (cancel func()) {
	timer := time.AfterFunc(d, func() { l.Post(f) })
	return func() { timer.Stop() }
}

// pipeListener is a listener of in-memory connections.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (l *pipeListener) dial(ctx context.Context) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case l.conns <- theirs:
		return ours, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
