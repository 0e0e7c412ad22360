package sfu

import "time"

const (
	// maxRetransmissions is how often one packet is sent again.
	maxRetransmissions = 5
	// minRoundTrip is the least time between two retransmissions of a packet.
	minRoundTrip = 20 * time.Millisecond
)

// nackLog remembers what was sent again lately, and bounds it: one packet as said
// above, and all together by what the slot is sent.
type nackLog struct {
	entries []nackEntry // made by the first NACK; one for each number that is remembered

	second int64 // of the present budget
	sent   int   // packets sent again in it
	before int64 // the slot's next number when it began
	budget int
}

type nackEntry struct {
	number int64 // of the slot
	last   int64 // Unix nanoseconds; 0: never sent again
	times  uint8
}

// freeRetransmissions of a slot in a second, whatever it is sent.
const freeRetransmissions = 128

// allow counts a retransmission, if it may happen. next is the slot's next number,
// window how many numbers are remembered.
func (l *nackLog) allow(number, next, window, now int64) bool {
	if l.entries == nil {
		l.entries = make([]nackEntry, window)
	}
	if second := now / int64(time.Second); second != l.second {
		l.budget = freeRetransmissions + int(min(max(next-l.before, 0), window))/2
		l.second, l.sent, l.before = second, 0, next
	}
	e := &l.entries[number&(window-1)]
	if e.number != number {
		*e = nackEntry{number: number}
	}
	if l.sent >= l.budget || e.times >= maxRetransmissions || e.last != 0 && now-e.last < int64(minRoundTrip) {
		return false
	}
	l.sent++
	e.times++
	e.last = now
	return true
}

// retransmit answers a NACK for these sequence numbers of the slot from the
// histories: each at most 5 times, at least 20 ms apart, and all together not more
// than half of what the slot is sent. A packet that was
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
		case f.nacks.allow(n, f.sent.next, f.sent.window(), now):
			f.write(s, p, true)
		}
	}
	f.flush()
}
