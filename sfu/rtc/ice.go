package rtc

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/pion/ice/v4"
	"github.com/pion/logging"
	"github.com/pion/transport/v4"
)

// iceSide is the ICE side of a peer: an agent of pion's in lite form that
// answers connectivity checks and reports the nominated address. It is the
// agent's UDPMux too: one tiny mux for each peer, so that a username fragment
// leads to its peer and a restart needs nothing else. TCP paths (RFC 6544) are
// shown to the agent as further remote addresses.
type iceSide struct {
	agent *ice.Agent
	net   transport.Net
	six   bool // IPv6 is served
	port  int

	refused *atomic.Uint64
	write   func(b []byte, to netip.AddrPort) error

	mu     sync.Mutex
	four   *queueConn // of the present username fragment
	sixth  *queueConn
	gather chan struct{} // closed when gathering is complete
}

// newICESide starts no goroutine of its own. nominated is called on a goroutine
// of the agent's.
func newICESide(s *Server, write func([]byte, netip.AddrPort) error, nominated func(netip.AddrPort)) (*iceSide, error) {
	i := &iceSide{
		net: s.net, six: s.shards[0].sock.six, port: int(s.Addr().Port()),
		refused: &s.counts.mediaFromPion, write: write,
		gather: make(chan struct{}),
	}
	ufrag, pwd := newCredentials()
	agent, err := ice.NewAgentWithOptions(
		ice.WithICELite(true),
		ice.WithLocalCredentials(ufrag, pwd),
		ice.WithUDPMux(i),
		ice.WithNet(s.net),
		ice.WithNetworkTypes([]ice.NetworkType{ice.NetworkTypeUDP4, ice.NetworkTypeUDP6}),
		ice.WithCandidateTypes([]ice.CandidateType{ice.CandidateTypeHost}),
		ice.WithMulticastDNSMode(ice.MulticastDNSModeDisabled),
		ice.WithIncludeLoopback(),
		// Liveness is the server's own: it sees media as well as checks.
		ice.WithDisconnectedTimeout(0),
		ice.WithFailedTimeout(0),
		ice.WithKeepaliveInterval(0),
		ice.WithLoggerFactory(silentLogs{}),
	)
	if err != nil {
		return nil, fmt.Errorf("make the ICE agent: %w", err)
	}
	i.agent = agent
	err = errors.Join(
		agent.OnCandidate(func(c ice.Candidate) {
			if c == nil {
				i.gathered()
			}
		}),
		agent.OnSelectedCandidatePairChange(func(_, remote ice.Candidate) {
			if ip, err := netip.ParseAddr(remote.Address()); err == nil {
				nominated(netip.AddrPortFrom(ip.Unmap(), uint16(remote.Port())))
			}
		}),
	)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen to the ICE agent: %w", err), agent.Close())
	}
	return i, nil
}

// start begins to answer checks of a client with these credentials and returns
// the server's own.
func (i *iceSide) start(ctx context.Context, remoteUfrag, remotePwd string) (ufrag, pwd string, err error) {
	if err := i.collect(ctx); err != nil {
		return "", "", err
	}
	if _, err := i.agent.StartAccept(remoteUfrag, remotePwd); err != nil {
		return "", "", fmt.Errorf("start ICE: %w", err)
	}
	return i.credentials()
}

// restart makes new credentials (RFC 8445 section 9); media goes on over the
// old path until the client nominates a new one.
func (i *iceSide) restart(ctx context.Context, remoteUfrag, remotePwd string) (ufrag, pwd string, err error) {
	i.mu.Lock()
	i.gather = make(chan struct{})
	i.mu.Unlock()
	ufrag, pwd = newCredentials()
	if err := i.agent.Restart(ufrag, pwd); err != nil {
		return "", "", fmt.Errorf("restart ICE: %w", err)
	}
	if err := i.agent.SetRemoteCredentials(remoteUfrag, remotePwd); err != nil {
		return "", "", fmt.Errorf("restart ICE: %w", err)
	}
	if err := i.collect(ctx); err != nil {
		return "", "", err
	}
	return ufrag, pwd, nil
}

// collect makes the agent take its conns from GetConn and waits until it has.
func (i *iceSide) collect(ctx context.Context) error {
	i.mu.Lock()
	done := i.gather
	i.mu.Unlock()
	if err := i.agent.GatherCandidates(); err != nil {
		return fmt.Errorf("gather ICE candidates: %w", err)
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("gather ICE candidates: %w", ctx.Err())
	}
}

// gathered notes that the agent has taken its conns.
func (i *iceSide) gathered() {
	i.mu.Lock()
	defer i.mu.Unlock()
	select {
	case <-i.gather:
	default:
		close(i.gather)
	}
}

func (i *iceSide) credentials() (ufrag, pwd string, err error) {
	ufrag, pwd, err = i.agent.GetLocalUserCredentials()
	if err != nil {
		return "", "", fmt.Errorf("read ICE credentials: %w", err)
	}
	return ufrag, pwd, nil
}

// deliver hands a STUN packet to the agent.
func (i *iceSide) deliver(b []byte, from netip.AddrPort) bool {
	i.mu.Lock()
	conn := i.four
	if from.Addr().Is6() {
		conn = i.sixth
	}
	i.mu.Unlock()
	return conn != nil && conn.deliver(b, from)
}

// close ends the agent and waits for its goroutines.
func (i *iceSide) close() error { return i.agent.GracefulClose() }

// GetConn implements ice.UDPMux.
func (i *iceSide) GetConn(_ string, addr net.Addr) (net.PacketConn, error) {
	c := newQueueConn(addr, i.refused, i.write)
	i.mu.Lock()
	defer i.mu.Unlock()
	if udp, ok := addr.(*net.UDPAddr); ok && udp.IP.To4() == nil {
		i.sixth = c
	} else {
		i.four = c
	}
	return c, nil
}

// RemoveConnByUfrag implements ice.UDPMux. There is one username fragment.
func (i *iceSide) RemoveConnByUfrag(string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, c := range []*queueConn{i.four, i.sixth} {
		if c != nil {
			c.Close()
		}
	}
	i.four, i.sixth = nil, nil
}

// GetListenAddresses implements ice.UDPMux. The agent needs one local candidate
// for each family to hang its pairs on; the addresses that clients are told are
// the server's (see candidates.go), so what is said here does not matter.
func (i *iceSide) GetListenAddresses() []net.Addr {
	list := []net.Addr{&net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: i.port}}
	if i.six {
		list = append(list, &net.UDPAddr{IP: net.IPv6loopback, Port: i.port})
	}
	return list
}

// Close implements ice.UDPMux.
func (i *iceSide) Close() error { return nil }

const iceChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// newCredentials returns a username fragment of 72 random bits and a password
// of 192 (RFC 8445 section 5.3).
func newCredentials() (ufrag, pwd string) {
	var b [44]byte
	rand.Read(b[:])
	for k := range b {
		b[k] = iceChars[b[k]&63]
	}
	return string(b[:12]), string(b[12:])
}

// silentLogs drops what pion logs: most of it can be caused at will by whoever
// sends packets, and what matters is counted or returned as an error.
type silentLogs struct{}

func (silentLogs) NewLogger(string) logging.LeveledLogger { return silentLogs{} }
func (silentLogs) Trace(string)                           {}
func (silentLogs) Tracef(string, ...any)                  {}
func (silentLogs) Debug(string)                           {}
func (silentLogs) Debugf(string, ...any)                  {}
func (silentLogs) Info(string)                            {}
func (silentLogs) Infof(string, ...any)                   {}
func (silentLogs) Warn(string)                            {}
func (silentLogs) Warnf(string, ...any)                   {}
func (silentLogs) Error(string)                           {}
func (silentLogs) Errorf(string, ...any)                  {}
