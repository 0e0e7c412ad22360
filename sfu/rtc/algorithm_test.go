package rtc

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/stun/v4"
)

func TestNackList(t *testing.T) {
	var n nackList
	now := int64(0)
	for _, seq := range []uint16{65533, 65534, 1, 2, 5} {
		if n.received(seq, now) {
			t.Fatalf("%d: hopeless", seq)
		}
	}
	if got := n.due(now, nil); !slices.Equal(got, []uint16{65535, 0, 3, 4}) {
		t.Errorf("asked for %v", got)
	}
	if got := n.due(now+minNackPause/2, nil); len(got) != 0 {
		t.Errorf("asked again at once for %v", got)
	}
	n.received(0, now+50e6)
	n.found(3, now+60e6)
	if n.rtt >= firstRTTGuess {
		t.Errorf("round trip %v not learnt", time.Duration(n.rtt))
	}
	if got := n.due(now+200e6, nil); !slices.Equal(got, []uint16{65535, 4}) {
		t.Errorf("asked again for %v", got)
	}
	for i := range 20 {
		n.due(now+200e6+int64(i)*200e6, nil)
	}
	if len(n.missing) != 0 {
		t.Errorf("never given up: %v", n.missing)
	}
	if !n.received(5+maxMissing+10, now) || len(n.missing) != 0 {
		t.Error("a gap beyond hope was not seen")
	}
	if n.received(280, now); len(n.missing) == 0 {
		t.Error("nothing is missing after another gap")
	}
	if !n.received(60000, now) {
		t.Error("a new beginning was not seen")
	}
}

// TestNackTries: each packet is asked for at most maxNackTries times.
func TestNackTries(t *testing.T) {
	n := nackList{}
	n.received(1, 0)
	n.received(3, 0)
	n.rtt = 1e6
	asked := 0
	for now := int64(0); now < 5e9; now += 10e6 {
		asked += len(n.due(now, nil))
	}
	if asked != maxNackTries {
		t.Errorf("asked %d times", asked)
	}
}

// TestArrivals checks transport-wide feedback against pion's reader.
func TestArrivals(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	var a arrivals
	now := int64(1_700_000_000_000_000_000)
	came := make(map[uint16]int64) // microseconds
	reported := make(map[uint16]bool)
	seq := uint16(65000)
	for range 300 {
		for range random.IntN(60) {
			seq++
			now += int64(random.IntN(3_000_000))
			if random.IntN(10) == 0 {
				continue // lost
			}
			if random.IntN(20) == 0 {
				now += int64(random.IntN(90_000_000))
			}
			a.received(seq, now)
			came[seq] = now / 1000
		}
		for more := true; more; {
			var b []byte
			b, more = a.feedback(nil, 1, 2)
			if len(b) == 0 {
				break
			}
			var fb rtcp.TransportLayerCC
			if err := fb.Unmarshal(b); err != nil {
				t.Fatalf("%v: % x", err, b)
			}
			at := int64(fb.ReferenceTime) * 64000
			delta, number := 0, fb.BaseSequenceNumber
			for _, chunk := range fb.PacketChunks {
				for _, symbol := range symbols(chunk) {
					if number-fb.BaseSequenceNumber >= fb.PacketStatusCount {
						break
					}
					if symbol != 0 {
						at += fb.RecvDeltas[delta].Delta
						delta++
						want, ok := came[number]
						if !ok {
							t.Fatalf("%d is reported and never came", number)
						}
						if off := at - want&(1<<24*64000-1); off > 250 || off < -250 {
							if diff := (at - want%(1<<24*64000)); diff > 250 || diff < -250 {
								t.Fatalf("%d is reported at %d, came at %d", number, at, want)
							}
						}
						reported[number] = true
					}
					number++
				}
			}
		}
	}
	for n := range came {
		if !reported[n] {
			t.Errorf("%d was never reported", n)
		}
	}
}

// symbols expands a chunk.
func symbols(c rtcp.PacketStatusChunk) (list []uint16) {
	switch c := c.(type) {
	case *rtcp.RunLengthChunk:
		for range c.RunLength {
			list = append(list, c.PacketStatusSymbol)
		}
	case *rtcp.StatusVectorChunk:
		list = c.SymbolList
	}
	return list
}

// TestLateArrival: what comes after it was reported as lost is reported again.
func TestLateArrival(t *testing.T) {
	var a arrivals
	for _, seq := range []uint16{10, 11, 13} {
		a.received(seq, 1e9)
	}
	if b, more := a.feedback(nil, 1, 2); len(b) == 0 || more {
		t.Fatal("no feedback")
	}
	if b, _ := a.feedback(nil, 1, 2); len(b) != 0 {
		t.Error("feedback about nothing")
	}
	a.received(12, 2e9)
	b, _ := a.feedback(nil, 1, 2)
	var fb rtcp.TransportLayerCC
	if err := fb.Unmarshal(b); err != nil || fb.BaseSequenceNumber != 12 || fb.PacketStatusCount != 2 {
		t.Errorf("%v %+v", err, fb)
	}
	a.received(12+5000, 3e9) // a leap
	if b, more := a.feedback(nil, 1, 2); more && len(b) == 0 {
		for more {
			b, more = a.feedback(b, 1, 2)
		}
		if len(b) == 0 {
			t.Error("no feedback after a leap")
		}
	}
}

// TestReception checks receiver reports against RFC 3550's arithmetic.
func TestReception(t *testing.T) {
	r := reception{rate: 90000}
	now := int64(1_700_000_000_000_000_000)
	for i := range 200 {
		if i%10 == 3 {
			continue
		}
		r.packet(uint16(65500+i), uint32(i*3000), now+int64(i)*33_333_333)
	}
	r.senderReport(ntpTime(time.Unix(1_700_000_000, 0)), now)
	b := appendReceiverReport(nil, 9)
	b = r.appendBlock(b, 7, now+5e8)
	b = finishReceiverReport(b, 0, 1)
	var rr rtcp.ReceiverReport
	if err := rr.Unmarshal(b); err != nil {
		t.Fatal(err)
	}
	got := rr.Reports[0]
	if rr.SSRC != 9 || got.SSRC != 7 || got.TotalLost != 20 || got.FractionLost != 25 || got.LastSequenceNumber != 1<<16+163 {
		t.Errorf("%+v", got)
	}
	if got.Delay != 32768 || got.LastSenderReport != uint32(ntpTime(time.Unix(1_700_000_000, 0))>>16) || got.Jitter > 2 {
		t.Errorf("delay %d, last report %#x, jitter %d", got.Delay, got.LastSenderReport, got.Jitter)
	}
	if off := fromNTP(ntpTime(time.Unix(5, 123456789))).Sub(time.Unix(5, 123456789)); off < -time.Microsecond || off > time.Microsecond {
		t.Errorf("NTP conversion is off by %v", off)
	}
}

// TestRTCPWriters checks what is written against pion's reader.
func TestRTCPWriters(t *testing.T) {
	seqs := []uint16{10, 11, 26, 27, 65530, 65535}
	b := appendSenderReport(nil, 1, time.Now(), 5, 6, 7)
	b = appendDescription(b, 1, "a cname")
	b = appendPLI(b, 1, 2)
	b = appendNACK(b, 1, 2, seqs)
	packets, err := rtcp.Unmarshal(b)
	if err != nil || len(packets) != 4 {
		t.Fatalf("%v: %v", err, packets)
	}
	if sr := packets[0].(*rtcp.SenderReport); sr.RTPTime != 5 || sr.PacketCount != 6 || sr.OctetCount != 7 {
		t.Errorf("%+v", sr)
	}
	if d := packets[1].(*rtcp.SourceDescription); d.Chunks[0].Items[0].Text != "a cname" {
		t.Errorf("%+v", d)
	}
	var got []uint16
	for _, pair := range packets[3].(*rtcp.TransportLayerNack).Nacks {
		got = append(got, pair.PacketList()...)
	}
	if !slices.Equal(got, seqs) {
		t.Errorf("NACK of %v", got)
	}
}

func TestFraming(t *testing.T) {
	b := appendFrame(appendFrame(nil, []byte("one")), []byte("three"))
	r := bytes.NewReader(b)
	for _, want := range []string{"one", "three"} {
		if got, err := readFrame(r, 5); err != nil || string(got) != want {
			t.Errorf("%q, %v", got, err)
		}
	}
	if _, err := readFrame(r, 5); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
	for _, bad := range []string{"\x00\x00", "\x00\x06abcdef"} {
		if _, err := readFrame(strings.NewReader(bad), 5); !errors.Is(err, errFrame) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := readFrame(strings.NewReader("\x00\x05ab"), 5); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut short: %v", err)
	}
}

func TestSTUNTarget(t *testing.T) {
	m, err := stun.Build(stun.TransactionID, stun.BindingRequest, stun.NewUsername("server:client"), stun.Fingerprint)
	if err != nil {
		t.Fatal(err)
	}
	if got := stunTarget(m.Raw); string(got) != "server" {
		t.Errorf("%q", got)
	}
	for n := range len(m.Raw) {
		if stunTarget(m.Raw[:n]) != nil {
			t.Errorf("cut to %d bytes it still has a target", n)
		}
	}
	if response, err := stun.Build(stun.TransactionID, stun.BindingSuccess, stun.NewUsername("server:client")); err != nil || stunTarget(response.Raw) != nil {
		t.Errorf("a response has a target (%v)", err)
	}
}

func TestCandidateLines(t *testing.T) {
	addrs := []netip.Addr{netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("2001:db8::7")}
	got := candidateLines(addrs, 7882, 7882)
	want := []string{
		"1 1 udp 2130706431 192.0.2.7 7882 typ host",
		"2 1 udp 2130706175 2001:db8::7 7882 typ host",
		"3 1 tcp 1671430143 192.0.2.7 7882 typ host tcptype passive",
		"4 1 tcp 1671429887 2001:db8::7 7882 typ host tcptype passive",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got := candidateLines(addrs, 7882, 0); len(got) != 2 {
		t.Errorf("without TCP: %q", got)
	}
	for _, c := range []struct {
		advertise []string
		loopback  bool
		bound     string
		want      string
	}{
		{nil, true, "192.0.2.9", "[192.0.2.9]"},
		{[]string{"203.0.113.5"}, true, "::", "[203.0.113.5 127.0.0.1]"},
		{[]string{"203.0.113.5", "2001:db8::1"}, false, "0.0.0.0", "[203.0.113.5 2001:db8::1]"},
	} {
		list, err := advertised(Config{Advertise: c.advertise, IncludeLoopback: c.loopback}, netip.MustParseAddr(c.bound), true)
		if err != nil || strings.Join(strings.Fields(strings.Trim(strings.Join(strs(list), " "), " ")), " ") != strings.Trim(c.want, "[]") {
			t.Errorf("%v: %v, %v", c, list, err)
		}
	}
	if list, err := interfaceAddrs(true, true); err != nil || !slices.ContainsFunc(list, netip.Addr.IsLoopback) {
		t.Errorf("addresses of this machine: %v, %v", list, err)
	}
}

func strs(list []netip.Addr) (out []string) {
	for _, a := range list {
		out = append(out, a.String())
	}
	return out
}

func TestConfig(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		key    string
		change func(*Config)
	}{
		{"rtc.listen: \"7882\"", func(c *Config) { c.Listen = "7882" }},
		{"rtc.listen: \"example.org:1\"", func(c *Config) { c.Listen = "example.org:1" }},
		{"rtc.listen: \":70000\"", func(c *Config) { c.Listen = ":70000" }},
		{"rtc.advertise[1]: \"host\"", func(c *Config) { c.Advertise = []string{"192.0.2.1", "host"} }},
		{"rtc.advertise[0]: \"0.0.0.0\"", func(c *Config) { c.Advertise = []string{"0.0.0.0"} }},
		{"rtc.advertise: 17 addresses", func(c *Config) { c.Advertise = slices.Repeat([]string{"192.0.2.1"}, 17) }},
		{"rtc.receive_buffer: 1", func(c *Config) { c.ReceiveBuffer = 1 }},
		{"rtc.send_buffer: 1", func(c *Config) { c.SendBuffer = 1 }},
		{"rtc.max_peers: 0", func(c *Config) { c.MaxPeers = 0 }},
		{"rtc.max_tcp: 0", func(c *Config) { c.MaxTCP = 0 }},
		{"rtc.max_slots: 1000", func(c *Config) { c.MaxSlots = 1000 }},
		{"rtc.max_tracks: 0", func(c *Config) { c.MaxTracks = 0 }},
		{"rtc.connect_timeout: 0s", func(c *Config) { c.ConnectTimeout = 0 }},
		{"rtc.quiet_after: 0s", func(c *Config) { c.QuietAfter = 0 }},
		{"rtc.idle_timeout: 6s", func(c *Config) { c.IdleTimeout = 6 * time.Second }},
	} {
		cfg := DefaultConfig()
		c.change(&cfg)
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), c.key) {
			t.Errorf("want a fault about %s, got %v", c.key, err)
		}
		if _, err := New(cfg, nil, nil); err == nil {
			t.Errorf("%s: New takes it", c.key)
		}
	}
}
