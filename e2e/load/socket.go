package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// socket is one client's UDP socket, on loopback. pion reads and writes it
// through its UDP mux, which makes it the place to see sealed packets.
type socket struct {
	*net.UDPConn
	raw syscall.RawConn
	// outgoing, if set, sees each sealed packet before it is sent; false: it is
	// lost on the way.
	outgoing atomic.Pointer[func(b []byte) bool]
	// incoming, if set, sees each packet that arrives; arrived sees it with the
	// kernel's time. Both are set before anything can come.
	incoming func(b []byte)
	arrived  func(b []byte, at int64)
}

// openSocket binds a free port of an address of loopback. A receive buffer of 0
// is left at the system's default.
func openSocket(ip netip.Addr, receive int) (*socket, error) {
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, 0)))
	if err != nil {
		return nil, fmt.Errorf("open a client's socket: %w", err)
	}
	s := &socket{UDPConn: conn}
	if s.raw, err = conn.SyscallConn(); err == nil && receive > 0 {
		err = s.control(func(fd int) error {
			if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receive) == nil {
				return nil
			}
			return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receive)
		})
	}
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("open a client's socket: %w", err)
	}
	return s, nil
}

func (s *socket) control(do func(fd int) error) error {
	var failed error
	err := s.raw.Control(func(fd uintptr) { failed = do(int(fd)) })
	return errors.Join(err, failed)
}

// stamp makes the kernel note when packets arrive.
func (s *socket) stamp() error {
	return s.control(func(fd int) error {
		return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	})
}

// drops is how many packets did not fit into the receive buffer: the driver's
// own fault, not the server's.
func (s *socket) drops() (n uint32) {
	const dropped = 8 // SK_MEMINFO_DROPS
	var info [dropped + 1]uint32
	size := uint32(unsafe.Sizeof(info))
	s.control(func(fd int) error {
		_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_MEMINFO,
			uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
		if errno != 0 {
			return errno
		}
		n = info[dropped]
		return nil
	})
	return n
}

// ReadFromAddrPort is what pion's mux reads with.
func (s *socket) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	var (
		n, c    int
		from    netip.AddrPort
		err     error
		control [64]byte
	)
	if s.arrived == nil {
		n, from, err = s.ReadFromUDPAddrPort(b)
	} else if n, c, _, from, err = s.ReadMsgUDPAddrPort(b, control[:]); err == nil {
		s.arrived(b[:n], arrival(control[:c]))
	}
	if err == nil && s.incoming != nil {
		s.incoming(b[:n])
	}
	return n, from, err
}

// WriteToAddrPort is what pion's mux writes with.
func (s *socket) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if pass := s.outgoing.Load(); pass != nil && !(*pass)(b) {
		return len(b), nil
	}
	return s.WriteToUDPAddrPort(b, to)
}

// arrival reads SCM_TIMESTAMPNS, in nanoseconds of the system's clock; 0: none.
func arrival(control []byte) int64 {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return 0
	}
	for _, m := range messages {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SCM_TIMESTAMPNS && len(m.Data) >= 16 {
			return (*unix.Timespec)(unsafe.Pointer(&m.Data[0])).Nano()
		}
	}
	return 0
}
