package srtp

import (
	"errors"
	"testing"
)

func TestKeysOfWrongLength(t *testing.T) {
	for _, p := range append(profiles, 0, 2, 0xffff) {
		for _, key := range []int{0, 15, 16, 17, 24, 32} {
			for _, salt := range []int{0, 12, 13, 14} {
				right := p.Tag() > 0 && key == p.KeyLen() && salt == p.SaltLen()
				if _, err := NewSealer(p, make([]byte, key), make([]byte, salt)); (err == nil) != right {
					t.Errorf("%v, key of %d, salt of %d: %v", p, key, salt, err)
				}
				if _, err := NewOpener(p, make([]byte, key), make([]byte, salt)); (err == nil) != right {
					t.Errorf("%v, key of %d, salt of %d: %v", p, key, salt, err)
				}
			}
		}
	}
}

func TestSRTCPIndexEnds(t *testing.T) {
	for _, p := range profiles {
		x := newPair(t, p, 1, detect())
		x.seal.index = 1<<31 - 2
		plain, dst := make([]byte, 8), make([]byte, 100)
		sealed, err := x.seal.SealRTCP(dst, plain)
		if err != nil {
			t.Fatalf("%v: the last index: %v", p, err)
		}
		if _, index, err := x.open.OpenRTCP(make([]byte, 100), sealed); err != nil || index != 1<<31-1 {
			t.Errorf("%v: index %d, %v", p, index, err)
		}
		if _, err := x.seal.SealRTCP(dst, plain); !errors.Is(err, ErrExhausted) {
			t.Errorf("%v: after the last index: %v", p, err)
		}
	}
}

func TestNoRoom(t *testing.T) {
	for _, p := range profiles {
		x := newPair(t, p, 1, detect())
		if _, err := x.seal.SealRTCP(make([]byte, 0, 8+p.TrailerRTCP()-1), make([]byte, 8)); !errors.Is(err, ErrSize) {
			t.Errorf("%v: a report into too little room: %v", p, err)
		}
		if _, err := x.seal.SealRTCP(make([]byte, 100), make([]byte, 7)); !errors.Is(err, ErrSize) {
			t.Errorf("%v: half a report: %v", p, err)
		}
		sealed, err := x.seal.SealRTCP(make([]byte, 100), make([]byte, 20))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := x.open.OpenRTCP(make([]byte, 0, 19), sealed); err != ErrSize {
			t.Errorf("%v: a report opened into too little room: %v", p, err)
		}
		// What is not encrypted is refused, even if it were authentic.
		at := 20
		if p != AES128CMSHA1_80 {
			at += p.Tag()
		}
		sealed[at] &^= 0x80
		if _, _, err := x.open.OpenRTCP(make([]byte, 100), sealed); err != ErrAuth {
			t.Errorf("%v: a report that is not encrypted: %v", p, err)
		}

		packet := x.seal.SealRTP(make([]byte, 100), 12, []byte("payload"), 0)
		if _, err := x.open.OpenRTP(make([]byte, 0, 12+6), packet, 12, 0); err != ErrSize {
			t.Errorf("%v: a packet opened into too little room: %v", p, err)
		}
		for _, header := range []int{-1, 0, 11, len(packet) - p.Tag() + 1, len(packet), 1 << 30} {
			if _, err := x.open.OpenRTP(make([]byte, 100), packet, header, 0); err != ErrSize {
				t.Errorf("%v: a header of %d bytes: %v", p, header, err)
			}
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v: a packet was sealed into too little room", p)
				}
			}()
			x.seal.SealRTP(make([]byte, 12, 12+7+p.Tag()-1), 12, []byte("payload"), 0)
		}()
	}
}
