package rtc

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"switchyard/internal/srtp"
	"switchyard/sfu"
)

// trialMember is a simulated member of a trial: it has a socket, and its keys are
// given to its peer by hand.
type trialMember struct {
	publishes bool
	conn      *net.UDPConn
	seal      *srtp.Sealer
	audio     trialStream
	video     trialStream
}

// joinTrial joins the n-th member of a room.
func joinTrial(ctx context.Context, s *Server, room *sfu.Room, t Trial, n int) (*trialMember, error) {
	m := &trialMember{publishes: n < t.Publishers}
	who, _, err := room.Join(sfu.Join{Identity: fmt.Sprint("member", n), Kind: "browser", Counted: true, Grants: sfu.DefaultGrants})
	if err != nil {
		return nil, err
	}
	peer, err := s.NewPeer(who, PeerOptions{Name: fmt.Sprintf("%s-%d", room.ID(), n)})
	if err != nil {
		return nil, err
	}
	slots := t.Publishers
	if m.publishes {
		slots--
	}
	offer, tracks := trialOffer(m.publishes, t.Video, slots)
	answer, err := peer.Answer(ctx, offer, tracks)
	if err != nil {
		return nil, err
	}
	for _, slot := range answer.Slots {
		if err := slot.Subscription.Want(sfu.Demand{Width: 1280, Height: 720}); err != nil {
			return nil, err
		}
	}
	if m.conn, err = deafSocket(); err != nil {
		return nil, err
	}
	if err := m.connect(ctx, who, peer); err != nil {
		m.conn.Close()
		return nil, err
	}
	return m, nil
}

// connect gives the member's keys and address to its peer.
func (m *trialMember) connect(ctx context.Context, who *sfu.Participant, peer *Peer) error {
	const profile = srtp.AEADAES128GCM
	keys := make([]byte, 2*(profile.KeyLen()+profile.SaltLen()))
	rand.Read(keys)
	key, salt := profile.KeyLen(), profile.SaltLen()
	k := srtpKeys{profile: profile, localKey: keys[:key], peerKey: keys[key : 2*key], localSalt: keys[2*key : 2*key+salt], peerSalt: keys[2*key+salt:]}
	in, out, err := newSecure(k)
	if err != nil {
		return err
	}
	if m.seal, err = srtp.NewSealer(profile, k.peerKey, k.peerSalt); err != nil {
		return err
	}
	m.audio = trialStream{ssrc: random32(), pt: 111, mid: "0", kind: sfu.Audio}
	m.video = trialStream{ssrc: random32(), pt: 96, mid: "1", kind: sfu.Video}
	addr := m.conn.LocalAddr().(*net.UDPAddr).AddrPort()
	joined := make(chan struct{})
	who.Post(func() {
		defer close(joined)
		home := peer.shard()
		pa := &path{addr: addr, key: keyOf(addr)}
		pa.sa = socketAddress(home.sock.six, addr)
		home.learn(peer, pa)
		peer.setPath(pa)
		peer.enable(in, out)
	})
	select {
	case <-joined:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// trialOffer is the offer of a member with so many slots of each kind.
func trialOffer(publishes, video bool, slots int) (text string, tracks []TrackOffer) {
	const transport = "c=IN IP4 0.0.0.0\r\na=ice-ufrag:trial\r\na=ice-pwd:trialtrialtrialtrialtrial\r\na=setup:actpass\r\n" +
		"a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n" +
		"a=rtcp-mux\r\na=rtcp-rsize\r\na=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\n" +
		"a=extmap:4 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
	const audioLine = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" + transport + "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\n" +
		"a=extmap:5 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
	const videoLine = "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n" + transport + "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n" +
		"a=rtcp-fb:96 transport-cc\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
	var lines []string
	add := func(line, direction string) {
		lines = append(lines, fmt.Sprintf("%sa=mid:%d\r\na=%s\r\n", line, len(lines), direction))
	}
	if publishes {
		add(audioLine, "sendonly")
		tracks = append(tracks, TrackOffer{Mid: "0", Track: sfu.Track{ID: "microphone", Source: sfu.Microphone}})
		if video {
			add(videoLine, "sendonly")
			tracks = append(tracks, TrackOffer{Mid: "1", Track: sfu.Track{ID: "camera", Source: sfu.Camera, Width: 1280, Height: 720}})
		}
	}
	for range slots {
		add(audioLine, "recvonly")
		if video {
			add(videoLine, "recvonly")
		}
	}
	group := "a=group:BUNDLE"
	for i := range lines {
		group += fmt.Sprint(" ", i)
	}
	return "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n" + group + "\r\n" + strings.Join(lines, ""), tracks
}

// deafSocket is a socket on loopback for which the kernel drops everything that
// comes, as late as it can.
func deafSocket() (*net.UDPConn, error) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("open the socket of a simulated member: %w", err)
	}
	raw, err := conn.SyscallConn()
	if err == nil {
		nothing := [...]unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K}}
		filter := unix.SockFprog{Len: 1, Filter: &nothing[0]}
		err = raw.Control(func(fd uintptr) {
			unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &filter)
		})
	}
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("prepare the socket of a simulated member: %w", err)
	}
	return conn, nil
}

// socketAddress is the kernel's form of an IPv4 address.
func socketAddress(six bool, a netip.AddrPort) (s sockaddr) {
	port := a.Port()<<8 | a.Port()>>8
	if six {
		s.raw = unix.RawSockaddrInet6{Family: unix.AF_INET6, Port: port, Addr: a.Addr().As16()}
		s.len = unix.SizeofSockaddrInet6
		return s
	}
	*(*unix.RawSockaddrInet4)(unsafe.Pointer(&s.raw)) = unix.RawSockaddrInet4{Family: unix.AF_INET, Port: port, Addr: a.Addr().As4()}
	s.len = unix.SizeofSockaddrInet4
	return s
}
