package srtp

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// TestMAC compares with the standard library on all lengths.
func TestMAC(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 24))
	for _, hw := range levels() {
		for n := range 1501 {
			key, message, word := noise(r, cmAuthKey), noise(r, n), r.Uint32()
			h := hmac.New(sha1.New, key)
			h.Write(binary.BigEndian.AppendUint32(bytes.Clone(message), word))
			want := h.Sum(nil)
			m := newMAC(key, hw)
			if got := m.sum(message, word); !bytes.Equal(got[:], want) {
				t.Fatalf("%v, length %d: %x, want %x", hw, n, got, want)
			}
			tag := make([]byte, cmTag)
			if m.sign(tag, message, word); !m.verify(tag, message, word) || m.verify(tag, message, word+1) {
				t.Fatalf("%v, length %d: wrongly verified", hw, n)
			}
		}
	}
}
