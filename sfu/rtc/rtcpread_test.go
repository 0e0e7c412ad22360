package rtc

import (
	"testing"

	"github.com/pion/rtcp"
)

// TestWalkRTCP: what is of use is read whatever stands beside it, and what is
// not is not unfolded.
func TestWalkRTCP(t *testing.T) {
	pli, err := (&rtcp.PictureLossIndication{SenderSSRC: 1, MediaSSRC: 2}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	// Transport-wide feedback that claims 65,535 packets, all received.
	bomb := []byte{0x8f, 205, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0xff, 0xff, 0, 0, 0, 0}
	for range 10 {
		bomb = append(bomb, 0x3f, 0xff)
	}
	bomb[3] = byte(len(bomb)/4 - 1)
	odd := []byte{0x80, 207, 0, 1, 1, 2, 3, 4} // an extended report without sense
	var b []byte
	for _, part := range [][]byte{bomb, pli, odd, pli} {
		b = append(b, part...)
	}
	plis := 0
	count := func(p rtcp.Packet) {
		if m, ok := p.(*rtcp.PictureLossIndication); ok && m.MediaSSRC == 2 {
			plis++
		}
	}
	if err := walkRTCP(b, count); err != nil || plis != 2 {
		t.Errorf("%d read, %v", plis, err)
	}
	if n := testing.AllocsPerRun(10, func() { walkRTCP(b, count) }); n > 20 {
		t.Errorf("%v allocations", n)
	}
	for _, bad := range [][]byte{{0x80}, {0, 206, 0, 0}, pli[:8], append([]byte{0x80, 200, 0, 1, 0, 0, 0, 0}, pli...)} {
		plis = 0
		if err := walkRTCP(bad, count); err == nil || plis != 0 {
			t.Errorf("% x was read", bad)
		}
	}
}
