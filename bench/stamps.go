package main

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// stamps remembers when the kernel took a media packet into its receive path,
// by RTP sequence number, and counts packets.
type stamps struct {
	at   [1 << 16]atomic.Int64 // Unix nanoseconds
	came atomic.Uint64
	base uint64
}

func (s *stamps) count() uint64 { return s.came.Load() - s.base }

func (s *stamps) reset() { s.base = s.came.Load() }

// of is when the packet with a sequence number came; zero if that is unknown.
func (s *stamps) of(sequence uint16) time.Time {
	if n := s.at[sequence].Load(); n != 0 {
		return time.Unix(0, n)
	}
	return time.Time{}
}

// stampedConn is a socket that notes when media comes in, before anybody is
// woken to read it.
type stampedConn struct {
	*net.UDPConn
	stamps *stamps
	oob    [128]byte
}

func newStampedConn(s *socket, st *stamps) (*stampedConn, error) {
	if err := unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1); err != nil {
		return nil, fmt.Errorf("ask for receive time stamps: %w", err)
	}
	return &stampedConn{UDPConn: s.UDPConn, stamps: st}, nil
}

// ReadFrom has one caller at a time.
func (c *stampedConn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := c.ReadFromAddrPort(b)
	if err != nil {
		return n, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

// ReadFromAddrPort implements ice.AddrPortReaderWriter.
func (c *stampedConn) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	n, oobn, _, from, err := c.ReadMsgUDPAddrPort(b, c.oob[:])
	media := n >= rtpHeader && b[0]>>6 == 2 && (b[1] < 192 || b[1] > 223)
	if err == nil && media {
		c.stamps.came.Add(1)
		c.stamps.at[binary.BigEndian.Uint16(b[2:])].Store(stampIn(c.oob[:oobn]))
	}
	return n, from, err
}

// WriteToAddrPort implements ice.AddrPortReaderWriter.
func (c *stampedConn) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	return c.WriteToUDPAddrPort(b, to)
}

// stampIn finds the time in a control message; 0 if there is none.
func stampIn(oob []byte) int64 {
	if len(oob) < unix.CmsgSpace(int(unsafe.Sizeof(unix.Timespec{}))) {
		return 0
	}
	h := (*unix.Cmsghdr)(unsafe.Pointer(&oob[0]))
	if h.Level != unix.SOL_SOCKET || h.Type != unix.SO_TIMESTAMPNS {
		return 0
	}
	return (*unix.Timespec)(unsafe.Pointer(&oob[unix.SizeofCmsghdr])).Nano()
}
