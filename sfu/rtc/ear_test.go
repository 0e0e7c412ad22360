package rtc

import (
	"bytes"
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"
)

// ear is a receiver on a socket of its own, and a sender to it.
type ear struct {
	testing.TB
	rx   *receiver
	from *net.UDPConn
}

// newEar binds an IP address, or all, and a sender at another.
func newEar(t testing.TB, addr, from string, change ...func(*Config)) *ear {
	t.Helper()
	cfg := DefaultConfig()
	for _, f := range change {
		f(&cfg)
	}
	ip, _ := netip.ParseAddr(addr)
	sock, err := openUDP(netip.AddrPortFrom(ip, 0), cfg, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sock.close() })
	if sock.gro != cfg.GSO {
		t.Fatalf("the kernel joins datagrams: %v", sock.gro)
	}
	to := netip.AddrPortFrom(netip.MustParseAddr(from), sock.addr().Port())
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &ear{t, newReceiver(sock), conn}
}

// sends sends a run of segments of this size as one (UDP_SEGMENT), or, with size
// 0, one datagram.
func (e *ear) sends(b []byte, size int) {
	e.Helper()
	var control [controlSize]byte
	oob := control[:0]
	if size > 0 {
		oob = control[:putSegmentSize(&control, size)]
	}
	if _, _, err := e.from.WriteMsgUDP(b, oob, nil); err != nil {
		e.Fatal(err)
	}
}

// hears receives until so many datagrams are there, from the sender alone.
func (e *ear) hears(n int) (list [][]byte) {
	e.Helper()
	sender := e.from.LocalAddr().(*net.UDPAddr).AddrPort()
	e.rx.sock.setDeadline(soon())
	for len(list) < n {
		if err := e.rx.receive(true); err != nil || e.rx.got == 0 {
			e.Fatalf("%d of %d datagrams came, %v", len(list), n, err)
		}
		e.rx.each(func(b []byte, from *sockaddr) {
			if got := from.addrPort(); got != sender || from.key() != keyOf(got) {
				e.Fatalf("a datagram of %v is said to be of %v, %+v", sender, got, from.key())
			}
			list = append(list, bytes.Clone(b))
		})
	}
	return list
}

// silent checks that nothing more is there.
func (e *ear) silent() {
	e.Helper()
	e.rx.receive(false)
	e.rx.each(func(b []byte, _ *sockaddr) { e.Errorf("one datagram of %d bytes too many", len(b)) })
}

// random makes a buffer that is unlike others.
func random(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
	return b
}
