package srtp

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestIncomingFollows: whatever order packets come in within half the sequence numbers,
// every index is estimated rightly and accepted once.
func TestIncomingFollows(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 18))
	for range 20 {
		var in Incoming
		highest := uint64(r.IntN(half))
		in.Accept(uint16(highest), 0)
		seen := map[uint64]bool{highest: true}
		for range 5000 {
			index := highest
			switch r.IntN(10) {
			case 0:
				index += uint64(r.IntN(half - 1)) // after a loss
			case 1, 2:
				index -= min(index, uint64(r.IntN(2*windowSize)))
			default:
				index += uint64(r.IntN(4))
			}
			roc, fresh := in.Index(uint16(index))
			if uint64(roc) != index>>16 {
				t.Fatalf("index %d after %d: rollover counter %d", index, highest, roc)
			}
			old := index+windowSize <= highest
			if want := !old && !seen[index]; fresh != want {
				t.Fatalf("index %d after %d, seen: %t: fresh is %t", index, highest, seen[index], fresh)
			}
			if again, still := in.Index(uint16(index)); again != roc || still != fresh {
				t.Fatal("asking changes the answer")
			}
			in.Accept(uint16(index), roc)
			seen[index] = true
			highest = max(highest, index)
		}
	}
}

// TestIncomingRecovers: after a gap that leads the estimate astray, one of the
// others is right; none is ever one that could have been received before.
func TestIncomingRecovers(t *testing.T) {
	for _, at := range []uint64{0, 5, half - 1, half, half + 1, 65535, 65536, 65541, 3<<16 + half - 1, 3<<16 + half, 4<<16 - 1} {
		for gap := uint64(half - 2); gap < 65536; gap += 77 {
			var in Incoming
			in.Accept(uint16(at), uint32(at>>16))
			index := at + gap
			seq := uint16(index)
			roc, _ := in.Index(seq)
			found := uint64(roc) == index>>16
			others, n := in.Others(seq)
			for _, other := range others[:n] {
				if other == roc {
					t.Errorf("%d after %d: %d is tried twice", index, at, roc)
				}
				if uint64(other)<<16|uint64(seq) <= at {
					t.Errorf("%d after %d: %d would be a replay", index, at, other)
				}
				found = found || uint64(other) == index>>16
			}
			if !found {
				t.Fatalf("%d after %d: %d and %v are wrong", index, at, roc, others[:n])
			}
			in.Accept(seq, uint32(index>>16))
			if roc, fresh := in.Index(seq + 1); uint64(roc) != (index+1)>>16 || !fresh {
				t.Fatalf("%d after the gap: rollover counter %d, fresh: %t", index+1, roc, fresh)
			}
			if _, fresh := in.Index(seq); fresh {
				t.Fatal("a packet would be accepted twice")
			}
		}
	}
}

// TestIncomingEnds: neither the beginning nor the end of the counter wraps.
func TestIncomingEnds(t *testing.T) {
	var in Incoming
	if roc, fresh := in.Index(60000); roc != 0 || !fresh {
		t.Errorf("at first: %d, %t", roc, fresh)
	}
	if others, n := in.Others(3); n != 1 || others[0] != 1 {
		t.Errorf("who missed the first packets may be one further: %v", others[:n])
	}
	in.Accept(3, 0)
	if roc, fresh := in.Index(65000); roc != 0 || !fresh {
		t.Errorf("nothing is before the beginning: %d, %t", roc, fresh)
	}
	in.Accept(65000, math.MaxUint32)
	if roc, _ := in.Index(3); roc != math.MaxUint32 {
		t.Errorf("nothing is behind the end: %d", roc)
	}
	if others, n := in.Others(3); n != 0 {
		t.Errorf("nothing is behind the end: %v", others[:n])
	}
}

// TestOpensAfterGaps: most packets are lost, so that the rollover counter cannot be
// estimated; it is found by trying the others.
func TestOpensAfterGaps(t *testing.T) {
	for _, p := range profiles {
		r := rand.New(rand.NewPCG(32, 33))
		x := newPair(t, p, 34, detect())
		dst := make([]byte, 0, 100)
		var in Incoming
		var tries int
		for index := range 10 * 65536 {
			if index%40000 > 10 { // lost
				continue
			}
			header := rtpHeaderOf(r, 78, uint16(index))
			sealed := x.seal.SealRTP(append(make([]byte, 0, 100), header...), len(header), []byte("payload"), uint32(index>>16))
			roc, _ := in.Index(uint16(index))
			_, err := x.open.OpenRTP(dst, sealed, len(header), roc)
			if err == ErrAuth {
				others, n := in.Others(uint16(index))
				for _, roc = range others[:n] {
					tries++
					if _, err = x.open.OpenRTP(dst, sealed, len(header), roc); err == nil {
						break
					}
				}
			}
			if err != nil || roc != uint32(index>>16) {
				t.Fatalf("%v: packet %d: rollover counter %d, %v", p, index, roc, err)
			}
			in.Accept(uint16(index), roc)
		}
		if tries == 0 {
			t.Errorf("%v: the estimate was never wrong: nothing was tested", p)
		}
	}
}
