package rtc

import "net/netip"

// packetKind is the protocol of a packet by its first byte (RFC 7983).
type packetKind uint8

const (
	otherPacket packetKind = iota
	stunPacket
	dtlsPacket
	mediaPacket
)

func classify(b []byte) packetKind {
	if len(b) == 0 {
		return otherPacket
	}
	switch first := b[0]; {
	case first < 4:
		return stunPacket
	case first >= 20 && first < 64:
		return dtlsPacket
	case first >= 128 && first < 192:
		return mediaPacket
	}
	return otherPacket
}

// receive hands one packet to whom it concerns, which came at s.arrived. tcp is nil
// for UDP.
func (s *shard) receive(b []byte, sa *sockaddr, tcp *tcpConn) {
	var p *Peer
	defer func() {
		if v := recover(); v != nil {
			s.fault(p, v)
		}
	}()
	kind := classify(b)
	switch kind {
	case stunPacket:
		if p = s.ufrags[string(stunTarget(b))]; p == nil {
			s.counts.unknownUfrag.Add(1)
			return
		}
	case dtlsPacket, mediaPacket:
		if tcp != nil {
			p = tcp.peer.Load()
		} else if key := sa.key(); key == s.lastKey && s.lastPeer != nil {
			p = s.lastPeer
		} else {
			p = s.addresses[key]
			s.lastKey, s.lastPeer = key, p
		}
		if p == nil {
			s.counts.unknownAddress.Add(1)
			return
		}
	default:
		s.counts.garbage.Add(1)
		return
	}
	if home := p.home.Load(); home != s {
		s.handOver(home, b, sa, tcp)
		return
	}
	switch kind {
	case stunPacket:
		p.receiveSTUN(b, addrOf(sa, tcp), sa, tcp)
	case dtlsPacket:
		p.receiveDTLS(b, addrOf(sa, tcp), tcp)
	default:
		if p.receiveMedia(b, s.arrived) {
			p.heardFrom(sa, tcp, s.now)
		}
	}
}

func addrOf(sa *sockaddr, tcp *tcpConn) netip.AddrPort {
	if tcp != nil {
		return tcp.addr
	}
	return sa.addrPort()
}
