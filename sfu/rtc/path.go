package rtc

import "net/netip"

// maxPaths is how many addresses of a client are known at a time. A client has
// a few interfaces, each with two families; the rest is churn or an attack.
const maxPaths = 24

// maxLearnt is how many addresses a client may show between two restarts, since
// every shard is told of each.
const maxLearnt = 512

// path is one way to a client: an address at which it has shown that it is the
// client and, for ICE-TCP, the connection. It belongs to the loop, but for what
// never changes: addr, key, sa and tcp.
type path struct {
	addr      netip.AddrPort
	key       addrKey
	sa        sockaddr
	tcp       *tcpConn // nil: UDP
	used      int64    // when a check last came, in nanoseconds
	nominated int64    // likewise, one with a nomination; 0: never
	priority  uint32   // as the client has it
}

// better reports whether a client that nominates both prefers pa.
func (pa *path) better(other *path) bool {
	if udp := pa.tcp == nil; udp != (other.tcp == nil) {
		return udp
	}
	return pa.priority > other.priority
}

// paths are the addresses of one peer. They belong to the loop.
type paths struct {
	list   []*path
	learnt int // addresses since the last restart
}

// touch finds or adds the path of an address. If there are too many, the one
// that was silent for longest goes, unless it is keep; it is returned. pa is nil
// if the same address is in use over the other protocol, or the client has shown
// too many.
func (s *paths) touch(addr netip.AddrPort, sa *sockaddr, tcp *tcpConn, now int64, keep *path) (pa, gone *path, first bool) {
	for i, p := range s.list {
		if p.addr == addr {
			if p.tcp == tcp {
				p.used = now
				return p, nil, false
			}
			if p.tcp == nil || !p.tcp.isClosed() {
				return nil, nil, false
			}
			s.list = append(s.list[:i], s.list[i+1:]...) // the client has connected again
			break
		}
	}
	if s.learnt >= maxLearnt {
		return nil, nil, false
	}
	s.learnt++
	if len(s.list) >= maxPaths {
		worst := -1
		for i, p := range s.list {
			if p != keep && (worst < 0 || p.used < s.list[worst].used) {
				worst = i
			}
		}
		gone = s.list[worst]
		s.list = append(s.list[:worst], s.list[worst+1:]...)
	}
	pa = &path{addr: addr, key: keyOf(addr), tcp: tcp, used: now}
	if sa != nil {
		pa.sa = *sa
	}
	s.list = append(s.list, pa)
	return pa, gone, true
}

// find returns the path of an address, or nil.
func (s *paths) find(addr netip.AddrPort) *path {
	for _, p := range s.list {
		if p.addr == addr {
			return p
		}
	}
	return nil
}

// restart allows as many new addresses as at first.
func (s *paths) restart() { s.learnt = 0 }

// forget removes the path of an address if it belongs to tcp.
func (s *paths) forget(addr netip.AddrPort, tcp *tcpConn) {
	for i, p := range s.list {
		if p.addr == addr && p.tcp == tcp {
			s.list = append(s.list[:i], s.list[i+1:]...)
			return
		}
	}
}
