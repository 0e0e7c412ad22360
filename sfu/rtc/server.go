package rtc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime/debug"
	"sync"
	"time"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"
	"github.com/prometheus/client_golang/prometheus"

	"switchyard/sfu"
)

// Server is the media port of a process and its loop.
type Server struct {
	cfg      Config
	log      *slog.Logger
	loop     *loop
	identity *identity
	counts   counts
	metrics  *metrics

	// Set by Listen.
	sock       *udpSocket
	tcp        *tcpSide // nil: no ICE-TCP
	net        transport.Net
	addrs      []netip.Addr
	candidates []string

	mu       sync.Mutex
	draining bool
	peers    map[*Peer]struct{}

	// Below: touched by the loop only.
	now       int64     // of this pass, Unix nanoseconds
	time      time.Time // the same
	stopping  bool
	ufrags    map[string]*Peer         // by the server's username fragment
	addresses map[netip.AddrPort]*Peer // UDP, where an ICE agent has answered
	everyone  []*Peer
	active    []*Peer // those with keys
	ticking   bool
	sweeping  bool
	touched   []touched // with packets to be committed at the end of the pass

	// Scratch, likewise.
	plain [datagramSize]byte // an opened packet
	tx    [datagramSize]byte // a packet on its way out
	rtcp  [datagramSize]byte // an RTCP packet being written
	seqs  []uint16
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
	s := &Server{
		cfg: cfg, log: log, loop: newLoop(log), identity: id,
		peers:     make(map[*Peer]struct{}),
		ufrags:    make(map[string]*Peer),
		addresses: make(map[netip.AddrPort]*Peer),
	}
	s.metrics, err = newMetrics(s, reg)
	return s, err
}

// Listen opens the UDP port and the TCP port of the same number, so that a
// taken port is known before anything starts. Run closes them.
func (s *Server) Listen() error {
	want, err := s.cfg.listenAddr()
	if err != nil {
		return err
	}
	if s.net, err = stdnet.NewNet(); err != nil {
		return fmt.Errorf("list network interfaces: %w", err)
	}
	const tries = 8 // with port 0 the kernel's choice for UDP may be taken for TCP
	for try := 1; ; try++ {
		if s.sock, err = openUDP(want, s.cfg.ReceiveBuffer, s.cfg.SendBuffer); err != nil {
			return err
		}
		if !s.cfg.TCP {
			break
		}
		s.tcp, err = openTCP(netip.AddrPortFrom(want.Addr(), s.sock.addr().Port()), s.cfg, s.loop)
		if err == nil {
			break
		}
		s.sock.close()
		if want.Port() != 0 || try == tries {
			return err
		}
	}
	bound := s.sock.addr()
	s.addrs, err = advertised(s.cfg, bound.Addr(), s.sock.six)
	if err == nil && len(s.addrs) == 0 {
		err = errors.New("this machine has no address that clients could reach; set rtc.advertise")
	}
	if err != nil {
		s.sock.close()
		if s.tcp != nil {
			s.tcp.listener.Close()
		}
		return err
	}
	tcpPort := uint16(0)
	if s.tcp != nil {
		tcpPort = bound.Port()
		s.tcp.handle = func(p tcpPacket) { s.receive(p.b, nil, p.from) }
		s.tcp.flush = func() { s.flush(s.now) }
		s.tcp.gone = s.tcpGone
	}
	s.candidates = candidateLines(s.addrs, bound.Port(), tcpPort)
	return nil
}

// Addr is the address that is listened on, after Listen.
func (s *Server) Addr() netip.AddrPort { return s.sock.addr() }

// Loop is where rooms run. What is posted before Run waits for it.
func (s *Server) Loop() sfu.Loop { return s.loop }

// Run is the media loop. When ctx ends no new peers are taken, those that are
// there are closed, and Run returns when all of it has ended. Listen comes first.
func (s *Server) Run(ctx context.Context) error {
	if s.sock == nil {
		return errors.New("run the media server: not listening")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.loop.mu.Lock()
	s.loop.wake = s.sock.setDeadline
	s.loop.mu.Unlock()

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
		s.loop.Post(func() { s.stopping = true })
	})
	err := s.spin()
	cancel()
	s.loop.end() // if spin failed, peers find their posts dropped
	wg.Wait()
	return errors.Join(err, tcpErr, s.sock.close())
}

// spin is the loop: wait, take what is there, forward it, run what is due.
func (s *Server) spin() error {
	for !s.stopping {
		batch, err := s.sock.receive(s.loop.arm())
		s.time = s.loop.awake()
		s.now = s.time.UnixNano()
		if err != nil {
			return err
		}
		// Posted functions come first: what is known of an address was posted
		// before the client could send from it.
		s.loop.runPosted()
		for i := range batch {
			d := &batch[i]
			s.receive(d.buf[:d.n], &d.from, nil)
		}
		s.flush(s.now)
		s.loop.runTimers(s.time)
	}
	return nil
}

// NewPeer makes the transport of a participant. ErrDraining, ErrTooMany, or the
// participant's own error.
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
	if err := p.Attach(o.Name); err != nil {
		s.forget(peer)
		close(peer.done) // a shutdown may wait for it
		return nil, fmt.Errorf("attach the transport: %w", err)
	}
	s.loop.Post(func() { s.add(peer) })
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

// add begins to watch a peer; on the loop.
func (s *Server) add(p *Peer) {
	s.everyone = append(s.everyone, p)
	p.lastHeard = s.now
	if !s.sweeping {
		s.sweeping = true
		s.loop.After(sweepEvery, s.sweep)
	}
}

const sweepEvery = time.Second

// sweep looks for peers that have fallen silent.
func (s *Server) sweep() {
	if s.sweeping = len(s.everyone) > 0; !s.sweeping {
		return
	}
	s.loop.After(sweepEvery, s.sweep)
	for _, p := range s.everyone {
		p.watch(s.now)
	}
}

// activate begins the ticks of a peer that has keys; on the loop.
func (s *Server) activate(p *Peer) {
	s.active = append(s.active, p)
	if !s.ticking {
		s.ticking = true
		s.loop.After(tickEvery, s.tick)
	}
}

func (s *Server) tick() {
	if s.ticking = len(s.active) > 0; !s.ticking {
		return
	}
	s.loop.After(tickEvery, s.tick)
	for _, p := range s.active {
		p.tick(s.now)
	}
}

// remove forgets everything about a peer; on the loop.
func (s *Server) remove(p *Peer) {
	p.removed = true
	s.everyone = without(s.everyone, p)
	s.active = without(s.active, p)
	if s.ufrags[p.ufrag] == p {
		delete(s.ufrags, p.ufrag)
	}
	for _, pa := range p.paths.all() {
		s.unlearn(p, pa)
	}
	p.secure, p.path = nil, nil
}

// unlearn forgets that an address belongs to a peer; on the loop.
func (s *Server) unlearn(p *Peer, pa *path) {
	if pa.tcp != nil {
		if pa.tcp.peer == p || p.removed {
			pa.tcp.peer = nil
			pa.tcp.close()
		}
		return
	}
	if s.addresses[pa.addr] == p {
		delete(s.addresses, pa.addr)
	}
}

// tcpGone forgets a TCP connection; on the loop.
func (s *Server) tcpGone(c *tcpConn) {
	if p := c.peer; p != nil {
		p.paths.forget(c.addr, c)
		if p.path != nil && p.path.tcp == c {
			p.pathHeard = 0 // any other address is better
		}
		c.peer = nil
	}
}

// fault ends a peer whose packet made the code fail, and spares the others.
func (s *Server) fault(p *Peer, v any) {
	s.counts.faults.Add(1)
	if p == nil {
		s.log.Error("a packet made the media loop fail", "panic", v, "stack", string(debug.Stack()))
		return
	}
	s.log.Error("a packet made a peer fail", "participant", p.participant.ID(), "panic", v, "stack", string(debug.Stack()))
	p.end(endFault)
}

// without removes p from a list, in place and without keeping its order.
func without(list []*Peer, p *Peer) []*Peer {
	for i, other := range list {
		if other == p {
			last := len(list) - 1
			list[i], list[last] = list[last], nil
			return list[:last]
		}
	}
	return list
}
