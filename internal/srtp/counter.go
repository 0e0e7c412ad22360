package srtp

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
)

// counter is AES-128 in counter mode. The standard library's allocates for each
// packet, since it makes a copy of the key.
type counter struct {
	hw      hardware
	rounds  [11][aes.BlockSize]byte // keys of the rounds, if hw has AES
	generic *blocks                 // otherwise
}

func newCounter(key []byte, hw hardware) (c counter, err error) {
	c.hw = hw
	if hw.aes {
		expandKey((*[aes.BlockSize]byte)(key), &c.rounds)
		return c, nil
	}
	c.generic = &blocks{}
	c.generic.cipher, err = aes.NewCipher(key)
	return c, err
}

// xor encrypts src into dst, which is as long, with the key stream that begins at
// the block of high and low, whose last 16 bits are zero.
func (c *counter) xor(dst, src []byte, high, low uint64) {
	if len(src) == 0 {
		return
	}
	dst = dst[:len(src)]
	switch {
	case c.hw.vaes:
		xorVAES(&c.rounds, high, low, &dst[0], &src[0], len(src))
	case c.hw.aes:
		xorAES(&c.rounds, high, low, &dst[0], &src[0], len(src))
	default:
		c.generic.xor(dst, src, high, low)
	}
}

// blocks is the counter mode without assembly.
type blocks struct {
	cipher cipher.Block
	in     [aes.BlockSize]byte     // scratch
	stream [8 * aes.BlockSize]byte // scratch
}

func (b *blocks) xor(dst, src []byte, high, low uint64) {
	binary.BigEndian.PutUint64(b.in[:], high)
	for len(src) > 0 {
		n := min(len(src), len(b.stream))
		for i := 0; i < n; i += aes.BlockSize {
			binary.BigEndian.PutUint64(b.in[8:], low)
			b.cipher.Encrypt(b.stream[i:], b.in[:])
			low++
		}
		subtle.XORBytes(dst, src[:n], b.stream[:n])
		dst, src = dst[n:], src[n:]
	}
}
