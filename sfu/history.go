package sfu

// history holds the last packets of an encoding, each where its extended
// sequence number puts it. Packets are made as the first lap needs them and
// used again for ever: what a newer packet displaces becomes a spare.
type history struct {
	ring  []*Packet // length a power of two
	spare []*Packet
}

// newHistory makes one of at least size packets.
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
}

// take hands out an empty packet.
func (h *history) take() *Packet {
	n := len(h.spare)
	if n == 0 {
		return new(Packet)
	}
	p := h.spare[n-1]
	h.spare = h.spare[:n-1]
	p.Reset()
	return p
}

// give takes back a packet that is not to be kept.
func (h *history) give(p *Packet) { h.spare = append(h.spare, p) }
