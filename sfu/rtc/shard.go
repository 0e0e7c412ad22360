package rtc

import (
	"log/slog"
	"runtime/debug"
	"time"

	"switchyard/internal/ring"
	"switchyard/internal/srtp"
	"switchyard/sfu"
)

// shard is one core's part of the server: a loop, a socket on the media port,
// and the peers of the rooms that run on this loop. All but what says otherwise
// belongs to the loop: no locks, no allocation on the way of a packet.
//
// Shards meet in two rings, both bounded: handed are packets for a peer of this
// shard that the kernel gave to the socket of another; lent are packets of
// another shard's rooms that this one seals and sends.
type shard struct {
	server *Server
	log    *slog.Logger
	counts *counts
	loop   *loop
	handed *ring.Ring[handedPacket]
	lent   *ring.Ring[lentPacket]

	// Set by Listen.
	sock *udpSocket
	rx   *receiver
	tx   *transmitter

	now      int64     // of this pass, Unix nanoseconds
	time     time.Time // the same
	arrived  int64     // when the packet that is being received came to the machine
	stopping bool
	traffic  traffics // of this pass
	load     load

	// Every shard knows where every peer is.
	ufrags    map[string]*Peer  // by the server's username fragment
	addresses map[addrKey]*Peer // UDP, where a check of the client's came from
	lastKey   addrKey           // of the newest packet
	lastPeer  *Peer             // whose it was; nil: look

	everyone []*Peer // whose home is here
	active   []*Peer // those with keys
	ticking  bool
	sweeping bool
	touched  []touched // with packets to be committed at the end of the pass
	lenders  []*lane   // with packets that other shards are to be woken for

	// Scratch, likewise.
	plain [datagramSize]byte // an opened packet
	fresh srtp.Incoming      // what is known of a stream that is new
	rtcp  [datagramSize]byte // an RTCP packet being written
	seqs  []uint16

	receiveFunc func([]byte, *sockaddr) // kept so that no closure is made per pass
	lanes       []*lane                 // to the other shards, by their index
	faultAt     int64                   // second of the last fault that was logged
}

// newShard makes a shard; one that is alone needs no way to others.
func newShard(s *Server, alone bool) *shard {
	handed, lent := handedPlaces, lentPlaces
	if alone {
		handed, lent = 0, 0
	}
	sh := &shard{
		server: s, log: s.log, counts: &s.counts, loop: newLoop(s.log),
		handed: ring.New[handedPacket](handed), lent: ring.New[lentPacket](lent),
		ufrags: make(map[string]*Peer), addresses: make(map[addrKey]*Peer),
	}
	sh.receiveFunc = func(b []byte, from *sockaddr) {
		sh.arrived = sh.now - sh.rx.age
		sh.receive(b, from, nil)
	}
	sh.loop.pending = func() bool { return !sh.handed.Empty() || !sh.lent.Empty() }
	return sh
}

// listen takes a socket that is open.
func (s *shard) listen(sock *udpSocket) {
	s.sock, s.rx = sock, newReceiver(sock)
	s.tx = newTransmitter(sock)
}

// spin is the loop: wait, take what is there, forward it, run what is due.
func (s *shard) spin() error {
	s.loop.start(s.sock.setDeadline)
	for !s.stopping {
		err := s.rx.receive(s.loop.arm())
		s.begin(s.loop.awake())
		if err != nil {
			return err
		}
		// Posted functions come first: what is known of an address was posted
		// before the client could send from it, and a peer arrives before the
		// packets that were handed over for it.
		handed, lent := s.handed.Tail(), s.lent.Tail()
		s.loop.runPosted()
		s.takeHanded(handed)
		s.rx.each(s.receiveFunc)
		s.wakeHanded()
		s.flush(s.now)
		s.sealLent(lent)
		s.tx.flush()
		s.loop.runTimers(s.time)
		s.end()
	}
	return nil
}

// begin starts a pass.
func (s *shard) begin(now time.Time) {
	s.time, s.now = now, now.UnixNano()
	s.arrived = s.now
	s.load.begin(s.now)
}

// end finishes a pass: what was written is sent, what was counted is told.
func (s *shard) end() {
	s.tx.flush()
	s.wakeLenders()
	s.traffic.tell(s.counts)
	s.load.end(s.loop.since())
}

// add begins to watch a peer.
func (s *shard) add(p *Peer) {
	if p.added {
		return // it arrived before what NewPeer posted
	}
	p.added = true
	s.everyone = append(s.everyone, p)
	p.lastHeard = s.now
	if !s.sweeping {
		s.sweeping = true
		s.loop.After(sweepEvery, s.sweep)
	}
}

const sweepEvery = time.Second

// sweep looks for peers that have fallen silent.
func (s *shard) sweep() {
	if s.sweeping = len(s.everyone) > 0; !s.sweeping {
		return
	}
	s.loop.After(sweepEvery, s.sweep)
	for _, p := range s.everyone {
		s.guard(p, p.watch)
	}
	s.balance()
}

// activate begins the ticks of a peer that has keys.
func (s *shard) activate(p *Peer) {
	s.active = append(s.active, p)
	if !s.ticking {
		s.ticking = true
		s.loop.After(tickEvery, s.tick)
	}
}

func (s *shard) tick() {
	if s.ticking = len(s.active) > 0; !s.ticking {
		return
	}
	s.loop.After(tickEvery, s.tick)
	for _, p := range s.active {
		s.guard(p, p.tick)
	}
}

// guard does what is due of a peer; a fault in it ends that peer only.
func (s *shard) guard(p *Peer, f func(now int64)) {
	defer func() {
		if v := recover(); v != nil {
			s.fault(p, v)
		}
	}()
	f(s.now)
}

// remove forgets everything about a peer.
func (s *shard) remove(p *Peer) {
	p.removed = true
	s.everyone = without(s.everyone, p)
	s.active = without(s.active, p)
	s.server.everywhere(s, func(at *shard) {
		if at.ufrags[p.ufrag] == p {
			delete(at.ufrags, p.ufrag)
		}
	})
	for _, pa := range p.paths.list {
		s.unlearn(p, pa)
	}
	p.setPath(nil)
	p.secure = nil
	for i := range p.behind {
		p.behind[i].out.Packet.Release()
	}
	p.behind = nil
	if p.recall(); !p.asked {
		p.sealAtHome() // nothing is written any more, so nobody has to stop
	}
}

// learn makes an address a peer's.
func (s *shard) learn(p *Peer, pa *path) {
	switch {
	case p.removed:
	case pa.tcp != nil:
		pa.tcp.peer.Store(p)
		pa.tcp.admitted(s.server.cfg.IdleTimeout)
	default:
		if old := s.addresses[pa.key]; old != nil && old != p {
			old.participant.Post(func() { old.paths.forget(pa.addr, nil) })
		}
		s.server.everywhere(s, func(at *shard) {
			at.addresses[pa.key] = p
			at.lastPeer = nil
		})
	}
}

// unlearn forgets that an address belongs to a peer.
func (s *shard) unlearn(p *Peer, pa *path) {
	if pa.tcp != nil {
		if pa.tcp.peer.CompareAndSwap(p, nil) || p.removed {
			pa.tcp.close()
		}
		return
	}
	s.server.everywhere(s, func(at *shard) {
		if at.addresses[pa.key] == p {
			delete(at.addresses, pa.key)
		}
		at.lastPeer = nil
	})
}

// fault ends a peer whose packet made the code fail, and spares the others.
func (s *shard) fault(p *Peer, v any) {
	s.counts.faults.Add(1)
	who := sfu.ParticipantID("")
	if p != nil {
		who = p.participant.ID()
		p.end(endFault)
	}
	if second := s.now / int64(time.Second); second != s.faultAt { // one a second is enough to be told of
		s.faultAt = second
		s.log.Error("a packet made the media loop fail", "participant", who, "panic", v, "stack", string(debug.Stack()))
	}
}

// without removes p from a list, in place and without keeping its order.
func without(list []*Peer, p *Peer) []*Peer {
	for i, other := range list {
		if other == p {
			last := len(list) - 1
			list[i], list[last] = list[last], nil
			return list[:last]
		}
	}
	return list
}
