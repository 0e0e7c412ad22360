package rtc

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"switchyard/sfu"
)

// house is a media server with one room, on real sockets of this machine.
type house struct {
	testing.TB
	server *Server
	home   *shard // the first
	sfu    *sfu.SFU
	room   *sfu.Room
	peers  int
}

func newHouse(t testing.TB, change ...func(*Config)) *house {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Listen = "127.0.0.1:0"
	cfg.Shards = 1
	for _, f := range change {
		f(&cfg)
	}
	log := slog.New(slog.DiscardHandler)
	reg := prometheus.NewRegistry()
	server, err := New(cfg, log, reg)
	if err != nil {
		t.Fatal(err)
	}
	server.byHand = true
	if err := server.Listen(); err != nil {
		t.Fatal(err)
	}
	h := &house{TB: t, server: server, home: server.shards[0]}
	if h.sfu, err = sfu.New(sfu.DefaultConfig(), server.Loop(), log, reg); err != nil {
		t.Fatal(err)
	}
	h.sfu.Spread(server.Loops()...)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	t.Cleanup(func() {
		if t.Failed() {
			h.tell()
		}
		h.sfu.Close()
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		if n := server.counts.mediaFromPion.Load(); n != 0 {
			t.Errorf("pion wanted to send %d media packets", n)
		}
		if n := server.counts.twice.Load(); n != 0 {
			t.Errorf("%d packets were to be sent under a used sequence number", n)
		}
		if n := server.counts.faults.Load() + h.home.loop.panics.Load(); n != 0 {
			t.Errorf("%d panics", n)
		}
	})
	if h.room, err = h.sfu.Open("room"); err != nil {
		t.Fatal(err)
	}
	return h
}

// join adds a participant with a peer.
func (h *house) join(identity string, role Role) (*sfu.Participant, *Peer) {
	h.Helper()
	p, _, err := h.room.Join(sfu.Join{Identity: identity, Kind: "browser", Counted: true, Grants: sfu.DefaultGrants})
	if err != nil {
		h.Fatal(err)
	}
	h.peers++
	peer, err := h.server.NewPeer(p, PeerOptions{Name: fmt.Sprintf("peer-%d", h.peers), Role: role})
	if err != nil {
		h.Fatal(err)
	}
	return p, peer
}

// onLoop runs f on the loop and waits for it.
func (h *house) onLoop(f func()) {
	h.Helper()
	done := make(chan struct{})
	h.home.loop.Post(func() { defer close(done); f() })
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		h.Fatal("the loop does not run")
	}
}

// client is a stock pion peer connection in the role of a browser.
type client struct {
	testing.TB
	pc    *webrtc.PeerConnection
	peer  *Peer
	who   *sfu.Participant
	tap   *tap
	mu    sync.Mutex
	heard map[string]*received // by mid of the receiving transceiver
}

// received is what came on one line.
type received struct {
	packets  []rtp.Header
	payloads [][]byte
	bodies   []string       // the last bytes of each payload, see frame
	codecs   map[string]int // packets by MIME type; not in copies
}

type clientOptions struct {
	setting func(*webrtc.SettingEngine)
	noNACK  bool
	reports bool // transport-wide feedback about what it receives
	tap     *tap
}

// tap sees and may drop RTP on the client's side.
type tap struct {
	interceptor.NoOp
	dropIn  func(*rtp.Header) bool
	dropOut func(*rtp.Header) bool
	rtcpIn  func([]rtcp.Packet)
}

func (t *tap) NewInterceptor(string) (interceptor.Interceptor, error) { return t, nil }

func (t *tap) BindLocalStream(_ *interceptor.StreamInfo, w interceptor.RTPWriter) interceptor.RTPWriter {
	return interceptor.RTPWriterFunc(func(h *rtp.Header, b []byte, a interceptor.Attributes) (int, error) {
		if t.dropOut != nil && t.dropOut(h) {
			return len(b), nil
		}
		return w.Write(h, b, a)
	})
}

func (t *tap) BindRemoteStream(_ *interceptor.StreamInfo, r interceptor.RTPReader) interceptor.RTPReader {
	return interceptor.RTPReaderFunc(func(b []byte, a interceptor.Attributes) (int, interceptor.Attributes, error) {
		for {
			n, attr, err := r.Read(b, a)
			if err == nil && t.dropIn != nil {
				var h rtp.Header
				if _, perr := h.Unmarshal(b[:n]); perr == nil && t.dropIn(&h) {
					continue
				}
			}
			return n, attr, err
		}
	})
}

func (t *tap) BindRTCPReader(r interceptor.RTCPReader) interceptor.RTCPReader {
	return interceptor.RTCPReaderFunc(func(b []byte, a interceptor.Attributes) (int, interceptor.Attributes, error) {
		n, attr, err := r.Read(b, a)
		if err == nil && t.rtcpIn != nil {
			if packets, perr := rtcp.Unmarshal(b[:n]); perr == nil {
				t.rtcpIn(packets)
			}
		}
		return n, attr, err
	})
}

func newClient(h *house, who *sfu.Participant, peer *Peer, o clientOptions) *client {
	h.Helper()
	se := webrtc.SettingEngine{}
	f := logging.NewDefaultLoggerFactory()
	f.DefaultLogLevel = logging.LogLevelDisabled
	se.LoggerFactory = f
	se.SetIncludeLoopbackCandidate(true)
	se.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	se.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	if o.setting != nil {
		o.setting(&se)
	}
	me := &webrtc.MediaEngine{}
	if err := me.RegisterDefaultCodecs(); err != nil {
		h.Fatal(err)
	}
	reg := &interceptor.Registry{}
	if o.tap != nil {
		reg.Add(o.tap) // the first is nearest to the wire
	}
	me.RegisterFeedback(webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBTransportCC}, webrtc.RTPCodecTypeVideo)
	if !o.noNACK {
		if err := webrtc.ConfigureNack(me, reg); err != nil {
			h.Fatal(err)
		}
	}
	if o.reports {
		if err := webrtc.ConfigureTWCCSender(me, reg); err != nil {
			h.Fatal(err)
		}
	}
	err := errors.Join(
		webrtc.ConfigureRTCPReports(reg),
		webrtc.ConfigureSimulcastExtensionHeaders(me),
		webrtc.ConfigureTWCCHeaderExtensionSender(me, reg),
	)
	if err != nil {
		h.Fatal(err)
	}
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(se), webrtc.WithMediaEngine(me), webrtc.WithInterceptorRegistry(reg)).
		NewPeerConnection(webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle})
	if err != nil {
		h.Fatal(err)
	}
	c := &client{TB: h, pc: pc, peer: peer, who: who, tap: o.tap, heard: make(map[string]*received)}
	h.Cleanup(func() { pc.GracefulClose() })
	pc.OnTrack(func(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		mid := receiver.RTPTransceiver().Mid()
		c.mu.Lock()
		r := c.heard[mid]
		if r == nil {
			r = &received{codecs: make(map[string]int)}
			c.heard[mid] = r
		}
		c.mu.Unlock()
		go func() {
			for {
				if _, _, err := receiver.ReadRTCP(); err != nil {
					return
				}
			}
		}()
		for {
			p, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			c.mu.Lock()
			r.packets = append(r.packets, p.Header)
			r.payloads = append(r.payloads, p.Payload)
			r.bodies = append(r.bodies, frameName(p.Payload))
			r.codecs[track.Codec().MimeType]++
			c.mu.Unlock()
		}
	})
	return c
}

// got is a copy of what came on a line.
func (c *client) got(mid string) received {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.heard[mid]
	if r == nil {
		return received{}
	}
	return received{slices.Clone(r.packets), slices.Clone(r.payloads), slices.Clone(r.bodies), nil}
}

// slots adds receiving lines.
func (c *client) slots(kinds ...webrtc.RTPCodecType) []*webrtc.RTPTransceiver {
	c.Helper()
	var list []*webrtc.RTPTransceiver
	for _, k := range kinds {
		tr, err := c.pc.AddTransceiverFromKind(k, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		if err != nil {
			c.Fatal(err)
		}
		list = append(list, tr)
	}
	return list
}

// send adds a sending line and returns its track.
func (c *client) send(mime string) (*webrtc.TrackLocalStaticRTP, *webrtc.RTPTransceiver) {
	c.Helper()
	kind := strings.Split(mime, "/")[0]
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: mime}, kind, "stream-"+kind)
	if err != nil {
		c.Fatal(err)
	}
	tr, err := c.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err != nil {
		c.Fatal(err)
	}
	go func() {
		b := make([]byte, 1500)
		for {
			if _, _, err := tr.Sender().Read(b); err != nil {
				return
			}
		}
	}()
	return track, tr
}

// offer makes the next offer and has it answered.
func (c *client) offer(tracks ...TrackOffer) Answer {
	c.Helper()
	return c.offerWith(nil, tracks...)
}

func (c *client) offerWith(o *webrtc.OfferOptions, tracks ...TrackOffer) Answer {
	c.Helper()
	offer, err := c.pc.CreateOffer(o)
	if err != nil {
		c.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(c.pc)
	if err := c.pc.SetLocalDescription(offer); err != nil {
		c.Fatal(err)
	}
	<-gathered
	answer, err := c.peer.Answer(context.Background(), c.pc.LocalDescription().SDP, tracks)
	if err != nil {
		c.Fatalf("answer: %v\n%s", err, c.pc.LocalDescription().SDP)
	}
	if err := c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer.SDP}); err != nil {
		c.Fatalf("%v\n%s", err, answer.SDP)
	}
	return answer
}

// connected waits until the connection is up.
func (c *client) connected() {
	c.Helper()
	eventually(c, "connected", func() bool { return c.pc.ConnectionState() == webrtc.PeerConnectionStateConnected })
}

// eventually waits for something that other goroutines and the network bring about.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// camera and microphone are tracks as signaling describes them.
func camera(mid string, rids ...string) TrackOffer {
	t := sfu.Track{ID: "cam-" + mid, Kind: sfu.Video, Source: sfu.Camera, Width: 1280, Height: 720}
	for _, rid := range rids {
		t.Encodings = append(t.Encodings, sfu.Encoding{RID: rid})
	}
	return TrackOffer{mid, t}
}

func microphone(mid string) TrackOffer {
	return TrackOffer{mid, sfu.Track{ID: "mic-" + mid, Kind: sfu.Audio, Source: sfu.Microphone}}
}

// vp8 makes the packets of one VP8 frame; each payload ends in its name.
func vp8(key bool, picture int, name string, packets int) [][]byte {
	var list [][]byte
	for i := range packets {
		b := []byte{0x80, 0x80, 0x80 | byte(picture>>8)&0x7f, byte(picture)}
		if i == 0 {
			b[0] |= 0x10
			tag := byte(1)
			if key {
				tag = 0
			}
			b = append(b, tag|0x10, 0, 0)
			if key {
				b = append(b, 0x9d, 0x01, 0x2a)
				b = binary.LittleEndian.AppendUint16(b, 1280)
				b = binary.LittleEndian.AppendUint16(b, 720)
			}
		}
		b = append(b, make([]byte, 600)...)
		b = append(b, fmt.Sprintf("|%s.%d", name, i)...)
		list = append(list, b)
	}
	return list
}

// frameName reads back the name that vp8 put into a payload.
func frameName(b []byte) string {
	i := strings.LastIndexByte(string(b), '|')
	return string(b[i+1:])
}

// stream writes frames to a track on its own clock until the test ends.
type stream struct {
	write  func(*rtp.Packet) error
	seq    uint16
	ts     uint32
	frame  int
	name   string
	ext    func(*rtp.Header)
	sent   int
	keyGap int
}

func (s *stream) next(t testing.TB) {
	key := s.frame == 0 || s.keyGap > 0 && s.frame%s.keyGap == 0
	payloads := vp8(key, s.frame&0x7fff, fmt.Sprintf("%s%d", s.name, s.frame), 3)
	for i, b := range payloads {
		p := &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: s.seq, Timestamp: s.ts, Marker: i == len(payloads)-1}, Payload: b}
		if s.ext != nil {
			s.ext(&p.Header)
		}
		s.seq++
		if err := s.write(p); err == nil {
			s.sent++
		}
	}
	s.frame++
	s.ts += 3000
}

// run sends a frame every interval until stop is called.
func (s *stream) run(t testing.TB, every time.Duration) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
				s.next(t)
			}
		}
	}()
	var once sync.Once
	stop = func() { once.Do(func() { close(quit); <-done }) }
	t.Cleanup(stop)
	return stop
}

// tell prints the server's counts, for a test that failed.
func (h *house) tell() {
	h.Helper()
	rows := make(chan prometheus.Metric, 256)
	(&packetCollector{s: h.server}).Collect(rows)
	close(rows)
	for m := range rows {
		var d dto.Metric
		if err := m.Write(&d); err != nil {
			h.Error(err)
		}
		if v := d.GetCounter().GetValue() + d.GetGauge().GetValue(); v != 0 {
			h.Logf("%s %v = %v", strings.Split(m.Desc().String(), `"`)[1], d.GetLabel(), v)
		}
	}
}
