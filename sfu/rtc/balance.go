package rtc

import "sync/atomic"

// load is how much of its time a shard works. The loop measures, others read.
type load struct {
	from int64 // of the present second
	at   int64 // when this pass began
	work int64 // nanoseconds in this second
	busy atomic.Int64
	seen atomic.Int64 // when busy was measured, Unix nanoseconds
}

// loadWindow is over how long load is measured, in nanoseconds.
const loadWindow = int64(500e6)

func (l *load) begin(now int64) {
	if span := now - l.from; span >= loadWindow {
		l.busy.Store(min(1000*l.work/span, 1000))
		l.seen.Store(now)
		l.from, l.work = now, 0
	}
	l.at = now
}

// now is how busy the shard is, in thousandths of its time. One that has slept
// for long has not measured it.
func (l *load) now(now int64) int64 {
	if now-l.seen.Load() > 4*loadWindow {
		return 0
	}
	return l.busy.Load()
}

func (l *load) end(lasted int64) { l.work += lasted }

// When a shard's work is lent to others, in thousandths of its time.
const (
	lendFrom   = 600 // it must be busy so much
	lendBeyond = 150 // and so much more than the one that helps
	recallFrom = 250 // with so little work it needs no help
)

// balance lends the sealing for some peers to the shard that has the least to
// do, or takes some back. It runs once a second, in steps that are small against
// what the difference asks for, so that it settles.
func (s *shard) balance() {
	if len(s.server.shards) == 1 || s.server.byHand {
		return
	}
	mine := s.load.now(s.now)
	least := s
	for _, other := range s.server.shards {
		if other.load.now(s.now) < least.load.now(s.now) {
			least = other
		}
	}
	difference := mine - least.load.now(s.now)
	switch {
	case mine >= lendFrom && difference >= lendBeyond:
		// Half of the difference would make both equal; a quarter now.
		n := int64(len(s.active)) * difference / 4 / mine
		s.lendPeers(least, int(max(n, 1)))
	case mine < recallFrom:
		s.recallPeers(1 + len(s.active)/8)
	}
}

// lendPeers lends the sealing for the next n peers that receive.
func (s *shard) lendPeers(to *shard, n int) {
	for _, p := range s.active {
		if n == 0 {
			return
		}
		if p.sealer == nil && len(p.slotList) > 0 {
			p.sealElsewhere(to)
			n--
		}
	}
}

func (s *shard) recallPeers(n int) {
	for _, p := range s.active {
		if n == 0 {
			return
		}
		if p.sealer != nil && !p.fenced {
			p.recall()
			n--
		}
	}
}
