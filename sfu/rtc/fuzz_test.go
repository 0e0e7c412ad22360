package rtc

import (
	"bytes"
	"encoding/binary"
	"io"
	"net/netip"
	"strings"
	"testing"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"

	ours "switchyard/internal/srtp"
)

// FuzzOffer: no text makes the parser fail other than by an OfferError, and what
// it takes can be answered in text that can be read.
func FuzzOffer(f *testing.F) {
	f.Add(rigOffer(rigVideo("0", "sendonly", "rid:a send", "rid:b send", "simulcast:send a;~b"), rigAudio("1", "sendrecv"), rigVideo("2", "recvonly")))
	f.Add(rigHeader + "a=group:BUNDLE 0\r\nm=video 0 UDP/TLS/RTP/SAVPF 96\r\na=bundle-only\r\na=mid:0\r\n")
	f.Add("v=0\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		o, err := parseOffer(text)
		if err != nil {
			if bad, ok := err.(*OfferError); !ok || bad.Field == "" || bad.Reason == "" || len(bad.Reason) > 512 {
				t.Fatalf("%#v", err)
			}
			return
		}
		a := answerText{mixed: o.mixed, rsize: o.rsize, ufrag: "abcd", pwd: strings.Repeat("p", 22), fingerprint: "sha-256 00",
			addr: netip.MustParseAddr("192.0.2.1"), port: 1, cname: "c", lines: make([]answerLine, len(o.lines))}
		for i := range o.lines {
			ol := &o.lines[i]
			a.lines[i] = answerLine{offer: ol, rejected: ol.refused, send: ol.recv, recv: ol.send, codecs: ol.codecs, rids: ol.rids, ssrc: 2, rtxSSRC: 3, stream: "s"}
			if !ol.refused {
				newSlotFormat(ol.mid, ol.codecs, a.lines[i].extensions(), o.mixed)
				payloadTypesOf(ol.codecs)
			}
		}
		var d sdp.SessionDescription
		if err := d.UnmarshalString(a.String()); err != nil {
			t.Fatalf("the answer can't be read: %v\n%s", err, a.String())
		}
		if len(d.MediaDescriptions) != len(o.lines) {
			t.Fatalf("%d lines answered, %d offered", len(d.MediaDescriptions), len(o.lines))
		}
	})
}

// FuzzRTP: the header reader agrees with pion's wherever both take a packet, and
// the walk over extensions stays inside.
func FuzzRTP(f *testing.F) {
	f.Add(rtpPacket(96, 1, 2, 3, true, []byte("payload"), 1, "0", 2, "rid"))
	f.Add([]byte{0x90, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0x10, 0, 0, 2, 1, 2, 9, 9, 0, 3, 1, 8})
	f.Add([]byte{0xb1, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0xBE, 0xDE, 0, 0, 7, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		h, ok := parseRTP(b)
		if !ok {
			return
		}
		type element struct {
			id    uint8
			value string
		}
		var got []element
		for i := h.extStart; ; {
			id, value, next := h.element(b, i)
			if id == 0 {
				break
			}
			if next <= i || next > h.extEnd {
				t.Fatalf("the walk went from %d to %d", i, next)
			}
			got = append(got, element{id, string(value)})
			i = next
		}
		if rest, ok := h.unpad(b); ok && len(rest) < h.payload {
			t.Fatalf("unpadded into the header: %d of %d", len(rest), h.payload)
		}
		var want rtp.Header
		n, err := want.Unmarshal(b)
		if err != nil {
			return
		}
		if n != h.payload || want.SSRC != h.ssrc || want.SequenceNumber != h.sequence || want.Timestamp != h.timestamp ||
			want.PayloadType != h.payloadType || want.Marker != h.marker || want.Padding != h.padding {
			t.Fatalf("%+v, pion reads %+v", h, want)
		}
		if want.ExtensionProfile == profileOneByte && want.Extension {
			for i, e := range got {
				if i < len(want.Extensions) && len(want.Extensions) == len(got) && want.GetExtensionIDs()[i] != e.id {
					t.Fatalf("extensions %v, pion reads %v", got, want.GetExtensionIDs())
				}
			}
		}
	})
}

// FuzzRTX: unwrapping gives back what was wrapped, and nothing else.
func FuzzRTX(f *testing.F) {
	f.Add([]byte{1, 2, 3})
	f.Add([]byte{1, 2})
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, b []byte) {
		seq, rest, ok := unwrapRTX(b)
		if ok != (len(b) >= 2) {
			t.Fatalf("% x: %v", b, ok)
		}
		if ok && !bytes.Equal(append(binary.BigEndian.AppendUint16(nil, seq), rest...), b) {
			t.Fatalf("% x became %d and % x", b, seq, rest)
		}
	})
}

// FuzzPeerMedia: whatever an authenticated client sends, RTP or RTCP, the loop
// goes on.
func FuzzPeerMedia(f *testing.F) {
	h := newHouse(f)
	r := h.rig("alice", Both, rigOffer(rigVideo("0", "sendonly"), rigVideo("1", "sendonly", "rid:lo send", "rid:hi send", "simulcast:send lo;hi"),
		rigAudio("2", "sendonly"), rigVideo("3", "recvonly")), camera("0"), camera("1", "lo", "hi"), microphone("2"))
	ssrc := r.peer.lines[3].slot.ssrc
	for _, packet := range []rtcp.Packet{
		&rtcp.TransportLayerNack{MediaSSRC: ssrc, Nacks: []rtcp.NackPair{{PacketID: 1, LostPackets: 0xffff}}},
		&rtcp.PictureLossIndication{MediaSSRC: ssrc},
		&rtcp.FullIntraRequest{FIR: []rtcp.FIREntry{{SSRC: ssrc}}},
		&rtcp.SenderReport{SSRC: 1, Reports: []rtcp.ReceptionReport{{SSRC: ssrc}}},
		&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: ssrc}}},
		&rtcp.Goodbye{Sources: []uint32{1}},
	} {
		b, err := packet.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add(rtpPacket(96, 1, 2, 1, true, vp8(true, 1, "x", 1)[0], 1, "0"))
	f.Add(rtpPacket(97, 1, 2, 2, true, []byte{0, 1, 2}, 1, "0"))
	f.Add(rtpPacket(96, 1, 2, 3, true, vp8(true, 1, "x", 1)[0], 1, "1", 2, "hi"))
	f.Add(rtpPacket(111, 1, 2, 4, true, []byte{0xfc, 1}, 1, "2", 5, []byte{0x80}))
	f.Add(rtpPacket(45, 1, 2, 5, true, []byte{0x18, 1, 2}, 1, "0", 6, []byte{0x80, 0, 1}))
	index := uint32(0)
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < 12 || len(b) > 1400 || b[0]>>6 != 2 {
			return
		}
		var sealed []byte
		var err error
		if b[1] >= 192 && b[1] <= 223 {
			index++
			r.out.SetIndex(be32(b[4:]), index)
			sealed, err = r.out.EncryptRTCP(nil, b, nil)
		} else {
			sealed, err = r.out.EncryptRTP(nil, b, nil)
		}
		if err != nil {
			return
		}
		done := make(chan struct{})
		h.home.loop.Post(func() {
			defer close(done)
			p := r.peer
			p.rtcpCount = 0
			clear(p.incoming) // every packet is fresh
			clear(p.rtcpSenders)
			for _, st := range p.streams {
				*st.rtp = ours.Incoming{}
			}
			p.receiveMedia(sealed, h.home.now)
			h.home.flush(h.home.now)
			p.tick(h.home.now)
		})
		<-done
		if n := h.server.counts.faults.Load() + h.home.loop.panics.Load(); n != 0 {
			t.Fatalf("%d panics", n)
		}
	})
}

// FuzzFraming: frames are read as they were written, whatever follows.
func FuzzFraming(f *testing.F) {
	f.Add([]byte{0, 1, 2})
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		var again []byte
		for {
			frame, err := readFrame(r, maxFrame)
			if err != nil {
				if err == io.EOF && r.Len() > 0 {
					t.Fatal("ended early")
				}
				break
			}
			again = appendFrame(again, frame)
		}
		if !bytes.HasPrefix(b, again) {
			t.Fatalf("% x was read as % x", b, again)
		}
	})
}

// FuzzSTUN: the username is found inside the packet or not at all.
func FuzzSTUN(f *testing.F) {
	f.Add([]byte{0, 1, 0, 8, 0x21, 0x12, 0xA4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 6, 0, 3, 'a', ':', 'b', 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if name := stunTarget(b); name != nil && (!bytes.Contains(b, name) || classify(b) != stunPacket) {
			t.Fatalf("%q in % x", name, b)
		}
	})
}

// FuzzCredentials: what is taken as ICE credentials is safe to be echoed.
func FuzzCredentials(f *testing.F) {
	f.Add("abcd", "abcdefghijklmnopqrstuvwx")
	f.Fuzz(func(t *testing.T, ufrag, pwd string) {
		if checkCredentials(ufrag, pwd) == nil && strings.ContainsAny(ufrag+pwd, "\r\n :") {
			t.Fatalf("%q %q", ufrag, pwd)
		}
		parseFingerprint(ufrag + " " + pwd)
	})
}
