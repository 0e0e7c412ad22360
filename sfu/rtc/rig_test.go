package rtc

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/pion/srtp/v3"
	"golang.org/x/sys/unix"

	ours "switchyard/internal/srtp"
	"switchyard/sfu"
)

// A rig is a client without ICE and DTLS: its keys are given to the loop by
// hand, its packets are handed to the loop by the test, and what it is sent goes
// to a socket of the test.
type rig struct {
	*house
	who    *sfu.Participant
	peer   *Peer
	answer Answer
	out    *srtp.Context // the client's
	in     *srtp.Context
	conn   *net.UDPConn
}

const rigHeader = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"

const rigTransport = "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=setup:actpass\r\n" +
	"a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n"

// rigVideo is a video line of an offer; its extras are further attributes.
func rigVideo(mid, direction string, extras ...string) string {
	line := "m=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99 102 103 45 46\r\nc=IN IP4 0.0.0.0\r\na=mid:" + mid + "\r\na=" + direction + "\r\n" +
		rigTransport + "a=rtcp-mux\r\na=rtcp-rsize\r\n" +
		"a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=extmap:2 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n" +
		"a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\n" +
		"a=extmap:4 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n" +
		"a=extmap:6 https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension\r\n" +
		"a=extmap-allow-mixed\r\n" +
		"a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtcp-fb:96 ccm fir\r\na=rtcp-fb:96 transport-cc\r\na=rtcp-fb:96 goog-remb\r\n" +
		"a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n" +
		"a=rtpmap:98 VP9/90000\r\na=fmtp:98 profile-id=0\r\na=rtpmap:99 rtx/90000\r\na=fmtp:99 apt=98\r\n" +
		"a=rtpmap:102 H264/90000\r\na=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\na=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\n" +
		"a=rtpmap:45 AV1/90000\r\na=rtpmap:46 rtx/90000\r\na=fmtp:46 apt=45\r\n"
	for _, e := range extras {
		line += "a=" + e + "\r\n"
	}
	return line
}

func rigAudio(mid, direction string) string {
	return "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 0 13 110\r\nc=IN IP4 0.0.0.0\r\na=mid:" + mid + "\r\na=" + direction + "\r\n" +
		rigTransport + "a=rtcp-mux\r\na=rtcp-rsize\r\n" +
		"a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=extmap:5 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n" +
		"a=extmap:4 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n" +
		"a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1;stereo=1\r\na=rtcp-fb:111 transport-cc\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n" +
		"a=rtpmap:0 PCMU/8000\r\na=rtpmap:13 CN/8000\r\na=rtpmap:110 telephone-event/48000\r\n"
}

// rigOffer puts lines together, all in one BUNDLE group.
func rigOffer(lines ...string) string {
	group := "a=group:BUNDLE"
	for _, l := range lines {
		if _, rest, ok := strings.Cut(l, "a=mid:"); ok {
			mid, _, _ := strings.Cut(rest, "\r\n")
			group += " " + mid
		}
	}
	return rigHeader + group + "\r\n" + strings.Join(lines, "")
}

// rig joins a client with this offer.
func (h *house) rig(name string, role Role, offer string, tracks ...TrackOffer) *rig {
	h.Helper()
	r := &rig{house: h}
	r.who, r.peer = h.join(name, role)
	r.reoffer(offer, tracks...)

	key := func(b byte) []byte { return []byte(strings.Repeat(string(rune(b)), 16)) }
	salt := func(b byte) []byte { return []byte(strings.Repeat(string(rune(b)), 12)) }
	profile := srtp.ProtectionProfileAeadAes128Gcm
	sec, out, err := newSecure(srtpKeys{profile: ours.AEADAES128GCM,
		localKey: key('a'), localSalt: salt('b'), peerKey: key('c'), peerSalt: salt('d')})
	if err != nil {
		h.Fatal(err)
	}
	if r.out, err = srtp.CreateContext(key('c'), salt('d'), profile); err != nil {
		h.Fatal(err)
	}
	if r.in, err = srtp.CreateContext(key('a'), salt('b'), profile); err != nil {
		h.Fatal(err)
	}
	if r.conn, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}); err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { r.conn.Close() })
	r.conn.SetReadBuffer(4 << 20)
	pa := &path{addr: r.conn.LocalAddr().(*net.UDPAddr).AddrPort()}
	pa.key = keyOf(pa.addr)
	pa.sa = rigSockaddr(h.home.sock.six, pa.addr)
	h.onLoop(func() {
		r.peer.path = pa
		r.peer.enable(sec, out)
	})
	return r
}

// reoffer makes an offer.
func (r *rig) reoffer(offer string, tracks ...TrackOffer) Answer {
	r.Helper()
	var err error
	if r.answer, err = r.peer.Answer(context.Background(), offer, tracks); err != nil {
		r.Fatal(err)
	}
	return r.answer
}

// rigSockaddr makes a kernel address.
func rigSockaddr(six bool, a netip.AddrPort) sockaddr {
	var s sockaddr
	port := a.Port()<<8 | a.Port()>>8
	if six {
		s.raw = unix.RawSockaddrInet6{Family: unix.AF_INET6, Port: port, Addr: netip.AddrFrom16(a.Addr().As16()).As16()}
		s.len = unix.SizeofSockaddrInet6
		return s
	}
	four := unix.RawSockaddrInet4{Family: unix.AF_INET, Port: port, Addr: a.Addr().As4()}
	*(*unix.RawSockaddrInet4)(ptr(&s.raw)) = four
	s.len = unix.SizeofSockaddrInet4
	return s
}

// rtpPacket builds a plain packet; exts are pairs of id and value.
func rtpPacket(pt uint8, seq uint16, ts, ssrc uint32, marker bool, payload []byte, exts ...any) []byte {
	b := []byte{0x80, pt}
	if marker {
		b[1] |= 0x80
	}
	b = binary.BigEndian.AppendUint16(b, seq)
	b = binary.BigEndian.AppendUint32(b, ts)
	b = binary.BigEndian.AppendUint32(b, ssrc)
	if len(exts) > 0 {
		b[0] |= 0x10
		start := len(b)
		b = append(b, 0xBE, 0xDE, 0, 0)
		for i := 0; i < len(exts); i += 2 {
			value := []byte(fmt.Sprint(exts[i+1]))
			if raw, ok := exts[i+1].([]byte); ok {
				value = raw
			}
			b = append(b, byte(exts[i].(int))<<4|byte(len(value)-1))
			b = append(b, value...)
		}
		for (len(b)-start)%4 != 0 {
			b = append(b, 0)
		}
		binary.BigEndian.PutUint16(b[start+2:], uint16((len(b)-start)/4-1))
	}
	return append(b, payload...)
}

// seal encrypts a packet as the client does.
func (r *rig) seal(plain []byte) []byte {
	r.Helper()
	b, err := r.out.EncryptRTP(nil, plain, nil)
	if err != nil {
		r.Fatal(err)
	}
	return b
}

// arrive hands sealed packets to the loop as one pass.
func (r *rig) arrive(packets ...[]byte) {
	r.Helper()
	r.onLoop(func() {
		for _, b := range packets {
			r.peer.receiveMedia(b, r.home.now)
		}
		r.home.flush(r.home.now)
	})
}

// send seals packets and hands them over.
func (r *rig) send(plain ...[]byte) {
	r.Helper()
	var sealed [][]byte
	for _, b := range plain {
		sealed = append(sealed, r.seal(b))
	}
	r.arrive(sealed...)
}

// state runs f on the loop.
func (r *rig) state(f func(p *Peer)) {
	r.Helper()
	r.onLoop(func() { f(r.peer) })
}

// listen reads and opens the next RTP packet that the client was sent.
func (r *rig) listen() (plain []byte, h rtpHeader) {
	r.Helper()
	b := make([]byte, 2048)
	for {
		r.conn.SetReadDeadline(soon())
		n, err := r.conn.Read(b)
		if err != nil {
			r.Fatalf("nothing was sent: %v", err)
		}
		if b[1] >= 192 && b[1] <= 223 {
			continue
		}
		plain, err := r.in.DecryptRTP(nil, b[:n], nil)
		if err != nil {
			r.Fatalf("open what was sent: %v", err)
		}
		h, ok := parseRTP(plain)
		if !ok {
			r.Fatalf("sent % x", plain)
		}
		return plain, h
	}
}

var _ testing.TB = (*rig)(nil)
