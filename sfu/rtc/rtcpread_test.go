package rtc

import (
	"testing"

	"github.com/pion/rtcp"
)

// TestNextRTCP: what is of use is read whatever stands beside it, and what is
// not is not unfolded.
func TestNextRTCP(t *testing.T) {
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
	walk := func(b []byte) error {
		for len(b) > 0 {
			m, rest, err := nextRTCP(b)
			if err != nil {
				return err
			}
			if m.kind == rtcpPayloadFB && m.format == rtcpPLI && m.media() == 2 {
				plis++
			}
			b = rest
		}
		return nil
	}
	if err := walk(b); err != nil || plis != 2 {
		t.Errorf("%d read, %v", plis, err)
	}
	if n := testing.AllocsPerRun(10, func() { walk(b) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
	for _, bad := range [][]byte{{0x80}, {0, 206, 0, 0}, pli[:8], append([]byte{0x80, 200, 0, 1, 0, 0, 0, 0}, pli...)} {
		plis = 0
		if err := walk(bad); err == nil || plis != 0 {
			t.Errorf("% x was read", bad)
		}
	}
}
