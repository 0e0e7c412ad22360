package rtc

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/transport/v4/deadline"
)

// connQueue is how many packets wait for a reader of pion's; what comes when it
// is full is dropped and counted, since DTLS repeats what is lost.
const connQueue = 64

var errMediaFromPion = errors.New("refused: only the core sends media")

// packetFrom is a DTLS packet on its way to pion.
type packetFrom struct {
	b    []byte
	from netip.AddrPort
}

// queueConn is the net.PacketConn that a DTLS connection reads and writes. It has no socket: the loop delivers into its queue and write
// sends. It refuses to send anything that could be SRTP or SRTCP, so that keys
// and packet indices have one user only.
type queueConn struct {
	local   net.Addr
	write   func(b []byte, to netip.AddrPort) error
	refused *atomic.Uint64 // packets of pion's that looked like media

	in     chan packetFrom
	read   *deadline.Deadline
	closed chan struct{}
	once   sync.Once
}

func newQueueConn(local net.Addr, refused *atomic.Uint64, write func([]byte, netip.AddrPort) error) *queueConn {
	return &queueConn{
		local: local, write: write, refused: refused,
		in:     make(chan packetFrom, connQueue),
		read:   deadline.New(),
		closed: make(chan struct{}),
	}
}

// deliver queues a copy of b; false if the queue is full or the conn is closed.
func (c *queueConn) deliver(b []byte, from netip.AddrPort) bool {
	select {
	case <-c.closed:
		return false
	default:
	}
	if len(c.in) == cap(c.in) {
		return false
	}
	select {
	case c.in <- packetFrom{append([]byte(nil), b...), from}:
		return true
	default:
		return false
	}
}

// ReadFromAddrPort implements ice.AddrPortReaderWriter.
func (c *queueConn) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	select {
	case <-c.closed:
		return 0, netip.AddrPort{}, net.ErrClosed
	default:
	}
	select {
	case p := <-c.in:
		return copy(b, p.b), p.from, nil
	case <-c.closed:
		return 0, netip.AddrPort{}, net.ErrClosed
	case <-c.read.Done():
		return 0, netip.AddrPort{}, timeoutError{}
	}
}

// WriteToAddrPort implements ice.AddrPortReaderWriter.
func (c *queueConn) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	select {
	case <-c.closed:
		return 0, net.ErrClosed
	default:
	}
	if len(b) == 0 || b[0] >= 128 {
		c.refused.Add(1)
		return 0, errMediaFromPion
	}
	if err := c.write(b, to); err != nil {
		return 0, err
	}
	return len(b), nil
}

// ReadFrom implements net.PacketConn.
func (c *queueConn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := c.ReadFromAddrPort(b)
	if err != nil {
		return 0, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

// WriteTo implements net.PacketConn.
func (c *queueConn) WriteTo(b []byte, to net.Addr) (int, error) {
	udp, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, net.InvalidAddrError("not a UDP address")
	}
	return c.WriteToAddrPort(b, udp.AddrPort())
}

// Close ends all reads and writes.
func (c *queueConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return nil
}

// LocalAddr implements net.PacketConn.
func (c *queueConn) LocalAddr() net.Addr { return c.local }

// SetDeadline implements net.PacketConn; writes never wait.
func (c *queueConn) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }

// SetReadDeadline implements net.PacketConn.
func (c *queueConn) SetReadDeadline(t time.Time) error {
	c.read.Set(t)
	return nil
}

// SetWriteDeadline implements net.PacketConn; writes never wait.
func (c *queueConn) SetWriteDeadline(time.Time) error { return nil }

// timeoutError is the net.Error of a read that reached its deadline.
type timeoutError struct{}

func (timeoutError) Error() string   { return "deadline reached" }
func (timeoutError) Timeout() bool   { return true }
func (timeoutError) Temporary() bool { return true }
