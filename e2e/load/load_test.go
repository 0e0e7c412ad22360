package main

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math"
	"strings"
	"testing"
	"time"
)

func TestPayloadsTellDamage(t *testing.T) {
	for _, kind := range kinds {
		b := blank(kind, 60)
		mark(b, kind, 7, 99)
		if counter, sent, whole := unmark(b, kind); counter != 7 || sent != 99 || !whole {
			t.Errorf("%s: read back %d, %d, %v", kind, counter, sent, whole)
		}
		for i := len(starts[kind]); i < len(b); i++ {
			b[i] ^= 1
			if _, _, whole := unmark(b, kind); whole {
				t.Errorf("%s: damage of byte %d is not seen", kind, i)
			}
			b[i] ^= 1
		}
		if _, _, whole := unmark(b[:10], kind); whole {
			t.Errorf("%s: a payload cut short passes", kind)
		}
	}
}

func TestReceiverCounts(t *testing.T) {
	r := &receiver{kind: "audio"}
	b := blank("audio", 40)
	for _, counter := range []uint32{10, 11, 13, 200, 13} {
		mark(b, "audio", counter, 0)
		r.take(b, int64(counter))
	}
	if n := r.missing(10, 14); n != 1 {
		t.Errorf("%d of 10 to 13 are missing, not 1", n)
	}
	if n := r.missing(150, 300); n != 149 {
		t.Errorf("%d of 150 to 299 are missing, not 149", n)
	}
	if counter, found := r.first(14); counter != 200 || !found {
		t.Errorf("the first from 14 on is %d, %v, not 200", counter, found)
	}
	if _, found := r.first(201); found {
		t.Error("there is one from 201 on")
	}
	if list := r.takeDelays(11, 14); len(list) != 2 || list[0].took != 11 {
		t.Errorf("the delays of 11 to 13 are %v", list)
	}
	if err := r.sound(); err == nil || !strings.Contains(err.Error(), "0 damaged and 1 repeated") {
		t.Errorf("a repeated packet gives: %v", err)
	}
}

// TestForgedSTUN: the server must get as far as the signature.
func TestForgedSTUN(t *testing.T) {
	var b [floodPacket]byte
	var target target
	for _, signed := range []bool{false, true} {
		m := b[:target.stun(b[:], "abc:de", signed)]
		if length := int(binary.BigEndian.Uint16(m[2:])); length != len(m)-20 {
			t.Errorf("the header says %d bytes, there are %d", length, len(m)-20)
		}
		end := len(m) - 8
		if sum := binary.BigEndian.Uint32(m[end+4:]); sum != crc32.ChecksumIEEE(m[:end])^0x5354554E {
			t.Error("the fingerprint is wrong")
		}
	}
}

func TestPaceLeavesOutWhatIsLate(t *testing.T) {
	p := newPace(1000)
	p.asked = time.Now().Add(-time.Second)
	if n := p.due(); n != 50 {
		t.Errorf("after a second without a look %d packets are due, not 50", n)
	}
	if n := p.due(); n > 5 {
		t.Errorf("at once after that %d are due", n)
	}
}

func TestFigures(t *testing.T) {
	var f figures
	f.add("some_thing", 1234.5, "KiB")
	f.atMost("other_thing", 0.25, "%", 0.1)
	var out bytes.Buffer
	f.print(&out)
	for _, want := range []string{"figure some_thing 1234 KiB\n", "figure other_thing 0.25 %\n", "goal <= 0.1, missed"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
	if f.judge(false) != nil || f.judge(true) == nil {
		t.Error("a missed goal is a fault only when strict")
	}
	f.list = []figure{{"never", math.Inf(1), "ms", 10}}
	if f.judge(true) == nil {
		t.Error("what never happens misses its goal")
	}
}
