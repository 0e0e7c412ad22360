package rtc

import "switchyard/sfu"

// A room runs on one shard. When that one is full, others seal and send for it:
// the room decides what flows through a slot, its packets stay where they are
// in the history, and only what a packet becomes for one receiver, a few dozen
// bytes, goes to the other shard by a ring.

// lentPlaces is how many packets wait for a shard to seal them for others: what
// comes when it is full is dropped, and the slot waits for a keyframe.
const (
	lentPlaces = 32768 // a picture of 10 packets for 3,000 peers
	// lentBatch is how many of them are sealed before the shard looks at its own.
	lentBatch = 1024
	// lentFor is how long they may wait; what is older is dropped.
	lentFor = int64(100e6)
)

// lentPacket is one entry of that ring. Without a slot it says that its packet
// is not needed any more or, if there is a peer, that the peer's own shard wants
// to seal again.
type lentPacket struct {
	slot   *slotLine
	sender *sender
	format *slotFormat
	out    sfu.Outgoing
	at     int64 // when it was lent, Unix nanoseconds
	peer   *Peer
}

// lane is the way from one shard to another one's ring. It belongs to the shard
// that writes.
type lane struct {
	to     *shard
	used   bool // it is among the shard's lenders
	roused bool // in this pass
	handed bool // packets were handed over in this pass
	kept   []*sfu.Packet
	cursor int
}

// connect makes the lanes to the other shards.
func (s *shard) connect(all []*shard) {
	for _, to := range all {
		s.lanes = append(s.lanes, &lane{to: to})
	}
}

// laneOf is the lane to another shard; nil if it is this one.
func (s *shard) laneOf(to *shard) *lane {
	if to == s {
		return nil
	}
	for _, l := range s.lanes {
		if l.to == to {
			return l
		}
	}
	return nil
}

// lend has another shard seal packets for a slot. It reports how many did not
// find space.
func (s *shard) lend(l *lane, slot *slotLine, batch []sfu.Outgoing) (dropped int) {
	p := slot.peer
	if !l.used {
		l.used = true
		s.lenders = append(s.lenders, l)
	}
	for i := range batch {
		place, at := l.to.lent.Claim()
		if place == nil {
			s.counts.lentFull.Add(uint64(len(batch) - i))
			s.traffic.lent += uint64(i)
			return len(batch) - i
		}
		place.slot, place.sender, place.format, place.out = slot, p.sender, slot.format, batch[i]
		place.at = s.now
		l.keep(batch[i].Packet)
		l.to.lent.Publish(at)
	}
	s.traffic.lent += uint64(len(batch))
	if !l.roused {
		l.roused = true
		l.to.loop.notify()
	}
	return 0
}

// keep retains a packet once for all that are lent of it in a pass. Slots get
// the same packets in the same order.
func (l *lane) keep(p *sfu.Packet) {
	if l.cursor < len(l.kept) && l.kept[l.cursor] == p {
		l.cursor++
		return
	}
	for i, known := range l.kept {
		if known == p {
			l.cursor = i + 1
			return
		}
	}
	p.Retain()
	l.kept = append(l.kept, p)
	l.cursor = len(l.kept)
}

// wakeLenders ends the pass for the lanes that were used: their packets are let
// go behind the last entry that needs them, now or, if there is no space, in a
// later pass.
func (s *shard) wakeLenders() {
	left := s.lenders[:0]
	for _, l := range s.lenders {
		n := 0
		for _, p := range l.kept {
			place, at := l.to.lent.Claim()
			if place == nil {
				break
			}
			place.slot, place.peer, place.out.Packet = nil, nil, p
			l.to.lent.Publish(at)
			n++
		}
		rest := copy(l.kept, l.kept[n:])
		clear(l.kept[rest:])
		l.kept, l.cursor, l.used, l.roused = l.kept[:rest], 0, rest > 0, false
		if rest > 0 {
			left = append(left, l)
		}
		l.to.loop.notify()
	}
	clear(s.lenders[len(left):])
	s.lenders = left
}

// sealLent seals what others lent before a position of the ring.
func (s *shard) sealLent(before uint64) {
	for range lentBatch {
		e := s.lent.Next(before)
		if e == nil {
			return
		}
		switch {
		case e.slot != nil:
			s.sealFor(e)
		case e.peer != nil:
			e.peer.participant.Post(e.peer.sealAtHome)
		default:
			e.out.Packet.Release()
		}
		*e = lentPacket{}
		s.lent.Done()
	}
}

// sealFor seals one lent packet; a fault in it ends its peer only.
func (s *shard) sealFor(e *lentPacket) {
	defer func() {
		if v := recover(); v != nil {
			s.fault(e.slot.peer, v)
		}
	}()
	if s.now-e.at > lentFor {
		s.counts.lentLate.Add(1)
		e.slot.dropped()
		return
	}
	e.slot.write(s, e.sender, e.format, &e.out)
}

// sealElsewhere has another shard seal for the peer from now on; on the loop.
func (p *Peer) sealElsewhere(at *shard) {
	home := p.shard()
	if p.removed || p.sealer != nil || at == home {
		return
	}
	p.sealer, p.lane = at, home.laneOf(at)
	home.counts.lentPeers.Add(1)
}

// maxFenced is how many packets of a peer wait while its sealing changes hands.
const maxFenced = 256

// recall asks for the sealing back. From here on nothing is lent, so what stands
// before this wish in the other shard's ring is the last, and until it has been
// answered packets wait: never do two shards seal for a peer.
func (p *Peer) recall() {
	if p.sealer == nil || p.fenced && p.asked {
		return
	}
	p.fenced = true
	if place, at := p.sealer.lent.Claim(); place != nil {
		place.slot, place.peer = nil, p
		p.asked = true
		p.sealer.lent.Publish(at)
		p.sealer.loop.notify()
	} // else the next tick asks
}

// fence keeps packets until the sealing is back. It reports how many did not find
// space.
func (p *Peer) fence(slot *slotLine, batch []sfu.Outgoing) (dropped int) {
	n := min(len(batch), maxFenced-len(p.behind))
	for i := range batch[:n] {
		batch[i].Packet.Retain()
		p.behind = append(p.behind, lentPacket{slot: slot, sender: p.sender, format: slot.format, out: batch[i]})
	}
	p.counts.lentFull.Add(uint64(len(batch) - n))
	return len(batch) - n
}

// sealAtHome ends what sealElsewhere began, and sends what waited for it; on the
// loop.
func (p *Peer) sealAtHome() {
	if p.sealer == nil {
		return
	}
	p.sealer, p.lane, p.fenced, p.asked = nil, nil, false, false
	p.counts.lentPeers.Add(-1)
	home, behind := p.shard(), p.behind
	p.behind = nil
	for i := range behind {
		e := &behind[i]
		e.at = home.now
		home.sealFor(e)
		e.out.Packet.Release()
	}
}
