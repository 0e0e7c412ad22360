package srtp

import (
	"crypto/sha1"
	"encoding/binary"
)

const sha1Block = sha1.BlockSize // 64 bytes

// sha1State is what SHA-1 knows between two blocks.
type sha1State = [5]uint32

// sha1Start returns the state before the first block (FIPS 180-4 section 5.3.1).
func sha1Start() sha1State {
	return sha1State{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}
}

func putState(b []byte, s *sha1State) {
	_ = b[sha1.Size-1]
	for i, v := range s {
		binary.BigEndian.PutUint32(b[4*i:], v)
	}
}

// tail is the last blocks of a message with a key's block before it: what does not
// fill a block, the word, and the padding.
type tail [2 * sha1Block]byte

// fill returns what is to be hashed of t.
func (t *tail) fill(message []byte, word uint32) []byte {
	n := copy(t[:], message[len(message)&^(sha1Block-1):])
	binary.BigEndian.PutUint32(t[n:], word)
	size := sha1Block
	if n+4 >= sha1Block-8 {
		size = 2 * sha1Block
	}
	t.pad(n+4, size, len(message)+4)
	return t[:size]
}

// final makes t the only block behind the outer key's: the inner sum.
func (t *tail) final(inner *sha1State) []byte {
	putState(t[:], inner)
	t.pad(sha1.Size, sha1Block, sha1.Size)
	return t[:sha1Block]
}

// pad ends a message with n bytes in t, of length bytes behind the key's block.
func (t *tail) pad(n, size, length int) {
	t[n] = 0x80
	clear(t[n+1 : size-8])
	binary.BigEndian.PutUint64(t[size-8:size], uint64(sha1Block+length)*8)
}
