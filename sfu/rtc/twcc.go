package rtc

import "encoding/binary"

const (
	twccWindow  = 1024       // packets whose arrival is remembered
	twccPerPack = 400        // packets that one feedback message reports on
	twccTick    = int64(250) // microseconds of a receive delta
	twccRef     = int64(64000)
)

// arrivals remembers when the packets of a publisher came, by their
// transport-wide sequence numbers, and writes the feedback from which the
// publisher estimates its bandwidth
// (draft-holmer-rmcat-transport-wide-cc-extensions-01).
type arrivals struct {
	started bool
	from    int64 // the first number that the next message reports on
	newest  int64
	count   uint8             // of messages
	seq     [twccWindow]int64 // which number a place holds, plus one
	at      [twccWindow]int64 // microseconds
}

// received notes a packet; now in nanoseconds.
func (a *arrivals) received(seq uint16, now int64) {
	if !a.started {
		a.started = true
		a.newest = int64(seq) + 1<<16 // so that no extended number is negative
		a.from = a.newest
	}
	ext := a.newest + int64(int16(seq-uint16(a.newest)))
	if ext > a.newest {
		a.newest = ext
		// A leap leaves nothing of use behind it.
		a.from = max(a.from, a.newest-twccWindow+1)
	}
	if ext <= a.newest-twccWindow {
		return
	}
	i := ext & (twccWindow - 1)
	if a.seq[i] == ext+1 {
		return // a duplicate does not change when it came
	}
	a.seq[i], a.at[i] = ext+1, now/1000
	if ext < a.from {
		a.from = ext // late: the report on what follows it is repeated
	}
}

// time is when a number came, in microseconds.
func (a *arrivals) time(ext int64) (int64, bool) {
	i := ext & (twccWindow - 1)
	return a.at[i], a.seq[i] == ext+1
}

// feedback appends one RTCP message about what came since the last, and reports
// whether there is more to say. Nothing is appended if nothing came.
func (a *arrivals) feedback(b []byte, sender, media uint32) (out []byte, more bool) {
	if !a.started || a.from > a.newest {
		return b, false
	}
	last := min(a.newest, a.from+twccPerPack-1)
	first := a.nextReceived(a.from)
	if first > last { // nothing but losses in this stretch
		a.from = last + 1
		return b, a.from <= a.newest
	}
	at, _ := a.time(first)
	reference := at / twccRef

	start := len(b)
	b = append(b, 0x80|15, 205, 0, 0)
	b = binary.BigEndian.AppendUint32(b, sender)
	b = binary.BigEndian.AppendUint32(b, media)
	b = binary.BigEndian.AppendUint16(b, uint16(a.from))
	b = binary.BigEndian.AppendUint16(b, 0) // status count, once known
	b = append(b, byte(reference>>16), byte(reference>>8), byte(reference), a.count)
	a.count++

	// How each packet is reported, and the deltas of those that came. A delta
	// that does not fit ends the message.
	var deltas [2 * twccPerPack]byte
	var symbols [twccPerPack]byte
	size, n := 0, 0
	previous := reference * twccRef / twccTick
	for ext := a.from; ext <= last; ext++ {
		at, ok := a.time(ext)
		if !ok {
			symbols[n] = 0
			n++
			continue
		}
		delta := at/twccTick - previous
		if delta < -1<<15 || delta >= 1<<15 {
			break
		}
		previous += delta
		if delta >= 0 && delta <= 255 {
			symbols[n] = 1
			deltas[size] = byte(delta)
			size++
		} else {
			symbols[n] = 2
			binary.BigEndian.PutUint16(deltas[size:], uint16(int16(delta)))
			size += 2
		}
		n++
	}
	if n == 0 {
		a.from++
		return b[:start], a.from <= a.newest
	}
	b = appendChunks(b, symbols[:n])
	b = append(b, deltas[:size]...)
	binary.BigEndian.PutUint16(b[start+14:], uint16(n))
	if pad := -(len(b) - start) & 3; pad > 0 {
		b[start] |= 0x20
		b = append(b, make([]byte, pad)...)
		b[len(b)-1] = byte(pad)
	}
	binary.BigEndian.PutUint16(b[start+2:], uint16((len(b)-start)/4-1))
	a.from += int64(n)
	return b, a.from <= a.newest
}

// nextReceived is the first number from ext on that came, or one past the newest.
func (a *arrivals) nextReceived(ext int64) int64 {
	for ; ext <= a.newest; ext++ {
		if _, ok := a.time(ext); ok {
			return ext
		}
	}
	return ext
}

// appendChunks writes packet status chunks: a run where seven and more packets
// are alike, else a vector of seven two-bit symbols.
func appendChunks(b, symbols []byte) []byte {
	for len(symbols) > 0 {
		run := 1
		for run < len(symbols) && symbols[run] == symbols[0] && run < 1<<13-1 {
			run++
		}
		if run >= 7 || run == len(symbols) {
			b = binary.BigEndian.AppendUint16(b, uint16(symbols[0])<<13|uint16(run))
			symbols = symbols[run:]
			continue
		}
		chunk := uint16(3) << 14
		n := min(7, len(symbols))
		for i, s := range symbols[:n] {
			chunk |= uint16(s) << (12 - 2*i)
		}
		b = binary.BigEndian.AppendUint16(b, chunk)
		symbols = symbols[n:]
	}
	return b
}
