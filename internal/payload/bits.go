package payload

import "math/bits"

// bitReader reads big-endian bits. Reading past the end yields zeros and is
// remembered in failed, so that a parser checks once.
type bitReader struct {
	b      []byte
	at     int // in bits
	failed bool
}

func (r *bitReader) bits(n int) uint32 {
	if r.at+n > len(r.b)*8 {
		r.failed = true
		r.at = len(r.b) * 8
		return 0
	}
	var v uint32
	for n > 0 {
		free := 8 - r.at&7
		take := min(free, n)
		chunk := r.b[r.at>>3] >> (free - take) & (1<<take - 1)
		v = v<<take | uint32(chunk)
		r.at += take
		n -= take
	}
	return v
}

func (r *bitReader) flag() bool { return r.bits(1) == 1 }

func (r *bitReader) skip(n int) {
	if r.at+n > len(r.b)*8 {
		r.failed = true
		r.at = len(r.b) * 8
		return
	}
	r.at += n
}

// zeros counts leading zero bits up to limit and reads the one behind them.
func (r *bitReader) zeros(limit int) int {
	n := 0
	for !r.failed && !r.flag() {
		if n++; n > limit {
			r.failed = true
		}
	}
	return n
}

// ue reads an Exp-Golomb number (ITU-T H.264 9.1), at most 2^31-2.
func (r *bitReader) ue() uint32 {
	n := r.zeros(30)
	return 1<<n - 1 + r.bits(n)
}

// se reads a signed Exp-Golomb number.
func (r *bitReader) se() int32 {
	v := r.ue()
	if v&1 == 1 {
		return int32(v/2) + 1
	}
	return -int32(v / 2)
}

// uvlc reads an AV1 variable length number and forgets it.
func (r *bitReader) uvlc() {
	if n := r.zeros(32); n < 32 {
		r.skip(n)
	}
}

// ns reads a number below n in as few bits as that needs (AV1 specification,
// section 4.10.7).
func (r *bitReader) ns(n uint32) uint32 {
	if n == 0 {
		return 0
	}
	w := bits.Len32(n)
	m := uint32(1)<<w - n
	v := r.bits(w - 1)
	if v < m {
		return v
	}
	return v<<1 - m + r.bits(1)
}
