package rtc

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// batchSize is how many datagrams one pass of the loop takes at most.
const batchSize = 64

// datagramSize is the longest datagram that is read whole; what is longer is
// dropped. Media has to fit into sfu.BufferSize with its authentication tag.
const datagramSize = 2048

// datagram is one received UDP datagram.
type datagram struct {
	n    int
	from sockaddr
	buf  [datagramSize]byte
}

// sockaddr is a kernel socket address, ready to be sent to. An IPv6 socket
// takes IPv4 addresses in their mapped form.
type sockaddr struct {
	raw unix.RawSockaddrInet6 // an unix.RawSockaddrInet4 on an IPv4 socket
	len uint32
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

// udpSocket is the one UDP port of a server. Its receive and send belong to the
// loop and never block it; sendFrom may be called from any goroutine until the
// socket is closed. One datagram is one system call.
type udpSocket struct {
	conn *net.UDPConn
	raw  syscall.RawConn
	fd   uintptr // valid until close; used by the loop only
	six  bool    // an IPv6 socket

	readFunc func(fd uintptr) bool // kept so that no closure is made per pass
	batch    *[batchSize]datagram
	got      int
	tooLong  atomic.Uint64
}

// openUDP binds addr; an invalid IP means every IPv6 and IPv4 address, or every
// IPv4 address on a host without IPv6.
func openUDP(addr netip.AddrPort, receiveBuffer, sendBuffer int) (*udpSocket, error) {
	local := &net.UDPAddr{Port: int(addr.Port())}
	if addr.Addr().IsValid() {
		local.IP = addr.Addr().AsSlice()
	}
	conn, err := net.ListenUDP("udp", local)
	if err != nil {
		return nil, fmt.Errorf("listen for media on UDP %v: %w", addr, err)
	}
	s := &udpSocket{conn: conn, batch: new([batchSize]datagram)}
	if s.raw, err = conn.SyscallConn(); err != nil {
		conn.Close()
		return nil, fmt.Errorf("reach the UDP socket: %w", err)
	}
	s.raw.Control(func(fd uintptr) {
		s.fd = fd
		domain, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_DOMAIN)
		s.six = err == nil && domain == unix.AF_INET6
		setBuffer(int(fd), unix.SO_RCVBUFFORCE, unix.SO_RCVBUF, receiveBuffer)
		setBuffer(int(fd), unix.SO_SNDBUFFORCE, unix.SO_SNDBUF, sendBuffer)
	})
	s.readFunc = s.drain
	return s, nil
}

// setBuffer asks for a socket buffer beyond the system's limit, which needs
// CAP_NET_ADMIN, and takes what the limit allows otherwise.
func setBuffer(fd, force, plain, size int) {
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, force, size) != nil {
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, plain, size)
	}
}

// addr is the bound address.
func (s *udpSocket) addr() netip.AddrPort {
	a := s.conn.LocalAddr().(*net.UDPAddr).AddrPort()
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// setDeadline bounds the wait of receive.
func (s *udpSocket) setDeadline(t time.Time) { s.conn.SetReadDeadline(t) }

// receive waits for datagrams until the deadline and returns those that are
// there, valid until the next call. Waiting false: it only looks.
func (s *udpSocket) receive(wait bool) ([]datagram, error) {
	s.got = 0
	if !wait {
		s.drain(s.fd)
		return s.batch[:s.got], nil
	}
	if err := s.raw.Read(s.readFunc); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, fmt.Errorf("wait for media: %w", err)
	}
	return s.batch[:s.got], nil
}

// drain reads what the kernel holds; false asks for another call once there is
// something. Errors that belong to earlier sends (ICMP) are skipped.
func (s *udpSocket) drain(fd uintptr) bool {
	for tries := 0; s.got < batchSize && tries < 2*batchSize; tries++ {
		d := &s.batch[s.got]
		d.from.len = unix.SizeofSockaddrInet6
		n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, fd,
			uintptr(unsafe.Pointer(&d.buf)), datagramSize, unix.MSG_DONTWAIT|unix.MSG_TRUNC,
			uintptr(unsafe.Pointer(&d.from.raw)), uintptr(unsafe.Pointer(&d.from.len)))
		if errno == unix.EAGAIN {
			break
		}
		if errno != 0 {
			continue
		}
		if n > datagramSize {
			s.tooLong.Add(1)
			continue
		}
		d.n = int(n)
		s.got++
	}
	return s.got > 0
}

// send hands one datagram to the kernel, on the loop; false if it did not take it.
func (s *udpSocket) send(b []byte, to *sockaddr) bool {
	_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, s.fd,
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL,
		uintptr(unsafe.Pointer(&to.raw)), uintptr(to.len))
	return errno == 0
}

// sendFrom is send for every other goroutine.
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
