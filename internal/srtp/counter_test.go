package srtp

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestCounter compares with the standard library, on all lengths, in place and
// out of place, and looks whether anything beside the destination is written.
func TestCounter(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	for _, hw := range levels() {
		for n := range 1501 {
			key, start := noise(r, 16), [16]byte(noise(r, 16))
			start[14], start[15] = 0, 0
			high, low := binary.BigEndian.Uint64(start[:]), binary.BigEndian.Uint64(start[8:])
			block, err := aes.NewCipher(key)
			if err != nil {
				t.Fatal(err)
			}
			c, err := newCounter(key, hw)
			if err != nil {
				t.Fatal(err)
			}
			src, off := noise(r, n), r.IntN(64)
			want := make([]byte, n)
			cipher.NewCTR(block, start[:]).XORKeyStream(want, src)
			room := bytes.Repeat([]byte{0xA5}, n+128)
			dst := room[off:][:n:n]
			c.xor(dst, src, high, low)
			if !bytes.Equal(dst, want) {
				t.Fatalf("%v, length %d: %x, want %x", hw, n, dst, want)
			}
			copy(dst, src)
			c.xor(dst, dst, high, low)
			if !bytes.Equal(dst, want) {
				t.Fatalf("%v, length %d in place: %x, want %x", hw, n, dst, want)
			}
			if bytes.Count(room[:off], []byte{0xA5}) != off || bytes.Count(room[off+n:], []byte{0xA5}) != 128-off {
				t.Fatalf("%v, length %d: written beside the destination", hw, n)
			}
		}
	}
}

func BenchmarkCounter(b *testing.B) {
	for _, hw := range levels() {
		for _, n := range []int{112, 1180} {
			b.Run(fmt.Sprintf("%v/%d", hw, n), func(b *testing.B) {
				c, _ := newCounter(make([]byte, 16), hw)
				src, dst := make([]byte, n), make([]byte, n)
				for b.Loop() {
					c.xor(dst, src, 0, 0)
				}
			})
		}
	}
}
