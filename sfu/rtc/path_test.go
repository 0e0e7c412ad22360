package rtc

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"switchyard/sfu"
)

// nat forwards between one client and the server, to whom it shows a port of its
// own, which may change.
type nat struct {
	inside *net.UDPConn
	server *net.UDPAddr
	tasks  sync.WaitGroup

	mu      sync.Mutex
	client  *net.UDPAddr
	outside *net.UDPConn
	off     bool
}

func newNAT(t *testing.T, server netip.AddrPort) *nat {
	n := &nat{server: net.UDPAddrFromAddrPort(server)}
	var err error
	if n.inside, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}); err != nil {
		t.Fatal(err)
	}
	n.rebind(t)
	n.tasks.Go(func() {
		b := make([]byte, 2048)
		for {
			size, from, err := n.inside.ReadFromUDP(b)
			if err != nil {
				return
			}
			n.mu.Lock()
			n.client = from
			if !n.off {
				n.outside.WriteToUDP(b[:size], n.server)
			}
			n.mu.Unlock()
		}
	})
	t.Cleanup(func() {
		n.inside.Close()
		n.mu.Lock()
		n.outside.Close()
		n.mu.Unlock()
		n.tasks.Wait()
	})
	return n
}

// rebind gives the client another port.
func (n *nat) rebind(t *testing.T) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	n.mu.Lock()
	if n.outside != nil {
		n.outside.Close()
	}
	n.outside = conn
	n.mu.Unlock()
	n.tasks.Go(func() {
		b := make([]byte, 2048)
		for {
			size, err := conn.Read(b)
			if err != nil {
				return
			}
			n.mu.Lock()
			to, off := n.client, n.off
			n.mu.Unlock()
			if !off {
				n.inside.WriteToUDP(b[:size], to)
			}
		}
	})
}

// offer makes the client's first offer, and has it answered with the NAT's inside in
// place of the server.
func (n *nat) offer(t *testing.T, h *house, c *client) Answer {
	t.Helper()
	offer, err := c.pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(c.pc)
	if err := c.pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	<-gathered
	answer, err := c.peer.Answer(context.Background(), c.pc.LocalDescription().SDP, nil)
	if err != nil {
		t.Fatal(err)
	}
	port := n.inside.LocalAddr().(*net.UDPAddr).Port
	text := strings.ReplaceAll(answer.SDP, fmt.Sprintf(" %d typ host", h.server.Addr().Port()), fmt.Sprintf(" %d typ host", port))
	if err := c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: text}); err != nil {
		t.Fatal(err)
	}
	return answer
}

// cut stops what goes through, or lets it through again.
func (n *nat) cut(off bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.off = off
}

// behindNAT joins a viewer whose packets go through a NAT.
func behindNAT(t *testing.T, h *house) (*nat, *client) {
	t.Helper()
	n := newNAT(t, h.server.Addr())
	who, peer := h.join("bob", Both)
	c := newClient(h, who, peer, clientOptions{setting: func(se *webrtc.SettingEngine) {
		se.SetICETimeouts(20*time.Second, 30*time.Second, 100*time.Millisecond)
	}})
	c.slots(webrtc.RTPCodecTypeVideo)
	answer := n.offer(t, h, c)
	if err := answer.Slots[0].Subscription.Want(sfu.Demand{Width: 640, Height: 360}); err != nil {
		t.Fatal(err)
	}
	return n, c
}

// TestNATRebinding: a client whose NAT gives it another port is followed there,
// though it neither nominates again nor restarts ICE.
func TestNATRebinding(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.QuietAfter = time.Second })
	publish(h, "alice", clientOptions{})
	n, c := behindNAT(t, h)
	peer := c.peer
	c.connected()
	c.flows("0", 20)
	for range 2 {
		n.rebind(t)
		c.flows("0", 300) // more than were on their way
	}
	h.onLoop(func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		if now := n.outside.LocalAddr().(*net.UDPAddr).AddrPort(); peer.path.addr != now {
			t.Errorf("sent to %v, the client is at %v", peer.path.addr, now)
		}
	})
}

// TestManyAddresses: a client that shows itself from ever more addresses is not
// answered any more, until it restarts ICE.
func TestManyAddresses(t *testing.T) {
	var s paths
	show := func(port int) bool {
		addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 1}), uint16(port))
		pa, _, _ := s.touch(addr, nil, nil, int64(port), nil)
		return pa != nil
	}
	for i := range maxLearnt {
		if !show(1000 + i) {
			t.Fatalf("refused after %d", i)
		}
	}
	if show(5000) || !show(1000+maxLearnt-1) {
		t.Error("a new address is served, or a known one is not")
	}
	if s.restart(); !show(5000) {
		t.Error("refused after a restart")
	}
}

// TestTCPMustBelong: a TCP connection that belongs to nobody is cut in time,
// whatever it sends.
func TestTCPMustBelong(t *testing.T) {
	client, server := net.Pipe()
	defer client.Close()
	side := &tcpSide{loop: newLoop(nil), conns: make(map[*tcpConn]struct{}), gone: func(*tcpConn) {}}
	c := &tcpConn{conn: server, closed: make(chan struct{}), until: time.Now().Add(50 * time.Millisecond)}
	ended := make(chan struct{})
	go func() { defer close(ended); side.read(c) }()
	begun := time.Now()
	for {
		client.SetWriteDeadline(time.Now().Add(5 * time.Second))
		if _, err := client.Write(appendFrame(nil, make([]byte, 20))); err != nil {
			break
		}
		time.Sleep(time.Millisecond)
	}
	<-ended
	if took := time.Since(begun); took > 4*time.Second {
		t.Errorf("cut after %v", took)
	}
}
