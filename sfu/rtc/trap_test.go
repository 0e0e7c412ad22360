package rtc

import (
	"encoding/binary"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/pion/webrtc/v4"

	"switchyard/sfu"
)

func ptr[T any](p *T) unsafe.Pointer { return unsafe.Pointer(p) }

func soon() time.Time { return time.Now().Add(5 * time.Second) }

// TestTrap1NonceNeverRepeats: no sequence number of a slot is sealed twice,
// whatever the core asks for, retransmissions count on their own stream, and a
// slot that is opened anew has another SSRC.
func TestTrap1NonceNeverRepeats(t *testing.T) {
	h := newHouse(t)
	r := h.rig("alice", Both, rigOffer(rigVideo("0", "recvonly")))
	packet := &sfu.Packet{Codec: sfu.VP8}
	packet.Payload = append(packet.Buf[:0], "payload"...)
	out := sfu.Outgoing{Packet: packet, Sequence: 1000, Timestamp: 5, CSRC: 77}
	again := out
	again.Retransmission = true
	r.state(func(p *Peer) {
		slot := p.slotList[0]
		next := uint16(slot.rtxNext)
		slot.WriteRTP([]sfu.Outgoing{out, out, again, again})
		if n := h.server.counts.twice.Swap(0); n != 1 {
			t.Errorf("%d refused, want 1", n)
		}
		if uint16(slot.rtxNext) != next+2 {
			t.Error("retransmissions did not take two numbers")
		}
	})
	used := make(map[[2]uint32]bool)
	for range 3 {
		_, hd := r.listen()
		index := [2]uint32{hd.ssrc, uint32(hd.sequence)}
		if used[index] {
			t.Errorf("SSRC %d, sequence number %d was sent twice", index[0], index[1])
		}
		used[index] = true
	}
	old := r.peer.lines[0].slot.ssrc
	narrow := strings.Replace(rigVideo("0", "recvonly"), "98 99 ", "", 1)
	if answer := r.reoffer(rigOffer(narrow)); len(answer.Slots) != 1 {
		t.Fatalf("slots %v", answer.Slots)
	}
	if ssrc := r.peer.lines[0].slot.ssrc; ssrc == old {
		t.Error("a new slot has the old SSRC")
	}
}

// TestSentWindow checks the guard of trap 1 against a set.
func TestSentWindow(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var w sentWindow
	used := make(map[uint64]bool)
	next := uint64(30000)
	for range 300000 {
		index := next
		switch random.IntN(10) {
		case 0: // late
			index -= uint64(random.IntN(windowSize + 100))
		case 1: // a gap
			index += uint64(random.IntN(1500))
		}
		if roc, fresh := w.claim(uint16(index)); fresh && roc == uint32(index>>16) {
			if used[index] {
				t.Fatalf("index %d was used twice", index)
			}
			used[index] = true
			next = max(next, index+1)
		} else if !used[index] && index+windowSize > next {
			t.Fatalf("index %d was refused, the next is %d", index, next)
		}
	}
}

// TestTrap2Rollover: the rollover counter goes on over wraps and over gaps of
// more than 32,768 packets, and nothing that is forged moves it.
func TestTrap2Rollover(t *testing.T) {
	h := newHouse(t)
	r := h.rig("alice", Both, rigOffer(rigVideo("0", "sendonly")), camera("0"))
	send := func(index uint64, extension ...any) bool {
		t.Helper()
		var before, after int
		body := vp8(false, int(index&0x7fff), "x", 1)[0]
		r.out.SetROC(1234, uint32(index>>16))
		sealed := r.seal(rtpPacket(96, uint16(index), uint32(index)*10, 1234, true, body, extension...))
		r.state(func(p *Peer) {
			before = accepted(p, 1234)
			p.secure.probed = 0 // as if the last probe were long ago
			p.receiveMedia(sealed, h.home.now)
			h.home.flush(h.home.now)
			after = accepted(p, 1234)
		})
		return after == before+1
	}
	steps := []uint64{65530, 65535, 65536, 65540, 65538, // over a wrap, late ones too
		65540 + 33000, 65540 + 33001, // a gap within a turn
		65540 + 33001 + 40000, 65540 + 33001 + 40010, // one that wraps
		65540 + 73001 + 60000}
	for i, index := range steps {
		if !send(index, 1, "0") {
			t.Fatalf("packet %d with index %d was not accepted", i, index)
		}
	}
	last := steps[len(steps)-1]
	if send(last) || send(last-1) == false || send(last-5000) {
		t.Error("a replay was accepted, or a late packet was not")
	}
	for range 200 { // forged, with every sequence number there is
		b := r.seal(rtpPacket(96, uint16(rand.Uint32()), 1, 1234, true, []byte("forged forged")))
		b[len(b)-1] ^= 1
		r.state(func(p *Peer) { p.secure.probed = 0; p.receiveMedia(b, h.home.now) })
	}
	if !send(last + 1) {
		t.Error("forged packets moved the rollover counter")
	}
	if h.server.counts.forged.Load() < 50 {
		t.Errorf("%d forged packets counted", h.server.counts.forged.Load())
	}
}

// accepted is how many packets of an SSRC were accepted.
func accepted(p *Peer, ssrc uint32) int {
	if st := p.streams[ssrc]; st != nil {
		return int(st.reception.received)
	}
	return 0
}

// TestTrap3NothingBeforeKeys: what comes before the handshake is done is held,
// at most 32 packets, and handled once the client's certificate is verified.
func TestTrap3NothingBeforeKeys(t *testing.T) {
	h := newHouse(t)
	r := h.rig("alice", Both, rigOffer(rigVideo("0", "sendonly")), camera("0"))
	var sec *secure
	r.state(func(p *Peer) { sec, p.secure = p.secure, nil })
	for i := range 40 {
		r.send(rtpPacket(96, uint16(i), 0, 1234, true, vp8(true, i, "x", 1)[0], 1, "0"))
	}
	r.state(func(p *Peer) {
		if len(p.streams) != 0 || len(p.early) != maxEarly {
			t.Errorf("%d streams, %d held", len(p.streams), len(p.early))
		}
		h.home.active = nil
		p.enable(sec, p.sender)
		if got := accepted(p, 1234); got != maxEarly {
			t.Errorf("%d packets were handled", got)
		}
	})
	if n := h.server.counts.beforeKeys.Load(); n != 40-maxEarly {
		t.Errorf("%d dropped", n)
	}
}

// TestTrap4NoStateBeforeAuthentication: headers are hostile, and what does not
// authenticate leaves nothing behind.
func TestTrap4NoStateBeforeAuthentication(t *testing.T) {
	h := newHouse(t)
	r := h.rig("alice", Both, rigOffer(rigVideo("0", "sendonly")), camera("0"))
	for i := range 1000 {
		forged := rtpPacket(96, uint16(i), 0, uint32(i), true, []byte("................................"), 1, "0")
		r.arrive(forged, forged[:i%len(forged)], []byte{0x80, 200, 0, 1, 1, 2, 3, byte(i)})
	}
	r.state(func(p *Peer) {
		if len(p.streams) != 0 || p.ssrcs != 0 || len(p.held) != 0 || len(p.rtcpSenders) != 0 {
			t.Errorf("%d streams, %d SSRCs, %d held", len(p.streams), p.ssrcs, len(p.held))
		}
		if len(p.incoming) != 0 {
			t.Error("a forged SSRC was kept")
		}
	})
	// Authentic ones are bounded too.
	for i := range 3 * maxStreams {
		r.send(rtpPacket(96, 1, 0, uint32(i), true, []byte("authentic"), 1, "?"))
	}
	r.state(func(p *Peer) {
		if len(p.streams) != maxStreams || len(p.held) != maxHeld {
			t.Errorf("%d streams, %d held", len(p.streams), len(p.held))
		}
	})
}

// TestTrap5PionSendsNoMedia: the guard refuses it, and the media code of pion is
// not in the program.
func TestTrap5PionSendsNoMedia(t *testing.T) {
	var refused atomic.Uint64
	sent := 0
	c := newQueueConn(nil, &refused, func([]byte, netip.AddrPort) error { sent++; return nil })
	for first := range 256 {
		c.WriteToAddrPort([]byte{byte(first), 0, 0}, dtlsPeer)
	}
	c.WriteToAddrPort(nil, dtlsPeer)
	if refused.Load() != 129 || sent != 128 {
		t.Errorf("%d refused, %d sent", refused.Load(), sent)
	}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range parsed.Imports {
			if strings.Contains(i.Path.Value, "pion/webrtc") || strings.Contains(i.Path.Value, "pion/interceptor") {
				t.Errorf("%s imports %s", f.Name(), i.Path.Value)
			}
		}
	}
}

// TestTrap6OwnStatistics: what flows is counted here, since pion sees none of it.
func TestTrap6OwnStatistics(t *testing.T) {
	h := newHouse(t)
	a := h.rig("alice", Both, rigOffer(rigAudio("0", "sendonly")), microphone("0"))
	h.rig("bob", Both, rigOffer(rigAudio("0", "recvonly")))
	for i := range 10 {
		a.send(rtpPacket(111, uint16(i), uint32(i)*960, 55, false, []byte("\xfcopus"), 1, "0", 5, []byte{0x80 | 10}))
	}
	c := &h.server.counts
	if in, out := c.packetsIn[trafficAudio].Load(), c.packetsOut[trafficAudio].Load(); in != 10 || out == 0 {
		t.Errorf("%d in, %d out", in, out)
	}
	if c.bytesIn[trafficAudio].Load() == 0 || c.bytesOut[trafficAudio].Load() == 0 {
		t.Error("no bytes counted")
	}
}

// TestTrap7StaleAddresses: addresses are forgotten with their peer, and a peer
// has at most so many.
func TestTrap7StaleAddresses(t *testing.T) {
	h := newHouse(t)
	a, _, _ := publish(h, "alice", clientOptions{})
	h.onLoop(func() {
		if len(h.home.addresses) == 0 || len(h.home.ufrags) != 1 {
			t.Errorf("%d addresses, %d username fragments", len(h.home.addresses), len(h.home.ufrags))
		}
	})
	a.peer.Close()
	h.onLoop(func() {
		if len(h.home.addresses)+len(h.home.ufrags)+len(h.home.everyone)+len(h.home.active) != 0 {
			t.Errorf("left over: %v %v", h.home.addresses, h.home.ufrags)
		}
	})

	var s paths
	var keep *path
	for i := range 1000 {
		addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 1}), uint16(1000+i))
		s.restart()
		p, _, first := s.touch(addr, nil, nil, int64(i), keep)
		if p == nil || !first {
			t.Fatal("refused, or known before")
		}
		if i == 0 {
			keep = p
		}
	}
	if n := len(s.list); n != maxPaths {
		t.Errorf("%d paths", n)
	}
	if s.find(keep.addr) == nil {
		t.Error("the path in use was forgotten")
	}
	if p, _, _ := s.touch(keep.addr, nil, new(tcpConn), 0, nil); p != nil {
		t.Error("a UDP address was taken over by TCP")
	}
	addr := netip.MustParseAddrPort("10.0.0.2:9")
	first, second := &tcpConn{closed: make(chan struct{})}, &tcpConn{closed: make(chan struct{})}
	s.touch(addr, nil, first, 2000, nil)
	if p, _, _ := s.touch(addr, nil, second, 2001, nil); p != nil {
		t.Error("a connection was taken over while it was open")
	}
	close(first.closed)
	if p, _, _ := s.touch(addr, nil, second, 2002, nil); p == nil || s.find(addr).tcp != second {
		t.Error("a client that connects again is not served")
	}
}

// TestTrap8RTXIsUnwrapped: a publisher's retransmissions fill their places in
// the history of the stream that they repair, by payload type or repaired-rid.
func TestTrap8RTXIsUnwrapped(t *testing.T) {
	h := newHouse(t)
	r := h.rig("alice", Both, rigOffer(rigVideo("0", "sendonly"), rigVideo("1", "sendonly", "rid:lo send", "rid:hi send", "simulcast:send lo;hi")),
		camera("0"), camera("1", "lo", "hi"))
	wrap := func(seq uint16, b []byte) []byte { return append(binary.BigEndian.AppendUint16(nil, seq), b...) }
	frames := vp8(true, 1, "x", 5)
	r.send(
		rtpPacket(96, 100, 0, 1, false, frames[0], 1, "0"),
		rtpPacket(96, 103, 0, 1, false, frames[3]),
		rtpPacket(97, 9, 0, 2, false, wrap(101, frames[1]), 1, "0"),
		rtpPacket(97, 10, 0, 2, false, wrap(102, frames[2])),
		rtpPacket(97, 11, 0, 2, false, nil), // a probe
		// An encoding of the other line, its retransmission first.
		rtpPacket(97, 7, 0, 3, false, wrap(201, frames[1]), 1, "1", 3, "hi"),
		rtpPacket(96, 200, 0, 4, false, frames[0], 1, "1", 2, "hi"),
		rtpPacket(96, 300, 0, 5, false, frames[0], 1, "1", 2, "lo"),
	)
	r.state(func(p *Peer) {
		for ssrc, want := range map[uint32]struct {
			mid   string
			index int
			rtx   bool
		}{1: {"0", 0, false}, 2: {"0", 0, true}, 3: {"1", 1, true}, 4: {"1", 1, false}, 5: {"1", 0, false}} {
			st := p.streams[ssrc]
			if st == nil || st.enc == nil || st.enc.line.mid != want.mid || st.enc.index != want.index || st.rtx != want.rtx {
				t.Errorf("SSRC %d is mapped to %+v, want %v", ssrc, st, want)
			}
		}
		if missing := p.streams[1].enc.nack.missing; len(missing) != 0 {
			t.Errorf("still missing: %v", missing)
		}
	})
	if n := h.server.counts.recovered.Load(); n != 3 {
		t.Errorf("%d recovered", n)
	}
}

// TestHeldUntilMapped: authentic packets without a known line are held, at most
// 32 for 500 ms, and handled when the line is known.
func TestHeldUntilMapped(t *testing.T) {
	h := newHouse(t)
	simulcast := rigVideo("0", "sendonly", "rid:lo send", "rid:hi send", "simulcast:send lo;hi")
	r := h.rig("alice", Both, rigOffer(simulcast), camera("0", "lo", "hi"))
	for i := range 10 {
		r.send(rtpPacket(96, uint16(i), 0, 7, false, vp8(i == 0, i, "x", 1)[0], 1, "0"))
	}
	r.state(func(p *Peer) {
		if len(p.held) != 10 || accepted(p, 7) != 0 {
			t.Errorf("%d held", len(p.held))
		}
	})
	r.send(rtpPacket(96, 10, 0, 7, false, vp8(false, 10, "x", 1)[0], 1, "0", 2, "hi"))
	r.state(func(p *Peer) {
		if len(p.held) != 0 || accepted(p, 7) != 11 {
			t.Errorf("%d held, %d received", len(p.held), accepted(p, 7))
		}
	})
	for i := range 50 {
		r.send(rtpPacket(96, uint16(i), 0, 8, false, []byte("unknown"), 1, "0"))
	}
	r.state(func(p *Peer) {
		if len(p.held) != maxHeld {
			t.Errorf("%d held", len(p.held))
		}
		p.tick(h.home.now + holdFor + 1)
		if len(p.held) != 0 {
			t.Errorf("%d held after their time", len(p.held))
		}
	})
	if n := h.server.counts.unmapped.Load(); n != 50 {
		t.Errorf("%d dropped", n)
	}
}

// TestBadInput: garbage of every kind at the media port, while a call flows.
func TestBadInput(t *testing.T) {
	h := newHouse(t)
	a, _, answer := publish(h, "alice", clientOptions{})
	b, _ := view(h, "bob", clientOptions{})
	b.flows("1", 20)
	conn, err := net.Dial("udp", h.server.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	random := rand.New(rand.NewPCG(3, 4))
	body := make([]byte, 1400)
	check := func(ufrag string) []byte {
		value := ufrag + ":someone"
		m := []byte{0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 6, 0, byte(len(value))}
		m = append(m, value...)
		for len(m)%4 != 0 {
			m = append(m, 0)
		}
		m[3] = byte(len(m) - 20)
		return m
	}
	for i := range 3000 {
		for k := range body {
			body[k] = byte(random.Uint32())
		}
		n := 1 + random.IntN(len(body)-1)
		body[0] = byte(i)
		conn.Write(body[:n])
		switch i % 4 {
		case 0:
			conn.Write(check("nobody"))
		case 1: // the right username fragment, without the password
			conn.Write(check(answer.ICEUfrag))
		case 2:
			conn.Write(rtpPacket(96, uint16(i), 0, 1, false, body[:n]))
		}
	}
	b.flows("1", 100)
	c := &h.server.counts
	for name, n := range map[string]uint64{
		"garbage": c.garbage.Load(), "unknown address": c.unknownAddress.Load(), "unknown ufrag": c.unknownUfrag.Load(),
	} {
		if n == 0 {
			t.Errorf("%s: none counted", name)
		}
	}
	h.onLoop(func() {
		if h.home.addresses[keyOf(conn.LocalAddr().(*net.UDPAddr).AddrPort())] != nil {
			t.Error("an address without the password belongs to a peer")
		}
	})
	if a.pc.ConnectionState() != webrtc.PeerConnectionStateConnected {
		t.Error("alice is not connected any more")
	}
	// The same over TCP.
	tcp, err := net.Dial("tcp", h.server.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	tcp.Write(appendFrame(nil, []byte("GET / HTTP/1.1")))
	tcp.SetReadDeadline(soon())
	if _, err := tcp.Read(body); err == nil {
		t.Error("a TCP connection that is not ICE stays open")
	}
	b.flows("1", 50)
}

// TestQuiet: a client that falls silent is reported, and so is its return.
func TestQuiet(t *testing.T) {
	h := newHouse(t)
	r := h.rig("alice", Both, rigOffer(rigVideo("0", "sendonly")), camera("0"))
	now := int64(0)
	r.state(func(p *Peer) {
		now = h.home.now
		p.lastHeard = now - int64(h.server.cfg.QuietAfter) - 1
		p.watch(now)
		if !p.quiet {
			t.Error("not quiet after the time for it")
		}
		p.heardFrom(new(sockaddr), nil, now)
		if p.quiet {
			t.Error("still quiet")
		}
		p.lastHeard = now - int64(h.server.cfg.IdleTimeout) - 1
		p.watch(now)
	})
	<-r.peer.Done()
	if r.peer.ended != endIdle {
		t.Errorf("ended by %s", endNames[r.peer.ended])
	}
}
