package srtp

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// TestBatch compares batches of every size, of equal and of mixed lengths and with
// several keys, with packets that were sealed one by one.
func TestBatch(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	for _, hw := range levels() {
		var pairs []*pair
		for _, p := range []Profile{AES128CMSHA1_80, AES128CMSHA1_80, AES128CMSHA1_80, AEADAES128GCM} {
			pairs = append(pairs, newPair(t, p, uint64(len(pairs)), hw))
		}
		var batch Batch
		for n := range 3 * batchSize {
			equal, length := n%2 == 0, r.IntN(1400)
			var want, got [][]byte
			for range n % (batchSize + 20) {
				if !equal {
					length = r.IntN(1400)
				}
				x, payload, roc := pairs[r.IntN(len(pairs))], noise(r, length), r.Uint32()
				header := rtpHeaderOf(r, 5, uint16(r.Uint32()))
				room := len(header) + len(payload) + x.seal.profile.Tag()
				one := append(make([]byte, 0, room), header...)
				want = append(want, x.seal.SealRTP(one, len(header), payload, roc))
				many := append(make([]byte, 0, room), header...)
				got = append(got, batch.SealRTP(x.seal, many, len(header), payload, roc))
			}
			batch.Finish()
			for i := range got {
				if !bytes.Equal(got[i], want[i]) {
					t.Fatalf("%v: packet %d of %d: %x, want %x", hw, i, len(got), got[i], want[i])
				}
			}
		}
		for i := range batch.list {
			if u := &batch.list[i]; u.mac != nil || u.message != nil || u.rest != nil {
				t.Fatal("a packet is kept when it is finished")
			}
		}
	}
}
