package rtc

import (
	"encoding/binary"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// addrKey is an IP address, IPv4 in its mapped form, and a port, as the key of a
// map that every packet looks into.
type addrKey struct{ high, low, port uint64 }

// key of a kernel address.
func (s *sockaddr) key() addrKey {
	port := uint64(s.raw.Port<<8 | s.raw.Port>>8)
	if s.raw.Family == unix.AF_INET {
		v4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(&s.raw))
		return addrKey{0, 0xffff<<32 | uint64(binary.BigEndian.Uint32(v4.Addr[:])), port}
	}
	return addrKey{binary.BigEndian.Uint64(s.raw.Addr[:8]), binary.BigEndian.Uint64(s.raw.Addr[8:]), port}
}

// keyOf is the key of an address without a zone.
func keyOf(a netip.AddrPort) addrKey {
	ip := a.Addr().As16()
	return addrKey{binary.BigEndian.Uint64(ip[:8]), binary.BigEndian.Uint64(ip[8:]), uint64(a.Port())}
}
