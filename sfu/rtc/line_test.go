package rtc

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"switchyard/sfu"
)

// TestDependencyDescriptor: AV1's descriptor goes with its frame number
// rewritten, in the two-byte form if it is long, and only where negotiated.
func TestDependencyDescriptor(t *testing.T) {
	h := newHouse(t)
	mixed := rigVideo("0", "recvonly")
	plain := strings.ReplaceAll(mixed, "a=extmap-allow-mixed\r\n", "")
	none := strings.ReplaceAll(mixed, "a=extmap:6", "a=x:6")
	for name, c := range map[string]struct {
		offer  string
		length int
		want   bool
		form   uint16
	}{
		"short":        {mixed, 3, true, profileOneByte},
		"long":         {mixed, 40, true, profileTwoByte},
		"no two-byte":  {plain, 40, false, profileOneByte},
		"not offered":  {none, 3, false, profileOneByte},
		"impossible":   {mixed, 2, false, profileOneByte},
		"another slot": {mixed, 16, true, profileOneByte},
	} {
		t.Run(name, func(t *testing.T) {
			r := h.rig(name, Both, rigOffer(c.offer))
			packet := &sfu.Packet{Codec: sfu.AV1, Dependency: bytes.Repeat([]byte{0xAA}, c.length)}
			packet.Payload = append(packet.Buf[:0], "xx-payload"...)
			r.state(func(p *Peer) {
				out := sfu.Outgoing{Packet: packet, Sequence: 5, Timestamp: 6, Marker: true, CSRC: 7, FrameNumber: 0x1234, Skip: 2, PrefixLen: 1}
				out.Prefix[0] = '>'
				p.slotList[0].WriteRTP([]sfu.Outgoing{out})
			})
			b, hd := r.listen()
			if hd.extProfile != c.form || hd.payloadType != 45 || !hd.marker || string(b[hd.payload:]) != ">-payload" {
				t.Errorf("%+v, payload %q", hd, b[hd.payload:])
			}
			if csrc := binary.BigEndian.Uint32(b[12:]); csrc != 7 {
				t.Errorf("CSRC %d", csrc)
			}
			var mid string
			var dependency []byte
			for i := hd.extStart; ; {
				id, value, next := hd.element(b, i)
				if id == 0 {
					break
				}
				switch id {
				case 1:
					mid = string(value)
				case 6:
					dependency = value
				}
				i = next
			}
			if mid != "0" {
				t.Errorf("mid %q", mid)
			}
			if c.want != (dependency != nil) {
				t.Fatalf("descriptor % x", dependency)
			}
			if c.want && (len(dependency) != c.length || dependency[0] != 0xAA || binary.BigEndian.Uint16(dependency[1:]) != 0x1234) {
				t.Errorf("descriptor % x", dependency)
			}
			if bytes.Contains(packet.Dependency, []byte{0x12, 0x34}) {
				t.Error("the history was written to")
			}
		})
	}
}

// TestRetransmission: RFC 4588: own SSRC, payload type and count, the original
// sequence number first.
func TestRetransmission(t *testing.T) {
	h := newHouse(t)
	r := h.rig("bob", Both, rigOffer(rigVideo("0", "recvonly")))
	packet := &sfu.Packet{Codec: sfu.VP9}
	packet.Payload = append(packet.Buf[:0], "payload"...)
	r.state(func(p *Peer) {
		p.slotList[0].WriteRTP([]sfu.Outgoing{{Packet: packet, Sequence: 500, Timestamp: 6, CSRC: 7, Retransmission: true}})
	})
	b, hd := r.listen()
	slot := r.peer.lines[0].slot
	if hd.ssrc != slot.rtx || hd.payloadType != 99 || hd.sequence >= 1<<15 || string(b[hd.payload:]) != "\x01\xf4payload" {
		t.Errorf("%+v %q", hd, b[hd.payload:])
	}
	// A codec that the line has not.
	packet.Codec = sfu.Opus
	r.state(func(p *Peer) { p.slotList[0].WriteRTP([]sfu.Outgoing{{Packet: packet, Sequence: 501}}) })
	if n := h.server.counts.noPayload.Load(); n != 1 {
		t.Errorf("%d without a payload type", n)
	}
}

// TestAudioLevel: a publisher's level reaches the viewer.
func TestAudioLevel(t *testing.T) {
	h := newHouse(t)
	a := h.rig("alice", Both, rigOffer(rigAudio("0", "sendonly")), microphone("0"))
	b := h.rig("bob", Both, rigOffer(rigAudio("0", "recvonly")))
	for i := range 5 {
		a.send(rtpPacket(111, uint16(i), uint32(i)*960, 55, false, []byte("\xfcopus"), 1, "0", 5, []byte{0x80 | 33}))
	}
	packet, hd := b.listen()
	level := -1
	for i := hd.extStart; ; {
		id, value, next := hd.element(packet, i)
		if id == 0 {
			break
		}
		if id == 5 {
			level = int(value[0])
		}
		i = next
	}
	if level != 33 {
		t.Errorf("level %d", level)
	}
}

// TestStreamChanges: an SSRC that takes the place of another, one that has been
// silent for long, and one whose line is offered anew.
func TestStreamChanges(t *testing.T) {
	h := newHouse(t)
	r := h.rig("alice", Both, rigOffer(rigVideo("0", "sendonly")), camera("0"))
	frame := func(i int) []byte { return vp8(i%10 == 0, i, "x", 1)[0] }
	for i := range 5 {
		r.send(rtpPacket(96, uint16(i), 0, 1, true, frame(i), 1, "0"))
	}
	for i := range 5 {
		r.send(rtpPacket(96, uint16(30000+i), 0, 2, true, frame(i), 1, "0"))
	}
	r.send(rtpPacket(96, 6, 0, 1, true, frame(6))) // the old one is not wanted any more
	r.state(func(p *Peer) {
		if st := p.streams[1]; !st.retired || st.enc != nil || accepted(p, 2) != 5 {
			t.Errorf("%+v, %d", st, accepted(p, 2))
		}
	})
	// The line goes inactive and comes back; the client does not say the mid again.
	r.reoffer(rigOffer(rigVideo("0", "inactive"), rigVideo("1", "sendonly")), camera("1"))
	r.reoffer(rigOffer(rigVideo("0", "sendonly"), rigVideo("1", "sendonly")), camera("0"), camera("1"))
	r.send(rtpPacket(96, 30006, 0, 2, true, frame(0)))
	r.state(func(p *Peer) {
		if st := p.streams[2]; st.enc == nil || st.enc.line != p.pubLines[0] {
			t.Errorf("SSRC 2 is mapped to %+v", st.enc)
		}
		for _, st := range p.streams {
			st.seen = h.home.now - streamGone - 1
		}
		p.report(h.home.now, true)
		if len(p.streams) != 1 || p.streams[2] == nil {
			t.Errorf("%d streams after a minute of silence; the one that was replaced is of no use, the other may go on", len(p.streams))
		}
	})
	r.send(rtpPacket(96, 30007, 0, 2, true, frame(1)))
	r.state(func(p *Peer) {
		if accepted(p, 2) != 7 {
			t.Errorf("%d packets of an SSRC that was silent for long", accepted(p, 2))
		}
		for _, st := range p.streams {
			st.seen = h.home.now - streamGone - 1
		}
		if !p.evictStream(h.home.now) || len(p.streams) != 0 || p.pubLines[0].encodings[0].known || p.evictStream(h.home.now) {
			t.Error("its place can't be had")
		}
	})
}

// TestWithoutMid: a client that does not say mids is understood where its
// payload types leave no choice, and only there.
func TestWithoutMid(t *testing.T) {
	h := newHouse(t)
	r := h.rig("alice", Both, rigOffer(rigVideo("0", "sendonly"), rigAudio("1", "sendonly"), rigAudio("2", "sendonly")),
		camera("0"), microphone("1"), microphone("2"))
	r.send(
		rtpPacket(96, 1, 0, 1, true, vp8(true, 1, "x", 1)[0]),
		rtpPacket(111, 1, 0, 2, true, []byte("\xfc")),
		rtpPacket(111, 1, 0, 3, true, []byte("\xfc"), 1, "9"),
	)
	r.state(func(p *Peer) {
		if p.streams[1].enc == nil || p.streams[2].enc != nil || p.streams[3].enc != nil {
			t.Error("mapped wrongly")
		}
	})
}

// TestMuteStays: a later offer does not undo what became of a track.
func TestMuteStays(t *testing.T) {
	h := newHouse(t)
	r := h.rig("alice", Both, rigOffer(rigVideo("0", "sendonly")), camera("0"))
	pub := r.answer.Publications[0].Publication
	if err := pub.Mute(true, r.who.ID()); err != nil {
		t.Fatal(err)
	}
	wider := camera("0")
	wider.Track.Width = 1920
	for _, track := range []TrackOffer{camera("0"), wider} {
		r.reoffer(rigOffer(rigVideo("0", "sendonly")), track)
		if info := pub.Info().Track; !info.Muted || info.Width != track.Track.Width {
			t.Errorf("%+v", info)
		}
	}
}

// TestCompoundFeedback: a client without rtcp-rsize gets compound RTCP.
func TestCompoundFeedback(t *testing.T) {
	h := newHouse(t)
	offer := strings.ReplaceAll(rigOffer(rigVideo("0", "sendonly")), "a=rtcp-rsize\r\n", "")
	r := h.rig("alice", Both, offer, camera("0"))
	r.send(rtpPacket(96, 1, 0, 1, true, vp8(true, 1, "x", 1)[0], 1, "0"))
	r.send(rtpPacket(96, 4, 0, 1, true, vp8(false, 2, "x", 1)[0]))
	buffer := make([]byte, 2048)
	for {
		r.conn.SetReadDeadline(soon())
		n, err := r.conn.Read(buffer)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := r.in.DecryptRTCP(nil, buffer[:n], nil)
		if err != nil {
			t.Fatal(err)
		}
		packets, err := rtcp.Unmarshal(plain)
		if err != nil {
			t.Fatal(err)
		}
		if err := rtcp.CompoundPacket(packets).Validate(); err != nil {
			t.Fatalf("%v: %v", err, packets)
		}
		if slices.ContainsFunc(packets, func(p rtcp.Packet) bool {
			nack, ok := p.(*rtcp.TransportLayerNack)
			return ok && slices.Equal(nack.Nacks[0].PacketList(), []uint16{2, 3})
		}) {
			return
		}
	}
}

// TestFault: what fails while a packet is read, or while it is forwarded, ends
// the peer that it came from and no other.
func TestFault(t *testing.T) {
	packet := rtpPacket(96, 1, 0, 1, true, vp8(true, 1, "x", 1)[0], 1, "0")
	for name, provoke := range map[string]func(s *shard, p *Peer, sealed []byte){
		"reading": func(s *shard, p *Peer, sealed []byte) {
			p.pubLines[0].types = nil // what the code does not expect
			sa := p.path.sa
			s.addresses[sa.key()] = p
			s.receive(sealed, &sa, nil)
			delete(s.addresses, sa.key())
		},
		"forwarding": func(s *shard, p *Peer, _ []byte) {
			enc := &pubEncoding{line: &pubLine{}, pending: []*sfu.Packet{{}}} // without a publication
			s.touched = append(s.touched, touched{p, enc})
			s.flush(s.now)
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			a := h.rig("alice", Both, rigOffer(rigVideo("0", "sendonly")), camera("0"))
			b := h.rig("bob", Both, rigOffer(rigVideo("0", "sendonly")), camera("0"))
			sealed := a.seal(packet)
			a.state(func(p *Peer) { provoke(h.home, p, sealed) })
			<-a.peer.Done()
			if a.peer.ended != endFault || h.server.counts.faults.Swap(0) != 1 {
				t.Errorf("ended by %s", endNames[a.peer.ended])
			}
			b.send(packet)
			b.state(func(p *Peer) {
				if accepted(p, 1) != 1 {
					t.Error("bob is not served any more")
				}
			})
		})
	}
}

// TestRTCPRate: a client that floods with RTCP is not listened to for a while.
func TestRTCPRate(t *testing.T) {
	h := newHouse(t)
	r := h.rig("bob", Both, rigOffer(rigVideo("0", "recvonly")))
	pli, err := (&rtcp.PictureLossIndication{SenderSSRC: 1, MediaSSRC: r.peer.lines[0].slot.ssrc}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 * maxRTCPRate {
		sealed, err := r.out.EncryptRTCP(nil, pli, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.state(func(p *Peer) { p.rtcpSince = h.home.now; p.receiveMedia(sealed, h.home.now) })
	}
	if n := h.server.counts.plisReceived.Load(); n != maxRTCPRate {
		t.Errorf("%d handled", n)
	}
}

// TestTCPLimit: of connections beyond the limit the oldest that belongs to no
// peer is closed, and the newest if all do.
func TestTCPLimit(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.MaxTCP = 2 })
	side := h.server.tcp
	dial := func() net.Conn {
		conn, err := net.Dial("tcp", h.server.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	known := func(conn net.Conn) (found *tcpConn) {
		side.mu.Lock()
		defer side.mu.Unlock()
		for c := range side.conns {
			if c.addr.Port() == uint16(conn.LocalAddr().(*net.TCPAddr).Port) {
				found = c
			}
		}
		return found
	}
	cut := func(conn net.Conn) {
		t.Helper()
		conn.SetReadDeadline(soon())
		if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("a connection was not cut: %v", err)
		}
	}
	first, second := dial(), dial()
	eventually(t, "both are known", func() bool { return known(first) != nil && known(second) != nil })
	known(first).admitted(time.Minute)
	third := dial()
	cut(second)
	eventually(t, "the third is known", func() bool { return known(third) != nil })
	known(third).admitted(time.Minute)
	cut(dial())
	if known(first) == nil || known(third) == nil || side.refused.Load() != 2 {
		t.Errorf("%d were refused or cut", side.refused.Load())
	}
}

// TestMetrics: all names begin as they should and can be gathered together.
func TestMetrics(t *testing.T) {
	reg := prometheus.NewPedanticRegistry()
	cfg := DefaultConfig()
	cfg.Listen = "127.0.0.1:0"
	s, err := New(cfg, nil, reg)
	if err != nil {
		t.Fatal(err)
	}
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if !strings.HasPrefix(f.GetName(), "switchyard_rtc_") || f.GetHelp() == "" {
			t.Errorf("%s: %s", f.GetName(), f.GetHelp())
		}
	}
	if problems, err := testutil.GatherAndLint(reg); err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
	if _, err := New(cfg, nil, reg); err == nil {
		t.Error("a second server on the same registry")
	}
	if err := s.Run(context.Background()); err == nil {
		t.Error("Run without Listen")
	}
}

// TestLateTrack: the same track published by a new peer of the same participant
// is the same publication, and the old peer's packets count no more.
func TestLateTrack(t *testing.T) {
	h := newHouse(t)
	r := h.rig("alice", Both, rigOffer(rigVideo("0", "sendonly")), camera("0"))
	r.send(rtpPacket(96, 1, 0, 1, true, vp8(true, 1, "x", 1)[0], 1, "0"))
	again, err := h.server.NewPeer(r.who, PeerOptions{Name: "again"})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := again.Answer(context.Background(), rigOffer(rigVideo("0", "sendonly")), []TrackOffer{camera("0")})
	if err != nil {
		t.Fatal(err)
	}
	if answer.Publications[0].Publication != r.answer.Publications[0].Publication {
		t.Error("another publication")
	}
	r.send(rtpPacket(96, 2, 0, 1, true, vp8(true, 2, "x", 1)[0], 1, "0"))
	if n := h.server.counts.revoked.Load(); n != 1 {
		t.Errorf("%d packets of the old peer were refused", n)
	}
	r.peer.Close()
	if n := len(r.who.Info().Publications); n != 1 {
		t.Errorf("%d publications", n)
	}
}
