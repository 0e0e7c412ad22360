package srtp

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"
)

// everyOpener has all profiles with all sets of instructions.
func everyOpener(f *testing.F) (list []*pair) {
	for _, p := range profiles {
		for _, hw := range levels() {
			list = append(list, newPair(f, p, 25, hw))
		}
	}
	return list
}

// FuzzOpenRTP: nothing hostile makes it panic, write beyond the packet or
// believe; what it believes seals to the same packet.
func FuzzOpenRTP(f *testing.F) {
	openers := everyOpener(f)
	r := rand.New(rand.NewPCG(26, 27))
	for _, x := range openers {
		header := rtpHeaderOf(r, 1, 2)
		packet := append(make([]byte, 0, 200), header...)
		f.Add(x.seal.SealRTP(packet, len(header), noise(r, r.IntN(100)), 3), len(header), uint32(3))
	}
	f.Add([]byte{}, 0, uint32(0))
	f.Add(make([]byte, 12), -1, uint32(0))
	f.Add(make([]byte, 30), math.MaxInt, uint32(0))
	f.Fuzz(func(t *testing.T, packet []byte, header int, roc uint32) {
		before := bytes.Clone(packet)
		for _, x := range openers {
			room := bytes.Repeat([]byte{0xA5}, len(packet)+64)
			plain, err := x.open.OpenRTP(room[:0:len(packet)], packet, header, roc)
			if bytes.Count(room[len(packet):], []byte{0xA5}) != 64 {
				t.Fatal("written beyond the destination")
			}
			if !bytes.Equal(packet, before) {
				t.Fatal("the packet was modified")
			}
			if err != nil {
				if plain != nil {
					t.Fatal("both a packet and an error")
				}
				continue
			}
			again := append(make([]byte, 0, len(packet)), plain...)
			if again = x.seal.SealRTP(again, header, again[header:], roc); !bytes.Equal(again, packet) {
				t.Fatalf("%x was opened to %x, which seals to %x", packet, plain, again)
			}
			x.open.OpenRTP(room[:0:len(plain)/2], packet, header, roc)
		}
	})
}

// FuzzOpenRTCP is FuzzOpenRTP for SRTCP.
func FuzzOpenRTCP(f *testing.F) {
	openers := everyOpener(f)
	r := rand.New(rand.NewPCG(28, 29))
	for _, x := range openers {
		sealed, err := x.seal.SealRTCP(make([]byte, 200), reportOf(r, 8+4*r.IntN(30)))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(sealed)
	}
	f.Add([]byte{})
	f.Add(make([]byte, 27))
	f.Fuzz(func(t *testing.T, packet []byte) {
		before := bytes.Clone(packet)
		for _, x := range openers {
			room := bytes.Repeat([]byte{0xA5}, len(packet)+64)
			plain, index, err := x.open.OpenRTCP(room[:0:len(packet)], packet)
			if bytes.Count(room[len(packet):], []byte{0xA5}) != 64 {
				t.Fatal("written beyond the destination")
			}
			if !bytes.Equal(packet, before) {
				t.Fatal("the packet was modified")
			}
			if err != nil {
				continue
			}
			x.seal.index = index - 1
			again, err := x.seal.SealRTCP(make([]byte, len(packet)), plain)
			if err == nil && index > 0 && !bytes.Equal(again, packet) {
				t.Fatalf("%x was opened to %x, which seals to %x", packet, plain, again)
			}
		}
	})
}
