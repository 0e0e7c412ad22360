package sfu

import "time"

const (
	// maxRetransmissions is how often one packet is sent again.
	maxRetransmissions = 5
	// minRoundTrip is the least time between two retransmissions of a packet.
	minRoundTrip = 20 * time.Millisecond
)

// nackLog remembers what was sent again lately. An entry is overwritten by one
// of another packet that falls on the same place, which only makes the limits
// of that packet looser: what a receiver asks for is bounded by its reports.
type nackLog struct {
	entries []nackEntry // made by the first NACK; length a power of two
}

type nackEntry struct {
	number int64 // of the slot
	last   int64 // Unix nanoseconds
	times  int
}

// allow counts a retransmission, if it may happen.
func (l *nackLog) allow(kind Kind, number, now int64) bool {
	if l.entries == nil {
		size := 256
		if kind == Audio {
			size = 32
		}
		l.entries = make([]nackEntry, size)
	}
	e := &l.entries[number&int64(len(l.entries)-1)]
	if e.number != number {
		*e = nackEntry{number: number, last: now, times: 1}
		return true
	}
	if e.times >= maxRetransmissions || now-e.last < int64(minRoundTrip) {
		return false
	}
	e.times++
	e.last = now
	return true
}

// retransmit answers a NACK for these sequence numbers of the slot from the
// histories: each at most 5 times, and at least 20 ms apart. A packet that was
// not sent yet, since it came after a switch away from its source, is sent as
// for the first time.
func (f *forwarder) retransmit(seqs []uint16, now int64) {
	for _, seq := range seqs {
		back := int64(uint16(f.sent.next) - seq)
		n := f.sent.next - back
		if back == 0 || !f.sent.holds(n) {
			continue
		}
		s := f.spans.number(n)
		if s == nil || s.source == nil {
			continue
		}
		p := s.source.history.at(s.from + n - s.out)
		if p == nil {
			continue
		}
		switch again := f.sent.sent(n); {
		case !again:
			f.write(s, p, false)
		case f.nacks.allow(f.kind, n, now):
			f.write(s, p, true)
		}
	}
	f.flush()
}
