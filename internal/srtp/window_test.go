package srtp

import (
	"math/rand/v2"
	"testing"
)

// TestWindow compares with what is obviously right.
func TestWindow(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	for range 50 {
		var w Window
		seen, highest, began := map[uint64]bool{}, uint64(0), false
		at := uint64(r.IntN(1000))
		for range 2000 {
			switch r.IntN(20) {
			case 0:
				at += uint64(r.IntN(3 * windowSize))
			case 1:
				at += windowSize - 1 + uint64(r.IntN(3))
			default:
				at += uint64(r.IntN(3))
			}
			index := at - min(at, uint64(r.IntN(windowSize+10)))
			want := !began || !seen[index] && index+windowSize > highest
			if w.Fresh(index) != want {
				t.Fatalf("%d after %d, seen: %t: fresh is %t", index, highest, seen[index], !want)
			}
			if want || r.IntN(2) == 0 { // accepting what is not fresh does no harm
				w.Accept(index)
				began, seen[index], highest = true, true, max(highest, index)
			}
		}
	}
}
