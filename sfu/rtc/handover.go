package rtc

// handedPlaces is how many packets wait for a shard that the kernel gave to
// others: what comes when it is full is dropped and counted.
const handedPlaces = 1024

// handedPacket is one of them, still encrypted.
type handedPacket struct {
	from sockaddr
	tcp  *tcpConn
	at   int64 // when it came to the machine
	n    int
	buf  [datagramSize]byte
}

// handOver passes a packet to the shard of its peer.
func (s *shard) handOver(to *shard, b []byte, sa *sockaddr, tcp *tcpConn) {
	place, at := to.handed.Claim()
	if place == nil {
		s.counts.handedFull.Add(1)
		return
	}
	place.n = copy(place.buf[:], b)
	place.tcp, place.at = tcp, s.arrived
	if sa != nil {
		place.from = *sa
	}
	to.handed.Publish(at)
	s.traffic.handed++
	s.laneOf(to).handed = true
}

// wakeHanded rouses the shards that packets were handed to.
func (s *shard) wakeHanded() {
	for _, l := range s.lanes {
		if l.handed {
			l.handed = false
			l.to.loop.notify()
		}
	}
}

// takeHanded receives what others were given before a position of the ring.
func (s *shard) takeHanded(before uint64) {
	for {
		p := s.handed.Next(before)
		if p == nil {
			return
		}
		s.arrived = p.at
		s.receive(p.buf[:p.n], &p.from, p.tcp)
		p.tcp = nil
		s.handed.Done()
	}
}
