package srtp

import "crypto/sha1"

// signing is one packet on its way to its tag, in steps: whoever hashes takes the
// blocks in rest into state, and asks for more.
type signing struct {
	mac     *mac
	message []byte
	tag     []byte
	word    uint32
	step    signingStep
	state   sha1State
	rest    []byte // whole blocks
	tail    tail
}

type signingStep uint8

const (
	begun signingStep = iota
	whole             // rest is the whole blocks of the message
	ended             // rest is its tail
	outer             // rest is the inner sum
	signed
)

func (u *signing) begin(m *mac, packet []byte, word uint32) {
	end := len(packet) - cmTag
	u.mac, u.message, u.tag, u.word, u.step = m, packet[:end], packet[end:], word, begun
}

// more goes to the next step when all of rest is in the state. When it says false,
// the tag has been written.
func (u *signing) more() bool {
	switch u.step {
	case begun:
		u.state = u.mac.inner
		u.step = whole
		if n := len(u.message) &^ (sha1Block - 1); n > 0 {
			u.rest = u.message[:n]
			return true
		}
		fallthrough
	case whole:
		u.step = ended
		u.rest = u.tail.fill(u.message, u.word)
	case ended:
		u.step = outer
		u.rest = u.tail.final(&u.state)
		u.state = u.mac.outer
	case outer:
		var sum [sha1.Size]byte
		putState(sum[:], &u.state)
		copy(u.tag, sum[:])
		u.end()
		return false
	}
	return true
}

// end forgets the packet.
func (u *signing) end() {
	u.mac, u.message, u.tag, u.rest, u.step = nil, nil, nil, nil, signed
}

// signPairs signs what is not signed yet, two at a time. A shorter one makes room
// for the next.
func signPairs(list []signing) {
	take := func() *signing {
		for len(list) > 0 {
			u := &list[0]
			list = list[1:]
			if u.step != signed && (len(u.rest) > 0 || u.more()) {
				return u
			}
		}
		return nil
	}
	a, b := take(), take()
	for a != nil && b != nil {
		n := min(len(a.rest), len(b.rest))
		hashSHA2(&a.state, &b.state, &a.rest[0], &b.rest[0], n/sha1Block)
		if a.rest = a.rest[n:]; len(a.rest) == 0 && !a.more() {
			a = take()
		}
		if b.rest = b.rest[n:]; len(b.rest) == 0 && !b.more() {
			b = take()
		}
	}
	if a == nil {
		a = b
	}
	for a != nil {
		hashSHA(&a.state, &a.rest[0], len(a.rest)/sha1Block)
		if a.rest = nil; !a.more() {
			a = nil
		}
	}
}
