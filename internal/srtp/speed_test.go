package srtp

import (
	"fmt"
	"testing"

	"github.com/pion/rtp"
)

// bench is a packet and a key for measuring.
type bench struct {
	*pair
	payload, packet, sealed, plain []byte
}

const benchHeader = 20 // bytes: an extension of one word

func newBench(t testing.TB, p Profile, size int, hw hardware) *bench {
	b := &bench{pair: newPair(t, p, 1, hw), payload: make([]byte, size-benchHeader)}
	b.packet = make([]byte, benchHeader, size+p.Tag())
	b.packet[0] = 0x80
	b.plain = make([]byte, size)
	b.sealed = append([]byte(nil), b.seal.SealRTP(b.packet, benchHeader, b.payload, 0)...)
	return b
}

func TestNothingAllocates(t *testing.T) {
	for _, p := range profiles {
		for _, hw := range levels() {
			b := newBench(t, p, 1200, hw)
			var batch Batch
			report := make([]byte, 100)
			buffer := make([]byte, 200)
			sealed, err := b.seal.SealRTCP(make([]byte, 200), report)
			if err != nil {
				t.Fatal(err)
			}
			for name, f := range map[string]func(){
				"SealRTP": func() { b.seal.SealRTP(b.packet, benchHeader, b.payload, 0) },
				"OpenRTP": func() {
					if _, err := b.open.OpenRTP(b.plain, b.sealed, benchHeader, 0); err != nil {
						t.Error(err)
					}
				},
				"OpenRTP of a forged packet": func() { b.open.OpenRTP(b.plain, b.sealed, benchHeader, 1) },
				"SealRTCP":                   func() { b.seal.SealRTCP(buffer, report) },
				"OpenRTCP":                   func() { b.open.OpenRTCP(b.plain, sealed) },
				"Batch": func() {
					for range batchSize + 1 {
						batch.SealRTP(b.seal, b.packet, benchHeader, b.payload, 0)
					}
					batch.Finish()
				},
			} {
				if n := testing.AllocsPerRun(100, f); n != 0 {
					t.Errorf("%v %v %s: %v allocations", p, hw, name, n)
				}
			}
		}
	}
}

var sizes = []int{132, 1200}

func eachSize(b *testing.B, f func(b *testing.B, x *bench, p Profile)) {
	for _, p := range profiles {
		for _, size := range sizes {
			b.Run(fmt.Sprintf("%v/%d", p, size), func(b *testing.B) {
				b.ReportAllocs()
				f(b, newBench(b, p, size, detect()), p)
			})
		}
	}
}

func BenchmarkSeal(b *testing.B) {
	eachSize(b, func(b *testing.B, x *bench, _ Profile) {
		for b.Loop() {
			x.seal.SealRTP(x.packet, benchHeader, x.payload, 0)
		}
	})
}

// BenchmarkSealGeneric is without assembly of ours.
func BenchmarkSealGeneric(b *testing.B) {
	eachSize(b, func(b *testing.B, x *bench, p Profile) {
		x = newBench(b, p, len(x.plain), hardware{})
		for b.Loop() {
			x.seal.SealRTP(x.packet, benchHeader, x.payload, 0)
		}
	})
}

// BenchmarkSealPion is what others do.
func BenchmarkSealPion(b *testing.B) {
	eachSize(b, func(b *testing.B, x *bench, p Profile) {
		them := x.theirs(b, p)
		whole, dst := append(x.packet, x.payload...), make([]byte, 0, 2000)
		var header rtp.Header
		for b.Loop() {
			if _, err := them.EncryptRTP(dst, whole, &header); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	eachSize(b, func(b *testing.B, x *bench, _ Profile) {
		for b.Loop() {
			if _, err := x.open.OpenRTP(x.plain, x.sealed, benchHeader, 0); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkBatch seals for as many receivers as the name says, each with a key
// and a packet of its own; the time is that of one packet.
func BenchmarkBatch(b *testing.B) {
	for _, size := range sizes {
		for _, n := range []int{1, 2, 4, 8, 12, 16, 32, 64} {
			b.Run(fmt.Sprintf("%v/%d/%d", AES128CMSHA1_80, size, n), func(b *testing.B) {
				var list []*bench
				for range n {
					list = append(list, newBench(b, AES128CMSHA1_80, size, detect()))
				}
				payload := list[0].payload
				var batch Batch
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					x := list[i%n]
					batch.SealRTP(x.seal, x.packet, benchHeader, payload, 0)
					if i%n == n-1 {
						batch.Finish()
					}
				}
			})
		}
	}
}
