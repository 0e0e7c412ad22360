package rtc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sockaddr is a kernel socket address, ready to be sent to. An IPv6 socket
// takes IPv4 addresses in their mapped form.
type sockaddr struct {
	raw unix.RawSockaddrInet6 // an unix.RawSockaddrInet4 on an IPv4 socket
	len uint32
	// narrow: the way there takes no runs of segments (GSO) of the usual size.
	// Touched with sync/atomic.
	narrow uint32
}

// addrPort returns the address with IPv4 unmapped and without a zone.
func (s *sockaddr) addrPort() netip.AddrPort {
	port := (*[2]byte)(unsafe.Pointer(&s.raw.Port))
	p := uint16(port[0])<<8 | uint16(port[1])
	if s.raw.Family == unix.AF_INET {
		v4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(&s.raw))
		return netip.AddrPortFrom(netip.AddrFrom4(v4.Addr), p)
	}
	return netip.AddrPortFrom(netip.AddrFrom16(s.raw.Addr).Unmap(), p)
}

// udpSocket is one shard's socket on the media port. What is received and sent
// in batches is the loop's (see receiver and transmitter); sendFrom may be
// called from any goroutine until the socket is closed.
type udpSocket struct {
	conn *net.UDPConn
	raw  syscall.RawConn
	fd   uintptr // valid until close; used by the loop only
	six  bool    // an IPv6 socket
	gso  bool    // the kernel takes runs of segments (UDP_SEGMENT); the loop's
	gro  bool    // and gives them (UDP_GRO)

	gsoAtStart                bool
	receiveBuffer, sendBuffer int // what the kernel gave, in bytes
}

// openUDP binds addr; an invalid IP means every IPv6 and IPv4 address, or every
// IPv4 address on a host without IPv6. Sockets that share a port (SO_REUSEPORT)
// are all opened with shared: the kernel gives what one client sends to one of
// them.
func openUDP(addr netip.AddrPort, cfg Config, shared bool) (*udpSocket, error) {
	host := ""
	if addr.Addr().IsValid() {
		host = addr.Addr().String()
	}
	listen := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		if !shared {
			return nil
		}
		var failed error
		err := c.Control(func(fd uintptr) {
			failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
		})
		return errors.Join(err, failed)
	}}
	limited, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := listen.ListenPacket(limited, "udp", net.JoinHostPort(host, strconv.Itoa(int(addr.Port()))))
	if err != nil {
		return nil, fmt.Errorf("listen for media on UDP %v: %w", addr, err)
	}
	s := &udpSocket{conn: conn.(*net.UDPConn)}
	if s.raw, err = s.conn.SyscallConn(); err != nil {
		conn.Close()
		return nil, fmt.Errorf("reach the UDP socket: %w", err)
	}
	s.raw.Control(func(fd uintptr) { s.prepare(fd, cfg) })
	return s, nil
}

// prepare sets the socket's options. What the kernel refuses is done without.
func (s *udpSocket) prepare(fd uintptr, cfg Config) {
	s.fd = fd
	domain, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_DOMAIN)
	s.six = err == nil && domain == unix.AF_INET6
	s.receiveBuffer = setBuffer(int(fd), unix.SO_RCVBUFFORCE, unix.SO_RCVBUF, cfg.ReceiveBuffer)
	s.sendBuffer = setBuffer(int(fd), unix.SO_SNDBUFFORCE, unix.SO_SNDBUF, cfg.SendBuffer)
	unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RXQ_OVFL, 1)
	unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	_, err = unix.GetsockoptInt(int(fd), unix.IPPROTO_UDP, unix.UDP_SEGMENT)
	s.gso = cfg.GSO && err == nil
	s.gsoAtStart = s.gso
	s.gro = cfg.GSO && unix.SetsockoptInt(int(fd), unix.IPPROTO_UDP, unix.UDP_GRO, 1) == nil
}

// setBuffer asks for a socket buffer beyond the system's limit, which needs
// CAP_NET_ADMIN, and takes what the limit allows otherwise. It returns what
// there is, of which the kernel keeps half for itself.
func setBuffer(fd, force, plain, size int) int {
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, force, size) != nil {
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, plain, size)
	}
	got, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, plain)
	if err != nil {
		return 0
	}
	return got / 2
}

// addr is the bound address.
func (s *udpSocket) addr() netip.AddrPort {
	a := s.conn.LocalAddr().(*net.UDPAddr).AddrPort()
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// setDeadline bounds the wait of the receiver.
func (s *udpSocket) setDeadline(t time.Time) { s.conn.SetReadDeadline(t) }

// sendFrom sends one datagram, from any goroutine; it never waits.
func (s *udpSocket) sendFrom(b []byte, to *sockaddr) error {
	var failed error
	err := s.raw.Control(func(fd uintptr) {
		_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, fd,
			uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL,
			uintptr(unsafe.Pointer(&to.raw)), uintptr(to.len))
		if errno != 0 {
			failed = errno
		}
	})
	return errors.Join(err, failed)
}

func (s *udpSocket) close() error { return s.conn.Close() }
