package srtp

// windowSize in packets; RFC 3711 section 3.3.2 asks for 64 at least.
const windowSize = 256

// Window refuses replays: it knows the highest index that was accepted and which of
// the windowSize below it were (RFC 3711 section 3.3.2). The zero value has
// accepted none. SRTCP needs one for each SSRC that sends it.
type Window struct {
	highest uint64
	began   bool
	seen    [windowSize / 64]uint64 // by index modulo windowSize
}

// Fresh says whether a packet with this index may be accepted: false for one that
// was, and for one older than the window. It changes nothing.
func (w *Window) Fresh(index uint64) bool {
	if !w.began || index > w.highest {
		return true
	}
	if w.highest-index >= windowSize {
		return false
	}
	return w.seen[index/64%uint64(len(w.seen))]>>(index%64)&1 == 0
}

// Accept records an index. Only that of an authentic packet may be.
func (w *Window) Accept(index uint64) {
	switch {
	case !w.began || index > w.highest && index-w.highest >= windowSize:
		*w = Window{highest: index, began: true}
	case index > w.highest:
		for i := w.highest + 1; i < index; i++ {
			w.seen[i/64%uint64(len(w.seen))] &^= 1 << (i % 64)
		}
		w.highest = index
	case w.highest-index >= windowSize:
		return
	}
	w.seen[index/64%uint64(len(w.seen))] |= 1 << (index % 64)
}
