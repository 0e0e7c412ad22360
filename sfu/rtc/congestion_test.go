package rtc

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
)

// feedbackBody is what the log is given of a message: all behind the SSRCs.
func feedbackBody(t testing.TB, m rtcp.Packet) []byte {
	t.Helper()
	b, err := m.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	read, rest, err := nextRTCP(b)
	if err != nil || len(rest) > 0 || read.kind != rtcpTransportFB || read.format != rtcpTransport {
		t.Fatalf("%+v is read as %+v, %v", m, read, err)
	}
	return read.body[4:]
}

// sentLog is a log of packets that left one millisecond apart, the first with
// this number, of 100 bytes each and one more for each one after it.
func sentLog(first uint16, n int) *sendLog {
	l := &sendLog{next: first}
	for i := range n {
		l.number(int64(1e18)+int64(i)*1e6, 100+i)
	}
	return l
}

// message makes feedback of n packets from base on, by chunks of pion's.
func message(base uint16, n int, chunks ...rtcp.PacketStatusChunk) *rtcp.TransportLayerCC {
	m := &rtcp.TransportLayerCC{Header: rtcp.Header{Count: rtcp.FormatTCC, Type: rtcp.TypeTransportSpecificFeedback},
		BaseSequenceNumber: base, PacketStatusCount: uint16(n), PacketChunks: chunks}
	m.Header.Length = m.Len()/4 - 1
	return m
}

// run is a run-length chunk; bits and pairs are vectors of one and two bits.
func runChunk(symbol, n uint16) rtcp.PacketStatusChunk {
	return &rtcp.RunLengthChunk{Type: rtcp.TypeTCCRunLengthChunk, PacketStatusSymbol: symbol, RunLength: n}
}

func bits(symbols ...uint16) rtcp.PacketStatusChunk {
	return &rtcp.StatusVectorChunk{Type: rtcp.TypeTCCStatusVectorChunk, SymbolSize: rtcp.TypeTCCSymbolSizeOneBit,
		SymbolList: append(symbols, make([]uint16, 14-len(symbols))...)}
}

func pairs(symbols ...uint16) rtcp.PacketStatusChunk {
	return &rtcp.StatusVectorChunk{Type: rtcp.TypeTCCStatusVectorChunk, SymbolSize: rtcp.TypeTCCSymbolSizeTwoBit,
		SymbolList: append(symbols, make([]uint16, 7-len(symbols))...)}
}

// TestFeedbackIsRead: every form of a status chunk is held against what was sent.
func TestFeedbackIsRead(t *testing.T) {
	sum := func(numbers ...int) (bytes int) { // of the n-th packets
		for _, n := range numbers {
			bytes += 100 + n
		}
		return bytes
	}
	for name, c := range map[string]struct {
		first  uint16 // number of the first of 60 packets
		m      *rtcp.TransportLayerCC
		want   transportFeedback // without its round trip
		newest int               // which of the packets that came is the newest
	}{
		"a run that came":        {5, message(5, 4, runChunk(1, 4)), transportFeedback{delivered: 4, bytes: sum(0, 1, 2, 3)}, 3},
		"a run that came late":   {5, message(6, 2, runChunk(2, 2)), transportFeedback{delivered: 2, bytes: sum(1, 2)}, 2},
		"a run that did not":     {5, message(5, 4, runChunk(0, 4)), transportFeedback{lost: 4}, -1},
		"a run longer than said": {5, message(5, 2, runChunk(1, 8191)), transportFeedback{delivered: 2, bytes: sum(0, 1)}, 1},
		"bits": {5, message(5, 14, bits(1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)),
			transportFeedback{delivered: 3, lost: 11, bytes: sum(0, 3, 13)}, 13},
		"fewer bits than there are": {5, message(5, 3, bits(0, 0, 1, 1, 1)), transportFeedback{delivered: 1, lost: 2, bytes: sum(2)}, 2},
		"pairs": {5, message(5, 7, pairs(2, 0, 1, 0, 0, 0, 2)),
			transportFeedback{delivered: 3, lost: 4, bytes: sum(0, 2, 6)}, 6},
		"fewer pairs than there are": {5, message(8, 2, pairs(0, 2, 1)), transportFeedback{delivered: 1, lost: 1, bytes: sum(4)}, 4},
		"one after the other": {5, message(5, 24, runChunk(1, 2), bits(0, 1), pairs(2), runChunk(0, 1)),
			transportFeedback{delivered: 4, lost: 20, bytes: sum(0, 1, 3, 16)}, 16},
		"over the wrap":         {65530, message(65532, 8, pairs(1, 1, 0, 0, 1, 1, 1), runChunk(1, 1)), transportFeedback{delivered: 6, lost: 2, bytes: sum(2, 3, 6, 7, 8, 9)}, 9},
		"of what was not sent":  {5, message(1000, 10, runChunk(1, 10)), transportFeedback{}, -1},
		"before and after":      {5, message(3, 64, runChunk(1, 64)), transportFeedback{delivered: 60, bytes: 60*100 + 59*60/2}, 59},
		"an empty run":          {5, message(5, 1, runChunk(1, 0), runChunk(1, 1)), transportFeedback{delivered: 1, bytes: sum(0)}, 0},
		"the number of another": {5, message(5+sendLogSize, 1, runChunk(1, 1)), transportFeedback{}, -1},
	} {
		t.Run(name, func(t *testing.T) {
			l := sentLog(c.first, 60)
			now := int64(1e18) + 300e6
			got, ok := l.report(feedbackBody(t, c.m), now)
			if c.newest >= 0 {
				c.want.roundTrip = 300e6 - int64(c.newest)*1e6
			}
			if !ok || got != c.want {
				t.Errorf("%+v, %v, not %+v", got, ok, c.want)
			}
		})
	}
}

// TestReportedTwice: a client may speak of a packet again, as it does of those
// around one that came late: it counts once as lost and once as delivered.
func TestReportedTwice(t *testing.T) {
	l := sentLog(100, 10)
	for i, c := range []struct {
		m    *rtcp.TransportLayerCC
		want transportFeedback
	}{
		{message(100, 6, bits(1, 1, 0, 0, 1, 1)), transportFeedback{delivered: 4, lost: 2, bytes: 4*100 + 0 + 1 + 4 + 5, roundTrip: 50e6}},
		{message(100, 6, bits(1, 1, 0, 0, 1, 1)), transportFeedback{}},
		{message(102, 8, bits(1, 0, 1, 1, 1, 1, 1, 0)), transportFeedback{delivered: 4, lost: 1, bytes: 4*100 + 2 + 6 + 7 + 8, roundTrip: 47e6}},
		{message(100, 10, runChunk(1, 10)), transportFeedback{delivered: 2, bytes: 2*100 + 3 + 9, roundTrip: 46e6}},
		{message(100, 10, runChunk(1, 10)), transportFeedback{}},
	} {
		if got, ok := l.report(feedbackBody(t, c.m), int64(1e18)+55e6); !ok || got != c.want {
			t.Errorf("report %d: %+v, %v, not %+v", i, got, ok, c.want)
		}
	}
}

// TestBrokenFeedback: a message that is cut off or says too much is refused, and
// what it says before that counts.
func TestBrokenFeedback(t *testing.T) {
	whole := feedbackBody(t, message(5, 22, runChunk(1, 8), bits(1, 1, 1)))
	for n := range 8 + 4 {
		f, ok := sentLog(5, 60).report(whole[:n], 1e18)
		if ok || n < 10 && f != (transportFeedback{}) || n >= 10 && f.delivered != 8 {
			t.Errorf("cut to %d bytes: %+v, %v", n, f, ok)
		}
	}
	for _, count := range []uint16{23, 2000, sendLogSize, sendLogSize + 1, 65535} {
		b := append([]byte(nil), whole[:12]...)
		binary.BigEndian.PutUint16(b[2:], count)
		if f, ok := sentLog(5, 60).report(b, 1e18); ok || f.delivered > 11 {
			t.Errorf("of %d packets: %+v, %v", count, f, ok)
		}
	}
	if f, ok := sentLog(5, 60).report(feedbackBody(t, message(5, sendLogSize, runChunk(0, sendLogSize))), 1e18); !ok || f.lost != 60 {
		t.Errorf("of as many as are remembered: %+v, %v", f, ok)
	}
	if f, ok := sentLog(5, 60).report(feedbackBody(t, message(5, sendLogSize+1, runChunk(1, sendLogSize+1))), 1e18); ok || f != (transportFeedback{}) {
		t.Errorf("of one more: %+v, %v", f, ok)
	}
}

// TestFeedbackOfOthers: what a stock recorder and our own make of arrivals at
// random is read as it was, over many wraps of the number; each packet counts
// once as delivered, and all that were reported are known.
func TestFeedbackOfOthers(t *testing.T) {
	for name, ours := range map[string]bool{"stock": false, "our own": true} {
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(1, 5))
			l := &sendLog{next: 65000}
			recorder, own := twcc.NewRecorder(1), new(arrivals)
			now := int64(1e18)
			arrived, bytes, delivered, seen := 0, 0, 0, 0
			for round := range 3000 {
				for range random.IntN(60) {
					size := 1 + random.IntN(1400)
					n := l.number(now, size)
					now += int64(random.IntN(2e6))
					if random.IntN(10) > 0 || !own.started {
						recorder.Record(2, n, now/1000)
						own.received(n, now)
						arrived++
						bytes += size
					}
				}
				now += int64(random.IntN(30e6))
				var bodies [][]byte
				if !ours {
					for _, m := range recorder.BuildFeedbackPacket() {
						bodies = append(bodies, feedbackBody(t, m))
					}
				}
				for more := ours; more; {
					var b []byte
					if b, more = own.feedback(nil, 1, 2); len(b) > 0 {
						bodies = append(bodies, b[12:])
					}
				}
				for _, b := range bodies {
					f, ok := l.report(b, now)
					if !ok {
						t.Fatalf("round %d: % x is refused", round, b)
					}
					if f.delivered > 0 && (f.roundTrip < 0 || f.roundTrip > int64(time.Second)) {
						t.Fatalf("round %d: a round trip of %v", round, time.Duration(f.roundTrip))
					}
					delivered += f.delivered
					seen += f.bytes
				}
			}
			if delivered != arrived || seen != bytes || delivered < 65536 {
				t.Errorf("%d packets of %d bytes are known to have come, %d of %d came", delivered, seen, arrived, bytes)
			}
		})
	}
}

// TestSendLogAllocates: numbering and reading make no garbage.
func TestSendLogAllocates(t *testing.T) {
	l := sentLog(5, 60)
	b := feedbackBody(t, message(5, 22, runChunk(1, 8), bits(1, 1, 1)))
	if n := testing.AllocsPerRun(100, func() { l.number(1e18, 100); l.report(b, 1e18) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
