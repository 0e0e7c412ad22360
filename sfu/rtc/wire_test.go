package rtc

import (
	"bytes"
	"math/rand/v2"
	"net"
	"net/netip"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// wire is a transmitter on a socket of its own, and receivers in the kernel.
type wire struct {
	testing.TB
	sock *udpSocket
	tx   *transmitter
	ends []*net.UDPConn
	to   []*sockaddr
}

// newWire binds addr, an IP address or nothing, and opens a receiver at each of
// the others. The thread stays on one core, on which the loopback device keeps
// the order of what is sent.
func newWire(t testing.TB, addr string, receivers ...string) *wire {
	t.Helper()
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	var all, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		t.Fatal(err)
	}
	for cpu := 0; one.Count() == 0; cpu++ {
		if all.IsSet(cpu) {
			one.Set(cpu)
		}
	}
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.SchedSetaffinity(0, &all) })
	w := &wire{TB: t}
	ip, _ := netip.ParseAddr(addr)
	var err error
	if w.sock, err = openUDP(netip.AddrPortFrom(ip, 0), DefaultConfig(), false); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.sock.close() })
	if !w.sock.gso {
		t.Fatal("this kernel takes no runs, which the program is made for")
	}
	w.tx = newTransmitter(w.sock)
	paths := make([]path, len(receivers))
	for i, r := range receivers {
		conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(r), 0)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		conn.SetReadBuffer(4 << 20)
		w.ends = append(w.ends, conn)
		paths[i].sa = rigSockaddr(w.sock.six, conn.LocalAddr().(*net.UDPAddr).AddrPort())
		w.to = append(w.to, &paths[i].sa)
	}
	return w
}

// push pushes a packet of n bytes.
func (w *wire) push(to, n int, owner *slotLine) []byte {
	b := w.tx.reserve()
	for i := range n {
		b[i] = byte(rand.Uint32())
	}
	w.tx.push(n, w.to[to], owner)
	return bytes.Clone(b[:n])
}

// read takes what comes next at a receiver.
func (w *wire) read(at int) []byte {
	w.Helper()
	b := make([]byte, 1<<16)
	w.ends[at].SetReadDeadline(soon())
	n, err := w.ends[at].Read(b)
	if err != nil {
		w.Fatalf("nothing more came to receiver %d: %v", at, err)
	}
	return b[:n]
}

// reads takes what came at a receiver, which must be these packets and no more.
func (w *wire) reads(at int, want ...[]byte) {
	w.Helper()
	for i, p := range want {
		if b := w.read(at); !bytes.Equal(b, p) {
			w.Fatalf("packet %d of %d at receiver %d has %d bytes and is not the one of %d that was pushed", i, len(want), at, len(b), len(p))
		}
	}
	if n := waiting(w.TB, w.ends[at]); n > 0 {
		w.Fatalf("receiver %d got a packet of %d bytes too many", at, n)
	}
}

// waiting is how long the datagram is that waits at a socket; 0: none.
func waiting(t testing.TB, conn *net.UDPConn) (n int) {
	t.Helper()
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	raw.Control(func(fd uintptr) {
		n, _, _ = unix.Recvfrom(int(fd), make([]byte, 1<<16), unix.MSG_DONTWAIT)
	})
	return n
}
