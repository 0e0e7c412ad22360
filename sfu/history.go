package sfu

// history holds the last packets of an encoding, each where its extended
// sequence number puts it, for as long as somebody may ask for them again. So
// its size follows the bit rate. What a newer packet displaces, or is too old,
// becomes a spare and is used again.
type history struct {
	ring   []*Packet // length a power of two
	spare  []*Packet
	oldest int64 // nothing before it is kept
	newest int64
	// After a leap of the count packets are left in places that the count does not
	// come by soon: how many places are still to be looked at, and the next one.
	sweep int
	swept int64
}

// newHistory makes one of at least size packets at most.
func newHistory(size int) history {
	n := 16
	for n < size {
		n *= 2
	}
	return history{ring: make([]*Packet, n)}
}

// at is the packet with this extended sequence number, or nil.
func (h *history) at(ext int64) *Packet {
	if p := h.ring[ext&int64(len(h.ring)-1)]; p != nil && p.ext == ext {
		return p
	}
	return nil
}

// put keeps p and makes a spare of what it displaces.
func (h *history) put(p *Packet) {
	slot := &h.ring[p.ext&int64(len(h.ring)-1)]
	if *slot != nil {
		h.spare = append(h.spare, *slot)
	}
	*slot = p
	h.newest = max(h.newest, p.ext)
	first := h.newest - int64(len(h.ring)) + 1
	if first > h.oldest+1 {
		h.sweep = len(h.ring)
	}
	h.oldest = max(min(h.oldest, p.ext), first)
}

// sweptAtOnce is how many places are looked at for what a leap left behind.
const sweptAtOnce = 4

// expire makes spares of what arrived before this time, in Unix nanoseconds.
func (h *history) expire(before int64) {
	for range min(sweptAtOnce, h.sweep) {
		h.sweep--
		place := &h.ring[h.swept&int64(len(h.ring)-1)]
		h.swept++
		switch p := *place; {
		case p == nil || p.ext >= h.oldest:
		case p.Arrival < before:
			*place = nil
			h.spare = append(h.spare, p)
		default:
			h.sweep++ // its time comes later: round again
		}
	}
	for ; h.oldest < h.newest; h.oldest++ {
		p := h.at(h.oldest)
		if p == nil {
			continue
		}
		if p.Arrival >= before {
			break
		}
		h.ring[h.oldest&int64(len(h.ring)-1)] = nil
		h.spare = append(h.spare, p)
	}
	if n := len(h.spare); n > sparesKept+int(h.newest-h.oldest)/4 {
		h.spare[n-1] = nil // the bit rate has fallen
		h.spare = h.spare[:n-1]
	}
}

const (
	// sparesKept are ready for a burst.
	sparesKept = 32
	// sparesTried is how many spares are looked at for one that nobody holds.
	sparesTried = 8
)

// take hands out an empty packet.
func (h *history) take() *Packet {
	last := len(h.spare) - 1
	for i := last; i >= 0 && i > last-sparesTried; i-- {
		p := h.spare[i]
		if p.held.Load() != 0 {
			continue
		}
		h.spare[i] = h.spare[last]
		h.spare = h.spare[:last]
		p.Reset()
		return p
	}
	return new(Packet)
}

// give takes back a packet that is not to be kept.
func (h *history) give(p *Packet) { h.spare = append(h.spare, p) }
