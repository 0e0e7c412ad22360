package srtp

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/pion/srtp/v3"
)

// theirs makes contexts of pion for the key of a pair.
func (x *pair) theirs(t testing.TB, p Profile) *srtp.Context {
	t.Helper()
	c, err := srtp.CreateContext(x.key, x.salt, srtp.ProtectionProfile(p),
		srtp.SRTPReplayProtection(windowSize), srtp.SRTCPReplayProtection(windowSize))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func eachLevel(t *testing.T, f func(t *testing.T, p Profile, hw hardware)) {
	for _, p := range profiles {
		for _, hw := range levels() {
			t.Run(fmt.Sprintf("%v/%v", p, hw), func(t *testing.T) { f(t, p, hw) })
		}
	}
}

// TestSealRTPForPion: every length, out of place, in place and in a batch.
func TestSealRTPForPion(t *testing.T) {
	eachLevel(t, func(t *testing.T, p Profile, hw hardware) {
		r := rand.New(rand.NewPCG(1, 2))
		x := newPair(t, p, 3, hw)
		them := x.theirs(t, p)
		var batch Batch
		for n := range 1451 {
			header := rtpHeaderOf(r, 0xdecafbad, uint16(n))
			payload := noise(r, n)
			untouched := bytes.Clone(payload)
			whole := append(bytes.Clone(header), payload...)
			want, err := them.EncryptRTP(nil, whole, nil)
			if err != nil {
				t.Fatal(err)
			}
			room := len(whole) + p.Tag()
			away := append(make([]byte, 0, room), header...)
			if got := x.seal.SealRTP(away, len(header), payload, 0); !bytes.Equal(got, want) {
				t.Fatalf("length %d: %x, want %x", n, got, want)
			}
			if !bytes.Equal(payload, untouched) {
				t.Fatalf("length %d: the payload was modified", n)
			}
			here := append(make([]byte, 0, room), whole...)
			if got := x.seal.SealRTP(here, len(header), here[len(header):], 0); !bytes.Equal(got, want) {
				t.Fatalf("length %d in place: %x, want %x", n, got, want)
			}
			later := append(make([]byte, 0, room), header...)
			got := batch.SealRTP(x.seal, later, len(header), payload, 0)
			batch.Finish()
			if !bytes.Equal(got, want) {
				t.Fatalf("length %d in a batch: %x, want %x", n, got, want)
			}
		}
	})
}

// TestOpenRTPOfPion also forges and truncates.
func TestOpenRTPOfPion(t *testing.T) {
	eachLevel(t, func(t *testing.T, p Profile, hw hardware) {
		r := rand.New(rand.NewPCG(4, 5))
		x := newPair(t, p, 6, hw)
		them := x.theirs(t, p)
		dst := make([]byte, 0, 2000)
		for n := range 1451 {
			header := rtpHeaderOf(r, 0xdecafbad, uint16(n))
			whole := append(bytes.Clone(header), noise(r, n)...)
			sealed, err := them.EncryptRTP(nil, whole, nil)
			if err != nil {
				t.Fatal(err)
			}
			before := bytes.Clone(sealed)
			got, err := x.open.OpenRTP(dst, sealed, len(header), 0)
			if err != nil || !bytes.Equal(got, whole) {
				t.Fatalf("length %d: %x, %v, want %x", n, got, err, whole)
			}
			if !bytes.Equal(sealed, before) {
				t.Fatalf("length %d: the packet was modified", n)
			}
			if _, err := x.open.OpenRTP(dst, sealed, len(header), 1); err != ErrAuth {
				t.Fatalf("length %d under another rollover counter: %v", n, err)
			}
			if _, err := x.open.OpenRTP(dst, sealed[:r.IntN(len(sealed))], len(header), 0); err == nil {
				t.Fatalf("length %d, truncated: opened", n)
			}
			sealed[r.IntN(len(sealed))] ^= 1 << r.IntN(8)
			if _, err := x.open.OpenRTP(dst, sealed, len(header), 0); err != ErrAuth {
				t.Fatalf("length %d, forged: %v", n, err)
			}
		}
	})
}

// TestRTCPWithPion goes both ways.
func TestRTCPWithPion(t *testing.T) {
	eachLevel(t, func(t *testing.T, p Profile, hw hardware) {
		r := rand.New(rand.NewPCG(7, 8))
		x := newPair(t, p, 9, hw)
		us, them := x.theirs(t, p), x.theirs(t, p)
		dst := make([]byte, 0, 2000)
		var window Window
		for n := 8; n <= 1448; n += 4 {
			plain := reportOf(r, n)
			sealed, err := x.seal.SealRTCP(dst, plain)
			if err != nil {
				t.Fatal(err)
			}
			if len(sealed) != len(plain)+p.TrailerRTCP() {
				t.Fatalf("length %d: sealed to %d", n, len(sealed))
			}
			if got, err := us.DecryptRTCP(nil, sealed, nil); err != nil || !bytes.Equal(got, plain) {
				t.Fatalf("length %d: pion opened %x, %v", n, got, err)
			}
			x.seal.index-- // once more, in place
			here := append(make([]byte, 0, n+p.TrailerRTCP()), plain...)
			if again, err := x.seal.SealRTCP(here, here); err != nil || !bytes.Equal(again, sealed) {
				t.Fatalf("length %d in place: %x, %v, want %x", n, again, err, sealed)
			}

			copy(plain[4:], "Mars")
			if sealed, err = them.EncryptRTCP(nil, plain, nil); err != nil {
				t.Fatal(err)
			}
			got, index, err := x.open.OpenRTCP(dst, sealed)
			if err != nil || !bytes.Equal(got, plain) || !window.Fresh(uint64(index)) {
				t.Fatalf("length %d: opened %x, %v", n, got, err)
			}
			window.Accept(uint64(index))
			if window.Fresh(uint64(index)) {
				t.Fatal("a replay would be accepted")
			}
			if _, _, err := x.open.OpenRTCP(dst, sealed[:r.IntN(len(sealed))]); err == nil {
				t.Fatalf("length %d, truncated: opened", n)
			}
			sealed[r.IntN(len(sealed))] ^= 1 << r.IntN(8)
			if _, _, err := x.open.OpenRTCP(dst, sealed); err != ErrAuth {
				t.Fatalf("length %d, forged: %v", n, err)
			}
		}
	})
}

// TestWrapsWithPion: twice over the end of the sequence numbers, some packets lost,
// some late, in both directions.
func TestWrapsWithPion(t *testing.T) {
	for _, p := range profiles {
		r := rand.New(rand.NewPCG(10, 11))
		x := newPair(t, p, 12, detect())
		us, them := x.theirs(t, p), x.theirs(t, p)
		var in Incoming
		dst := make([]byte, 0, 100)
		for at := range 75000 / 8 {
			order := r.Perm(8)
			for _, i := range order[:6+r.IntN(3)] {
				index := 60000 + at*8 + i
				seq, roc := uint16(index), uint32(index>>16)
				header := rtpHeaderOf(r, 77, seq)
				packet := append(make([]byte, 0, 100), header...)
				sealed := x.seal.SealRTP(packet, len(header), []byte("payload"), roc)
				plain, err := us.DecryptRTP(nil, sealed, nil)
				if err != nil || string(plain[len(header):]) != "payload" {
					t.Fatalf("%v: pion, packet %d: %v", p, at*8+i, err)
				}
				if sealed, err = them.EncryptRTP(nil, plain, nil); err != nil {
					t.Fatal(err)
				}
				roc, fresh := in.Index(seq)
				plain, err = x.open.OpenRTP(dst, sealed, len(header), roc)
				if !fresh || err != nil || string(plain[len(header):]) != "payload" {
					t.Fatalf("%v: packet %d: %v, fresh: %t", p, at*8+i, err, fresh)
				}
				in.Accept(seq, roc)
				if _, fresh := in.Index(seq); fresh {
					t.Fatalf("%v: packet %d would be accepted twice", p, at*8+i)
				}
			}
		}
		if roc, _ := in.Index(0); roc != 2 {
			t.Errorf("%v: the rollover counter is %d", p, roc)
		}
	}
}
