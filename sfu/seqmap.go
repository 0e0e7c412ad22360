package sfu

// span is a run of one source's packets that keep their distance in the slot:
// all that is needed to rewrite one of them, now or again for a NACK. What is
// left out on purpose lies between spans, what is missing upstream inside one.
type span struct {
	source   *encoding
	from, to int64 // extended sequence numbers at the source, to exclusive
	out      int64 // the slot's number of from

	number    uint32 // of the publication
	timestamp uint32 // to be added, as are the following
	picture   uint16
	frame     uint16
	tl0       uint8

	spatial, temporal int8 // highest layers that belong into the slot
}

// seqmap is the latest spans of a slot, oldest first. Numbers of the slot and,
// for one source, numbers of the source only grow from span to span.
type seqmap struct {
	ring  []span // length a power of two
	first int
	n     int
}

// maxSpans is how many are kept; the oldest is forgotten for a newer one. Where
// every other picture is left out it is 8 s at 60 pictures a second.
const maxSpans = 256

func (m *seqmap) at(i int) *span { return &m.ring[(m.first+i)&(len(m.ring)-1)] }

// newest must not be called before the first push.
func (m *seqmap) newest() *span { return m.at(m.n - 1) }

// push makes room for a newest span, which the caller fills.
func (m *seqmap) push() *span {
	if m.n == len(m.ring) {
		if m.n < maxSpans {
			m.grow()
		} else {
			m.first = (m.first + 1) & (len(m.ring) - 1)
			m.n--
		}
	}
	m.n++
	return m.newest()
}

func (m *seqmap) grow() {
	ring := make([]span, max(4, 2*len(m.ring)))
	for i := range m.n {
		ring[i] = *m.at(i)
	}
	m.ring, m.first = ring, 0
}

// source finds the span in which a source's packet has a number, or nil.
func (m *seqmap) source(e *encoding, ext int64) *span {
	for i := m.n - 1; i >= 0; i-- {
		if s := m.at(i); s.source == e && s.from <= ext {
			if ext < s.to {
				return s
			}
			return nil
		}
	}
	return nil
}

// end is the first of a source's numbers that is in no span yet.
func (m *seqmap) end(e *encoding) int64 {
	for i := m.n - 1; i >= 0; i-- {
		if s := m.at(i); s.source == e {
			return s.to
		}
	}
	return 0
}

// number finds the span that a number of the slot belongs to, or nil.
func (m *seqmap) number(out int64) *span {
	lo, hi := 0, m.n
	for lo < hi {
		if mid := (lo + hi) / 2; m.at(mid).out <= out {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == 0 {
		return nil
	}
	if s := m.at(lo - 1); out-s.out < s.to-s.from {
		return s
	}
	return nil
}

// forget drops references to a source.
func (m *seqmap) forget(e *encoding) {
	for i := range m.n {
		if s := m.at(i); s.source == e {
			s.source = nil
		}
	}
}

// sentSet remembers which of a slot's last numbers were sent.
type sentSet struct {
	words []uint64 // length a power of two
	next  int64    // no number from here on was sent
}

func newSentSet(kind Kind) sentSet {
	if kind == Audio {
		return sentSet{words: make([]uint64, 8)}
	}
	return sentSet{words: make([]uint64, 32)}
}

func (s *sentSet) window() int64 { return int64(len(s.words)) * 64 }

// advance makes next the first number that was not used.
func (s *sentSet) advance(next int64) {
	for i := max(s.next, next-s.window()); i < next; i++ {
		s.words[i>>6&int64(len(s.words)-1)] &^= 1 << (i & 63)
	}
	s.next = next
}

// holds reports whether the number is one that is still remembered.
func (s *sentSet) holds(out int64) bool { return out < s.next && out >= s.next-s.window() }

func (s *sentSet) sent(out int64) bool {
	return s.words[out>>6&int64(len(s.words)-1)]&(1<<(out&63)) != 0
}

func (s *sentSet) mark(out int64) {
	s.words[out>>6&int64(len(s.words)-1)] |= 1 << (out & 63)
}
