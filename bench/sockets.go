package main

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What a socket filter sees begins with the UDP header.
const (
	firstByte  = 8
	secondByte = 9
	passAll    = 1 << 16
)

// dropMedia passes STUN and DTLS (RFC 7983) and, so that only media is counted,
// RTCP (RFC 5761). What it drops the kernel counts for the socket, and nobody
// is woken: the sender does not pay for a reader.
var dropMedia = []unix.SockFilter{
	{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: firstByte},
	{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, K: 128, Jt: 0, Jf: 5},
	{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, K: 192, Jt: 4, Jf: 0},
	{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: secondByte},
	{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, K: 192, Jt: 0, Jf: 1},
	{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, K: 224, Jt: 0, Jf: 1},
	{Code: unix.BPF_RET | unix.BPF_K, K: 0},
	{Code: unix.BPF_RET | unix.BPF_K, K: passAll},
}

// dropRTCP passes STUN and DTLS only: the publisher answers no feedback.
var dropRTCP = []unix.SockFilter{
	{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: firstByte},
	{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, K: 128, Jt: 0, Jf: 1},
	{Code: unix.BPF_RET | unix.BPF_K, K: 0},
	{Code: unix.BPF_RET | unix.BPF_K, K: passAll},
}

// socket is a UDP socket on the loopback interface, with what the kernel knows
// of it.
type socket struct {
	*net.UDPConn
	fd   int
	base uint32 // drops when resetDrops was called
}

// openSocket opens a socket with a filter; nil: it passes everything.
func openSocket(filter []unix.SockFilter) (*socket, error) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("open a socket: %w", err)
	}
	s := &socket{UDPConn: conn}
	raw, err := conn.SyscallConn()
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("reach a socket: %w", err)
	}
	raw.Control(func(fd uintptr) {
		s.fd = int(fd)
		const buffer = 8 << 20
		for _, option := range [][2]int{{unix.SO_RCVBUFFORCE, unix.SO_RCVBUF}, {unix.SO_SNDBUFFORCE, unix.SO_SNDBUF}} {
			if unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, option[0], buffer) != nil {
				unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, option[1], buffer)
			}
		}
		if filter != nil {
			err = unix.SetsockoptSockFprog(s.fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
				&unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]})
		}
	})
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("attach a socket filter: %w", err)
	}
	return s, nil
}

// drops is how many datagrams the kernel has dropped at the socket since
// resetDrops, by its filter or because it was full.
func (s *socket) drops() uint64 { return uint64(s.allDrops() - s.base) }

func (s *socket) resetDrops() { s.base = s.allDrops() }

func (s *socket) allDrops() uint32 {
	const memInfoDrops = 8 // SK_MEMINFO_DROPS
	var info [memInfoDrops + 1]uint32
	size := uint32(unsafe.Sizeof(info))
	_, _, errno := unix.RawSyscall6(unix.SYS_GETSOCKOPT, uintptr(s.fd), unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		return s.base // a closed socket drops nothing
	}
	return info[memInfoDrops]
}

func (s *socket) address() netip.AddrPort {
	return s.LocalAddr().(*net.UDPAddr).AddrPort()
}

// share makes a file of the socket for a child.
func (s *socket) share() (*os.File, error) {
	f, err := s.File()
	if err != nil {
		return nil, fmt.Errorf("share a socket: %w", err)
	}
	return f, nil
}

// kernelAddress is an address as sendmmsg takes it.
func kernelAddress(a netip.AddrPort) unix.RawSockaddrInet4 {
	return unix.RawSockaddrInet4{Family: unix.AF_INET, Port: a.Port()<<8 | a.Port()>>8, Addr: a.Addr().As4()}
}
