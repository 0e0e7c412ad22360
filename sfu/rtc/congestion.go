package rtc

import "encoding/binary"

// sendLogSize is how many packets a receiver's feedback can speak of.
const sendLogSize = 2048

// sendLog numbers the packets that a client is sent, all its slots together, and
// remembers when each left, for the feedback that says when each came
// (draft-holmer-rmcat-transport-wide-cc-extensions-01). It belongs to the shard
// that seals; feedback reads it there.
type sendLog struct {
	next uint16
	sent [sendLogSize]sentPacket
}

// sentPacket is one of them.
type sentPacket struct {
	number uint16
	size   uint16 // bytes, and saidLost; 0: not sent, or reported as delivered
	at     uint32 // microseconds, modulo 2^32
}

// number gives the next packet its number.
func (l *sendLog) number(now int64, size int) uint16 {
	n := l.next
	l.next++
	l.sent[n%sendLogSize] = sentPacket{number: n, size: uint16(size), at: uint32(now / 1000)}
	return n
}

// saidLost marks a packet that was reported as lost.
const saidLost = 1 << 15

// transportFeedback is what one message says.
type transportFeedback struct {
	delivered, lost int
	bytes           int   // delivered
	roundTrip       int64 // nanoseconds from the newest delivered packet's departure to now; 0: unknown
}

// report takes the body of a feedback message (after the media SSRC) that came
// at now; false if it is malformed. Packets that were reported before count once.
func (l *sendLog) report(b []byte, now int64) (f transportFeedback, ok bool) {
	if len(b) < 8 {
		return f, false
	}
	base, count := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
	b = b[8:]
	if count > sendLogSize {
		return f, false
	}
	for n := 0; n < count; {
		if len(b) < 2 {
			return f, false
		}
		chunk := binary.BigEndian.Uint16(b)
		b = b[2:]
		for i, symbols := 0, chunkLength(chunk); i < symbols && n < count; i++ {
			l.settle(base+uint16(n), chunkSymbol(chunk, i) != 0, now, &f)
			n++
		}
	}
	return f, true
}

// settle takes the news of one packet.
func (l *sendLog) settle(number uint16, came bool, now int64, f *transportFeedback) {
	p := &l.sent[number%sendLogSize]
	if p.number != number || p.size == 0 {
		return
	}
	if !came {
		if p.size&saidLost == 0 {
			p.size |= saidLost
			f.lost++ // it may still come, and then counts as delivered too
		}
		return
	}
	f.delivered++
	f.bytes += int(p.size &^ saidLost)
	f.roundTrip = int64(uint32(now/1000)-p.at) * 1000
	p.size = 0
}

// chunkLength is how many packets a status chunk speaks of.
func chunkLength(chunk uint16) int {
	switch {
	case chunk&0x8000 == 0:
		return int(chunk & 0x1fff) // a run
	case chunk&0x4000 == 0:
		return 14 // one bit each
	}
	return 7 // two bits each
}

// chunkSymbol is what it says of one of them: 0 if it did not come.
func chunkSymbol(chunk uint16, i int) uint16 {
	switch {
	case chunk&0x8000 == 0:
		return chunk >> 13 & 3
	case chunk&0x4000 == 0:
		return chunk >> (13 - i) & 1
	}
	return chunk >> (12 - 2*i) & 3
}
