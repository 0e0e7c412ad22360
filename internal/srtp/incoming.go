package srtp

import "math"

// half of the sequence numbers.
const half = 1 << 15

// Incoming is what is kept of one incoming SSRC: its rollover counter and its
// replay window. The zero value has received nothing. It belongs to one key: a
// new one begins anew.
type Incoming struct {
	window Window // of 48-bit indices
}

// Index estimates the rollover counter of a packet (RFC 3711 section 3.3.1 and
// appendix A) and says whether it is fresh: not accepted before and not older than
// the window of 256 packets. It changes nothing: the sequence number of a packet that
// has not been opened may be forged.
func (i *Incoming) Index(seq uint16) (roc uint32, fresh bool) {
	roc = i.estimate(seq)
	return roc, i.window.Fresh(uint64(roc)<<16 | uint64(seq))
}

func (i *Incoming) estimate(seq uint16) uint32 {
	highest := uint16(i.window.highest)
	roc := uint32(i.window.highest >> 16)
	switch {
	case !i.window.began:
		return 0
	case highest < half && int(seq)-int(highest) > half && roc > 0:
		return roc - 1
	case highest >= half && int(highest)-half > int(seq) && roc < math.MaxUint32:
		return roc + 1
	}
	return roc
}

// Others are the rollover counters that the sequence number may have besides that
// of Index, later than everything received: what to try when a packet is not fresh
// or not authentic, for after a gap of more than 32,768 packets the estimate is
// wrong and stays so. They are roc[:n]. Each try is an authentication that a forger can
// cause, so the caller limits how often it is done.
func (i *Incoming) Others(seq uint16) (roc [2]uint32, n int) {
	tried := i.estimate(seq)
	for guess := i.window.highest >> 16; guess <= i.window.highest>>16+1 && guess <= math.MaxUint32; guess++ {
		index := guess<<16 | uint64(seq)
		if uint32(guess) == tried || i.window.began && index <= i.window.highest {
			continue // known to fail, or not later: a replay
		}
		roc[n] = uint32(guess)
		n++
	}
	return roc, n
}

// Accept records a packet that was opened under roc.
func (i *Incoming) Accept(seq uint16, roc uint32) {
	i.window.Accept(uint64(roc)<<16 | uint64(seq))
}
