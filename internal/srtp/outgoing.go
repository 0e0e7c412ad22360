package srtp

// Outgoing turns the sequence numbers of one outgoing SSRC into rollover counters.
// The zero value has sent nothing. It belongs to one key, and lives as long: to
// forget it is to use numbers twice.
type Outgoing struct {
	highest uint64 // 48-bit index
	began   bool
}

// maxIndex is the last of a key (RFC 3711 section 9.2).
const maxIndex = 1<<48 - 1

// ROC is the rollover counter to seal the packet with this sequence number with: 0 at
// the first; a number less than 32,768 ahead of the highest so far counts up, any
// other is an earlier one. It is not ok if that would be before rollover counter 0
// began, or if the 48-bit index is used up: such a packet must not be sealed, for
// its number may belong to another. ROC does not notice a number used twice.
func (o *Outgoing) ROC(seq uint16) (roc uint32, ok bool) {
	if !o.began {
		o.began, o.highest = true, uint64(seq)
		return 0, true
	}
	ahead := int64(int16(seq - uint16(o.highest)))
	index := int64(o.highest) + ahead
	if index < 0 || index > maxIndex {
		return 0, false
	}
	if ahead > 0 {
		o.highest = uint64(index)
	}
	return uint32(index >> 16), true
}
