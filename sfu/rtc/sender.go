package rtc

import (
	"sync/atomic"

	"switchyard/internal/srtp"
)

// sender is the sending half of a peer's RTP: it belongs to the shard that
// seals, which is the peer's own or one that helps it (see lend.go).
type sender struct {
	seal *srtp.Sealer
	path atomic.Pointer[path] // that ICE chose; nil: nowhere
	log  *sendLog             // nil: no transport-wide feedback so far
}

// number gives a packet its transport-wide number.
func (s *sender) number(now int64, size int) uint16 {
	if s.log == nil {
		s.log = new(sendLog)
	}
	return s.log.number(now, size)
}

// feedback takes the body of a transport-wide feedback message, behind the SSRCs.
func (s *sender) feedback(b []byte, now int64, c *counts) {
	if s.log == nil {
		return
	}
	f, ok := s.log.report(b, now)
	if !ok {
		c.malformed.Add(1)
	}
	c.delivered.Add(uint64(f.delivered))
	c.lost.Add(uint64(f.lost))
}

// sentWindow refuses to use a sequence number twice, so that no two packets are
// ever sealed under one nonce (RFC 7714 section 8.3), and counts how often the
// numbers rolled over. Numbers count upwards; those within windowSize of the
// highest may come late, once.
type sentWindow struct {
	started bool
	highest int64 // with the rollovers
	bits    [windowSize / 64]uint64
}

const windowSize = 2048 // as the core remembers

// claim takes a number and returns its rollover counter; false if it was used,
// or may have been.
func (w *sentWindow) claim(seq uint16) (roc uint32, fresh bool) {
	if !w.started {
		w.started, w.highest = true, int64(seq)
		w.set(int64(seq))
		return 0, true
	}
	index := w.highest + int64(int16(seq-uint16(w.highest)))
	switch ahead := index - w.highest; {
	case ahead == 1: // nearly always
		w.bits[index%windowSize/64] &^= 1 << (index % 64)
		w.highest = index
	case ahead <= 0:
		if -ahead >= windowSize || index < 0 || w.bits[index%windowSize/64]&(1<<(index%64)) != 0 {
			return 0, false
		}
	case ahead >= windowSize:
		w.bits = [windowSize / 64]uint64{}
		w.highest = index
	default:
		for n := w.highest + 1; n <= index; n++ {
			w.bits[n%windowSize/64] &^= 1 << (n % 64)
		}
		w.highest = index
	}
	w.set(index)
	return uint32(index >> 16), true
}

func (w *sentWindow) set(index int64) { w.bits[index%windowSize/64] |= 1 << (index % 64) }
