package srtp

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// TestGCMWithStandardLibrary: all lengths of a message with lengths of data that
// begin and end anywhere in a block and a vector, in place and out of place.
func TestGCMWithStandardLibrary(t *testing.T) {
	r := rand.New(rand.NewPCG(30, 31))
	for _, hw := range levels() {
		for _, size := range []int{16, 32} {
			for n := range 1501 {
				key, nonce := noise(r, size), noise(r, 12)
				block, err := aes.NewCipher(key)
				if err != nil {
					t.Fatal(err)
				}
				standard, err := cipher.NewGCM(block)
				if err != nil {
					t.Fatal(err)
				}
				g, err := newGCM(key, hw)
				if err != nil {
					t.Fatal(err)
				}
				high, low := binary.BigEndian.Uint64(nonce), uint64(binary.BigEndian.Uint32(nonce[8:]))<<32
				message, data := noise(r, n), noise(r, 1+(n*7+r.IntN(7))%300)
				want := standard.Seal(nil, nonce, message, data)

				off := r.IntN(64)
				room := bytes.Repeat([]byte{0xA5}, n+gcmTag+128)
				sealed := room[off:][: n+gcmTag : n+gcmTag]
				g.seal(sealed, message, data, high, low)
				if !bytes.Equal(sealed, want) {
					t.Fatalf("%v, length %d with %d of data: %x, want %x", hw, n, len(data), sealed, want)
				}
				copy(sealed, message)
				g.seal(sealed, sealed[:n], data, high, low)
				if !bytes.Equal(sealed, want) {
					t.Fatalf("%v, length %d with %d of data, in place: %x, want %x", hw, n, len(data), sealed, want)
				}
				if bytes.Count(room[:off], []byte{0xA5}) != off || bytes.Count(room[off+n+gcmTag:], []byte{0xA5}) != 128-off {
					t.Fatalf("%v, length %d: written beside the destination", hw, n)
				}

				room = bytes.Repeat([]byte{0xA5}, n+128)
				plain := room[off:][:n:n]
				if !g.open(plain, want, data, high, low) || !bytes.Equal(plain, message) {
					t.Fatalf("%v, length %d with %d of data: opened %x, want %x", hw, n, len(data), plain, message)
				}
				if bytes.Count(room[:off], []byte{0xA5}) != off || bytes.Count(room[off+n:], []byte{0xA5}) != 128-off {
					t.Fatalf("%v, length %d: written beside the destination", hw, n)
				}
				for _, b := range [][]byte{want, data} {
					i, bit := r.IntN(len(b)), byte(1)<<r.IntN(8)
					b[i] ^= bit
					if g.open(plain, want, data, high, low) {
						t.Fatalf("%v, length %d with %d of data: a forgery was opened", hw, n, len(data))
					}
					b[i] ^= bit
				}
			}
		}
	}
}
