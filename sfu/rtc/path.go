package rtc

import (
	"errors"
	"net/netip"
	"sync"
)

// maxPaths is how many addresses of a client are known at a time. A client has
// a few interfaces, each with two families; the rest is churn or an attack.
const maxPaths = 24

// maxLearnt is how many addresses the ICE agent answers to between two restarts,
// since it keeps each.
const maxLearnt = 512

var errNoPath = errors.New("unknown address")

// path is one way to a client: its address and, for ICE-TCP, the connection.
type path struct {
	addr netip.AddrPort
	key  addrKey
	sa   sockaddr
	tcp  *tcpConn // nil: UDP
	used int64    // when it was last seen, in nanoseconds; guarded by paths.mu
	// learnt: the ICE agent has answered there, so the client is who it says.
	learnt bool // guarded by paths.mu
}

// paths are the addresses from which STUN came for one peer. The loop adds them,
// the ICE agent's goroutine answers to them.
type paths struct {
	mu     sync.Mutex
	list   []*path
	learnt int // addresses since the last restart
}

// touch finds or adds the path of an address. If there are too many, the one
// that was silent for longest goes, unless it is keep; those that the agent has
// not answered go first. What went is returned if it had been learnt. ok is
// false if the same address is in use over the other protocol, or the client has
// shown too many.
func (s *paths) touch(addr netip.AddrPort, sa *sockaddr, tcp *tcpConn, now int64, keep *path) (gone *path, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, p := range s.list {
		if p.addr == addr {
			if p.tcp == tcp {
				p.used = now
				return nil, true
			}
			if p.tcp == nil || !p.tcp.isClosed() {
				return nil, false
			}
			s.list = append(s.list[:i], s.list[i+1:]...) // the client has connected again
			break
		}
	}
	if s.learnt >= maxLearnt {
		return nil, false
	}
	if len(s.list) >= maxPaths {
		worst := -1
		for i, p := range s.list {
			if p == keep {
				continue
			}
			if worst < 0 || p.learnt != s.list[worst].learnt && !p.learnt ||
				p.learnt == s.list[worst].learnt && p.used < s.list[worst].used {
				worst = i
			}
		}
		if s.list[worst].learnt {
			gone = s.list[worst]
		}
		s.list = append(s.list[:worst], s.list[worst+1:]...)
	}
	p := &path{addr: addr, key: keyOf(addr), tcp: tcp, used: now}
	if sa != nil {
		p.sa = *sa
	}
	s.list = append(s.list, p)
	return gone, true
}

// find returns the path of an address, or nil.
func (s *paths) find(addr netip.AddrPort) *path {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.list {
		if p.addr == addr {
			return p
		}
	}
	return nil
}

// answer returns the path of an address that the agent answers to, and whether
// that is the first time.
func (s *paths) answer(addr netip.AddrPort) (p *path, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.list {
		if p.addr == addr {
			if first = !p.learnt; first {
				p.learnt = true
				s.learnt++
			}
			return p, first
		}
	}
	return nil, false
}

// restart allows as many new addresses as at first.
func (s *paths) restart() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.learnt = 0
}

// forget removes the path of an address if it belongs to tcp.
func (s *paths) forget(addr netip.AddrPort, tcp *tcpConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, p := range s.list {
		if p.addr == addr && p.tcp == tcp {
			s.list = append(s.list[:i], s.list[i+1:]...)
			return
		}
	}
}

// all returns the paths of this moment.
func (s *paths) all() []*path {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*path(nil), s.list...)
}
