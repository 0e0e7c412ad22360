package srtp

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/binary"
	"hash"
)

// mac is HMAC-SHA1 (RFC 2104, RFC 3711 section 4.2.1) of a message followed by a
// word: the rollover counter of RTP, or the index of RTCP.
type mac struct {
	hw           hardware
	inner, outer sha1State  // after the block of the key
	generic      *keyedHash // if hw has no SHA
}

func newMAC(key []byte, hw hardware) mac {
	m := mac{hw: hw}
	if !hw.sha {
		m.generic = &keyedHash{hash: hmac.New(sha1.New, key)}
	}
	m.inner, m.outer = keyState(key, 0x36, hw), keyState(key, 0x5c, hw)
	return m
}

// keyState is the state behind the block of the key, if anybody needs it.
func keyState(key []byte, pad byte, hw hardware) sha1State {
	block := bytes.Repeat([]byte{pad}, sha1Block)
	subtle.XORBytes(block, block, key)
	state := sha1Start()
	switch {
	case hw.sha:
		hashSHA(&state, &block[0], 1)
	case hw.lanes:
		var l laneStates
		for i := range l.next {
			l.next[i] = &block[0]
		}
		l.put(0, &state)
		hashLanes(&l.state, &l.next, 1)
		l.get(0, &state)
	}
	return state
}

// sign writes the first bytes of the sum to tag, as many as it has.
func (m *mac) sign(tag, message []byte, word uint32) {
	sum := m.sum(message, word)
	copy(tag, sum[:])
}

// verify says whether the sum begins with tag.
func (m *mac) verify(tag, message []byte, word uint32) bool {
	sum := m.sum(message, word)
	return subtle.ConstantTimeCompare(sum[:len(tag)], tag) == 1
}

func (m *mac) sum(message []byte, word uint32) [sha1.Size]byte {
	if m.generic != nil {
		return m.generic.sum(message, word)
	}
	state := m.inner
	if n := len(message) / sha1Block; n > 0 {
		hashSHA(&state, &message[0], n)
	}
	var tail tail
	blocks := tail.fill(message, word)
	hashSHA(&state, &blocks[0], len(blocks)/sha1Block)
	blocks = tail.final(&state)
	state = m.outer
	hashSHA(&state, &blocks[0], 1)
	var out [sha1.Size]byte
	putState(out[:], &state)
	return out
}

// keyedHash is the sum without assembly.
type keyedHash struct {
	hash hash.Hash
	word [4]byte         // scratch
	out  [sha1.Size]byte // scratch
}

func (k *keyedHash) sum(message []byte, word uint32) [sha1.Size]byte {
	binary.BigEndian.PutUint32(k.word[:], word)
	k.hash.Reset()
	k.hash.Write(message)
	k.hash.Write(k.word[:])
	k.hash.Sum(k.out[:0])
	return k.out
}
