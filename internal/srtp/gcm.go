package srtp

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
)

// gcm is AES-GCM with tags of 16 bytes (NIST SP 800-38D). On packets the assembly
// is more than twice as fast as the standard library's, which does not use
// vectors of more than one block.
type gcm struct {
	key     *gcmKey
	generic cipher.AEAD // if there is no key
	nonce   [12]byte    // scratch
	tag     [gcmTag]byte
}

func newGCM(key []byte, hw hardware) (*gcm, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("AES-GCM: %w", err)
	}
	if hw.gcm {
		return &gcm{key: newGCMKey(key, block)}, nil
	}
	generic, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("AES-GCM: %w", err)
	}
	return &gcm{generic: generic}, nil
}

// seal encrypts src to the beginning of dst, which is longer by the tag. Data, 1
// byte at least, are authenticated too. The nonce is high and the upper half of low.
func (g *gcm) seal(dst, src, data []byte, high, low uint64) {
	if g.key == nil {
		g.generic.Seal(dst[:0], g.bytes(high, low), src, data)
		return
	}
	n := len(src)
	tag := (*[gcmTag]byte)(dst[n:])
	from := &tag[0] // anything, if there is nothing
	if n > 0 {
		from = &src[0]
	}
	sealGCM(g.key, high, low, &dst[0], from, n, &data[0], len(data), &tag[0])
}

// open decrypts src, with its tag, to dst, which is shorter by the tag, and says
// whether it is authentic.
func (g *gcm) open(dst, src, data []byte, high, low uint64) bool {
	if g.key == nil {
		_, err := g.generic.Open(dst[:0], g.bytes(high, low), src, data)
		return err == nil
	}
	n := len(src) - gcmTag
	to := &g.tag[0]
	if n > 0 {
		to = &dst[:n][0]
	}
	openGCM(g.key, high, low, to, &src[0], n, &data[0], len(data), &g.tag[0])
	return subtle.ConstantTimeCompare(g.tag[:], src[n:]) == 1
}

func (g *gcm) bytes(high, low uint64) []byte {
	binary.BigEndian.PutUint64(g.nonce[:], high)
	binary.BigEndian.PutUint32(g.nonce[8:], uint32(low>>32))
	return g.nonce[:]
}

// gcmKey is what sealGCM and openGCM need of a key; they know where it lies.
type gcmKey struct {
	rounds [15][16]byte // round keys; AES-128 has none in 1 to 4
	powers [20][16]byte // of H, from the 17th to the first, and zeros
	long   bool         // AES-256
}

func newGCMKey(key []byte, block cipher.Block) *gcmKey {
	k := &gcmKey{long: len(key) == 32}
	if k.long {
		expandKey256((*[32]byte)(key), &k.rounds)
	} else {
		var rounds [11][16]byte
		expandKey((*[16]byte)(key), &rounds)
		k.rounds[0] = rounds[0]
		copy(k.rounds[5:], rounds[1:])
	}
	var h [aes.BlockSize]byte
	block.Encrypt(h[:], h[:])
	// Bytes are turned round, and H is shifted by one bit, which spares every
	// product that shift.
	high, low := binary.BigEndian.Uint64(h[:]), binary.BigEndian.Uint64(h[8:])
	carry := -(high >> 63)
	high, low = high<<1|low>>63, low<<1
	binary.LittleEndian.PutUint64(k.powers[16][:], low^carry&1)
	binary.LittleEndian.PutUint64(k.powers[16][8:], high^carry&0xc200000000000000)
	gcmPowers(&k.powers)
	return k
}
