package srtp

import (
	"os"
	"syscall"
	"testing"
)

// guarded is memory with pages on both sides whose every touch ends the program.
type guarded []byte

func newGuarded(t *testing.T) guarded {
	t.Helper()
	page := os.Getpagesize()
	b, err := syscall.Mmap(-1, 0, 3*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatalf("map memory: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Munmap(b); err != nil {
			t.Errorf("unmap memory: %v", err)
		}
	})
	for _, side := range [][]byte{b[:page], b[2*page:]} {
		if err := syscall.Mprotect(side, syscall.PROT_NONE); err != nil {
			t.Fatalf("protect memory: %v", err)
		}
	}
	return guarded(b[page : 2*page])
}

// piece is n bytes at the beginning or at the end.
func (g guarded) piece(n int, end bool) []byte {
	if end {
		return g[len(g)-n:]
	}
	return g[:n:n]
}

// TestNothingBesidesIsTouched: neither reads nor writes leave the buffers.
func TestNothingBesidesIsTouched(t *testing.T) {
	from, to, message := newGuarded(t), newGuarded(t), newGuarded(t)
	for _, hw := range levels() {
		counter, err := newCounter(make([]byte, 16), hw)
		if err != nil {
			t.Fatal(err)
		}
		mac := newMAC(make([]byte, cmAuthKey), hw)
		g, err := newGCM(make([]byte, 16), hw)
		if err != nil {
			t.Fatal(err)
		}
		x := newPair(t, AES128CMSHA1_80, 1, hw)
		var batch Batch
		for n := range 700 {
			for _, end := range []bool{false, true} {
				src, data := from.piece(n, end), message.piece(1+n%150, end)
				counter.xor(to.piece(n, end), src, 1, 2<<16)
				mac.sum(src, 3)
				sealed := to.piece(n+gcmTag, end)
				g.seal(sealed, src, data, 1, 2)
				if !g.open(from.piece(n, end), sealed, data, 1, 2) {
					t.Fatalf("%v, length %d: not opened", hw, n)
				}
				packet := message.piece(12+n+cmTag, end)
				for range lanes {
					batch.SealRTP(x.seal, packet[:12], 12, src, 0)
				}
				batch.Finish()
			}
		}
	}
}
