package rtc

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/pion/rtcp"
)

// FuzzNextRTCP: whatever a client sends is read within its bounds, in steps that
// go on, and what is asked for by a NACK is what pion reads, up to the limit.
func FuzzNextRTCP(f *testing.F) {
	for _, m := range []rtcp.Packet{
		&rtcp.TransportLayerNack{MediaSSRC: 2, Nacks: []rtcp.NackPair{{PacketID: 65530, LostPackets: 0xffff}, {PacketID: 7, LostPackets: 5}}},
		&rtcp.PictureLossIndication{MediaSSRC: 2},
		&rtcp.FullIntraRequest{MediaSSRC: 2, FIR: []rtcp.FIREntry{{SSRC: 3}, {SSRC: 4}}},
		&rtcp.SenderReport{SSRC: 1, Reports: []rtcp.ReceptionReport{{SSRC: 2}}},
		&rtcp.ReceiverReport{SSRC: 1, Reports: []rtcp.ReceptionReport{{SSRC: 2}, {SSRC: 3}}},
		&rtcp.Goodbye{Sources: []uint32{1}},
		message(5, 22, runChunk(1, 8), bits(1, 1, 1)),
	} {
		b, err := m.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(b[:len(b)-1])
		f.Add(append(slices.Clone(b), b...))
	}
	f.Add([]byte{0x80, 203, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		b = slices.Clip(b)
		for len(b) > 0 {
			m, rest, err := nextRTCP(b)
			if err != nil {
				return
			}
			size := len(b) - len(rest)
			if size < 4 || size%4 != 0 || len(m.body) > size || len(m.body) != max(size-8, 0) {
				t.Fatalf("a message of %d bytes with a body of %d", size, len(m.body))
			}
			if len(m.body) > 0 && (&m.body[0] != &b[8] || cap(m.body) < len(m.body)) {
				t.Fatal("the body is not where it was read")
			}
			switch {
			case m.kind == rtcpTransportFB && m.format == rtcpNACK:
				m.media()
				got := m.lost(nil, maxNacked)
				var nack rtcp.TransportLayerNack
				if nack.Unmarshal(b[:size]) == nil {
					var want []uint16
					for _, pair := range nack.Nacks {
						want = append(want, pair.PacketList()...)
					}
					if want = want[:min(len(want), maxNacked)]; !slices.Equal(got, want) {
						t.Fatalf("asks for %v, pion reads %v", got, want)
					}
				}
			case m.kind == rtcpTransportFB && m.format == rtcpTransport:
				sentLog(0, 10).report(m.body[4:], 1e18)
			case m.kind == rtcpPayloadFB && (m.format == rtcpPLI || m.format == rtcpFIR):
				m.media()
			}
			b = rest
		}
	})
}

// FuzzTransportFeedback: whatever a client says, nothing counts as delivered
// that was not sent, or twice, and what pion reads as a message is not refused.
func FuzzTransportFeedback(f *testing.F) {
	for _, m := range []*rtcp.TransportLayerCC{
		message(5, 22, runChunk(1, 8), bits(1, 1, 1)), message(65530, 20, pairs(1, 2), runChunk(0, 9), pairs(1)),
	} {
		f.Add(uint16(5), feedbackBody(f, m))
		f.Add(uint16(65530), feedbackBody(f, m))
	}
	f.Fuzz(func(t *testing.T, first uint16, b []byte) {
		l := sentLog(first, 3000) // of which the last are remembered
		got, ok := l.report(b, 1e18)
		if got.delivered < 0 || got.lost < 0 || got.delivered+got.lost > sendLogSize || got.bytes > got.delivered*(100+3000) {
			t.Fatalf("%+v", got)
		}
		if again, _ := l.report(b, 1e18); again.delivered > 0 || again.bytes > 0 {
			t.Fatalf("a second time: %+v", again)
		}
		if len(b) < 10 || len(b)%4 != 0 {
			return
		}
		var m rtcp.TransportLayerCC
		packet := append([]byte{0x80 | rtcp.FormatTCC, 205, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2}, b...)
		binary.BigEndian.PutUint16(packet[2:], uint16(len(packet)/4-1))
		if m.Unmarshal(packet) == nil && m.PacketStatusCount <= sendLogSize && !ok {
			t.Fatalf("refused: %v", m)
		}
	})
}
