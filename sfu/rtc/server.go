package rtc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/sfu"
)

// Server is the media port of a process and its shards.
type Server struct {
	cfg      Config
	log      *slog.Logger
	shards   []*shard
	identity *identity
	counts   counts
	metrics  *metrics
	byHand   bool // shards don't help each other by themselves; set before Run, by tests

	// Set by Listen.
	tcp        *tcpSide // nil: no ICE-TCP
	addrs      []netip.Addr
	candidates []string

	mu       sync.Mutex
	draining bool
	peers    map[*Peer]struct{}
}

// New validates cfg and builds a server; it opens nothing and starts nothing.
func New(cfg Config, log *slog.Logger, reg prometheus.Registerer) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	id, err := newIdentity()
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, log: log, identity: id, peers: make(map[*Peer]struct{})}
	n := cfg.Shards
	if n == 0 {
		n = min(runtime.GOMAXPROCS(0), maxShards)
	}
	for range n {
		s.shards = append(s.shards, newShard(s, n == 1))
	}
	for _, sh := range s.shards {
		sh.connect(s.shards)
	}
	s.metrics, err = newMetrics(s, reg)
	return s, err
}

// Listen opens the UDP port, once for each shard, and the TCP port of the same
// number, so that a taken port is known before anything starts. Run closes them.
func (s *Server) Listen() error {
	want, err := s.cfg.listenAddr()
	if err != nil {
		return err
	}
	const tries = 8 // with port 0 the kernel's choice for UDP may be taken for TCP
	for try := 1; ; try++ {
		if err = s.openSockets(want); err != nil {
			return err
		}
		if !s.cfg.TCP {
			break
		}
		s.tcp, err = openTCP(netip.AddrPortFrom(want.Addr(), s.Addr().Port()), s.cfg, s.shards[0].loop)
		if err == nil {
			break
		}
		s.closeSockets()
		if want.Port() != 0 || try == tries {
			return err
		}
	}
	first := s.shards[0]
	bound := s.Addr()
	s.addrs, err = advertised(s.cfg, bound.Addr(), first.sock.six)
	if err == nil && len(s.addrs) == 0 {
		err = errors.New("this machine has no address that clients could reach; set rtc.advertise")
	}
	if err != nil {
		s.closeSockets()
		if s.tcp != nil {
			s.tcp.listener.Close()
		}
		return err
	}
	tcpPort := uint16(0)
	if s.tcp != nil {
		tcpPort = bound.Port()
		s.tcp.handle = func(p tcpPacket) {
			first.arrived = first.now
			first.receive(p.b, nil, p.from)
		}
		s.tcp.flush = func() { first.flush(first.now) }
		s.tcp.gone = s.tcpGone
	}
	s.candidates = candidateLines(s.addrs, bound.Port(), tcpPort)
	return nil
}

// openSockets binds a socket for each shard to one port.
func (s *Server) openSockets(want netip.AddrPort) error {
	if len(s.shards) > 1 {
		// Alone at first: another program that shares the port would take a part
		// of the packets, and be given a part of the answers.
		alone, err := openUDP(want, s.cfg, false)
		if err != nil {
			return err
		}
		want = netip.AddrPortFrom(want.Addr(), alone.addr().Port())
		alone.close()
	}
	for i, sh := range s.shards {
		sock, err := openUDP(want, s.cfg, len(s.shards) > 1)
		if err != nil {
			for _, opened := range s.shards[:i] {
				opened.sock.close()
			}
			return err
		}
		sh.listen(sock)
		want = netip.AddrPortFrom(want.Addr(), sock.addr().Port())
	}
	return nil
}

func (s *Server) closeSockets() (err error) {
	for _, sh := range s.shards {
		err = errors.Join(err, sh.sock.close())
	}
	return err
}

// Addr is the address that is listened on, after Listen.
func (s *Server) Addr() netip.AddrPort { return s.shards[0].sock.addr() }

// Loop is the first of Loops.
func (s *Server) Loop() sfu.Loop { return s.shards[0].loop }

// Loops are where rooms run, one for each shard. What is posted before Run waits
// for it.
func (s *Server) Loops() []sfu.Loop {
	var list []sfu.Loop
	for _, sh := range s.shards {
		list = append(list, sh.loop)
	}
	return list
}

// shardOf finds the shard of a loop; nil if it is none of the server's.
func (s *Server) shardOf(l sfu.Loop) *shard {
	for _, sh := range s.shards {
		if sfu.Loop(sh.loop) == l {
			return sh
		}
	}
	return nil
}

// everywhere runs f for every shard, on its loop: at once for the one on whose
// loop it is called (nil: on none), and for the others before they handle what
// is caused by f on this one.
func (s *Server) everywhere(here *shard, f func(*shard)) {
	for _, sh := range s.shards {
		if sh == here {
			f(sh)
		} else {
			sh.loop.Post(func() { f(sh) })
		}
	}
}

// Run is the media loops. When ctx ends no new peers are taken, those that are
// there are closed, and Run returns when all of it has ended. Listen comes first.
func (s *Server) Run(ctx context.Context) error {
	if s.shards[0].sock == nil {
		return errors.New("run the media server: not listening")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	tcpCtx, stopTCP := context.WithCancel(context.WithoutCancel(ctx))
	defer stopTCP()
	var tcpErr error
	var wg sync.WaitGroup
	if s.tcp != nil {
		wg.Go(func() {
			if tcpErr = s.tcp.run(tcpCtx); tcpErr != nil {
				cancel()
			}
		})
	}
	wg.Go(func() {
		<-ctx.Done()
		s.closePeers()
		stopTCP()
		for _, sh := range s.shards {
			sh.loop.Post(func() { sh.stopping = true })
		}
	})
	errs := make([]error, len(s.shards))
	for i, sh := range s.shards {
		wg.Go(func() {
			errs[i] = sh.spin()
			cancel()
			sh.loop.end() // if spin failed, peers find their posts dropped
		})
	}
	wg.Wait()
	return errors.Join(errors.Join(errs...), tcpErr, s.closeSockets())
}

// NewPeer makes the transport of a participant, whose room must run on one of
// Loops. ErrDraining, ErrTooMany, or the participant's own error.
func (s *Server) NewPeer(p *sfu.Participant, o PeerOptions) (*Peer, error) {
	peer := newPeer(s, p, o)
	s.mu.Lock()
	switch {
	case s.draining:
		s.mu.Unlock()
		return nil, ErrDraining
	case len(s.peers) >= s.cfg.MaxPeers:
		s.mu.Unlock()
		return nil, fmt.Errorf("%d peers: %w", s.cfg.MaxPeers, ErrTooMany)
	}
	s.peers[peer] = struct{}{}
	s.mu.Unlock()
	p.Follow(peer, func(l sfu.Loop) { peer.home.Store(s.shardOf(l)) })
	err := p.Attach(o.Name)
	if peer.home.Load() == nil {
		err = errors.Join(err, errors.New("the participant's room runs on a loop of another server"))
	}
	if err != nil {
		p.Unfollow(peer)
		s.forget(peer)
		close(peer.done) // a shutdown may wait for it
		return nil, fmt.Errorf("attach the transport: %w", err)
	}
	p.Post(func() { peer.home.Load().add(peer) })
	go peer.live()
	return peer, nil
}

// forget removes a peer that has ended.
func (s *Server) forget(p *Peer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.peers, p)
}

// closePeers refuses new peers and closes those that are there.
func (s *Server) closePeers() {
	s.mu.Lock()
	s.draining = true
	var all []*Peer
	for p := range s.peers {
		p.end(endShutdown)
		all = append(all, p)
	}
	s.mu.Unlock()
	for _, p := range all {
		<-p.Done()
	}
}

// peerCount is how many peers there are.
func (s *Server) peerCount() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.peers)
}

// tcpGone forgets a TCP connection.
func (s *Server) tcpGone(c *tcpConn) {
	p := c.peer.Swap(nil)
	if p == nil {
		return
	}
	p.participant.Post(func() {
		p.paths.forget(c.addr, c)
		if p.path != nil && p.path.tcp == c {
			p.pathHeard = 0 // any other address is better
		}
	})
}
