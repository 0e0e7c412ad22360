package srtp

// batchSize is how many packets a Batch holds back; more are finished early.
const batchSize = 64

// Batch collects packets that are encrypted but lack their tag, so that the tags
// can be computed several at a time, whatever their keys and lengths: most of the
// time of a single HMAC-SHA1 is waiting for its own last round. The zero value is
// empty. One serves all Sealers of a goroutine.
type Batch struct {
	n     int
	list  [batchSize]signing
	lanes laneStates
}

// SealRTP is like Sealer.SealRTP except that the tag may be missing until Finish.
// The packet must stay where it is, unchanged, until then. Of AES-GCM, whose tags
// come with the encryption, it completes the packet at once.
func (b *Batch) SealRTP(s *Sealer, packet []byte, header int, payload []byte, roc uint32) []byte {
	if s.rtp.cm == nil {
		return s.SealRTP(packet, header, payload, roc)
	}
	if b.n == len(b.list) {
		b.Finish()
	}
	out := s.encrypt(packet, header, payload, roc)
	b.list[b.n].begin(&s.rtp.cm.mac, out, roc)
	b.n++
	return out
}

// Finish writes the tags that are missing, and forgets the packets.
func (b *Batch) Finish() {
	if b.n == 0 {
		return
	}
	list := b.list[:b.n]
	b.n = 0
	hw := list[0].mac.hw
	if hw.lanes {
		b.lanes.sign(list, hw)
	}
	if hw.sha {
		signPairs(list)
		return
	}
	for i := range list {
		if u := &list[i]; u.step != signed {
			u.mac.sign(u.tag, u.message, u.word)
			u.end()
		}
	}
}
