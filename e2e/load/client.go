package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/webrtc/v4"
)

// clients makes stock pion clients that are cheap enough for thousands of them:
// one certificate for all, two codecs, no interceptors, a socket each.
type clients struct {
	certificate webrtc.Certificate
	media       *webrtc.MediaEngine
	logs        logging.LoggerFactory
	buffer      int  // bytes of a socket's receive buffer; 0: the system's default
	stamps      bool // have the kernel note when packets arrive
	silences    atomic.Int32
}

func newClients() (*clients, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the clients' key: %w", err)
	}
	certificate, err := webrtc.GenerateCertificate(key)
	if err != nil {
		return nil, fmt.Errorf("make the clients' certificate: %w", err)
	}
	m := &webrtc.MediaEngine{}
	err = errors.Join(
		m.RegisterCodec(webrtc.RTPCodecParameters{PayloadType: 111, RTPCodecCapability: opus}, webrtc.RTPCodecTypeAudio),
		m.RegisterCodec(webrtc.RTPCodecParameters{PayloadType: 96, RTPCodecCapability: vp8}, webrtc.RTPCodecTypeVideo),
	)
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		err = errors.Join(err, m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: "urn:ietf:params:rtp-hdrext:sdes:mid"}, kind))
	}
	logs := logging.NewDefaultLoggerFactory()
	logs.DefaultLogLevel = logging.LogLevelDisabled
	return &clients{certificate: *certificate, media: m, logs: logs}, err
}

var (
	opus = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1"}
	vp8  = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000,
		RTCPFeedback: []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}}}
)

// maxSilence is after how long pion calls a client disconnected; after three
// times that its connection has failed. A client asks for an answer every 2 s.
const maxSilence = 10 * time.Second

// client is one peer connection with the socket under it.
type client struct {
	pc   *webrtc.PeerConnection
	sock *socket
	// location and token of its WHIP or WHEP session, once it has one
	location, token string

	connected chan struct{} // closed when it first is
	closed    chan struct{}
	checked   chan struct{} // a connectivity check was answered
	arrivals  arrivals

	silences *atomic.Int32 // times that a client heard nothing for maxSilence

	mu   sync.Mutex
	lost error // why it has no connection any more
}

// new makes a client that is not connected yet.
func (c *clients) new() (*client, error) {
	sock, err := openSocket(netip.AddrFrom4([4]byte{127, 0, 0, 1}), c.buffer)
	if err != nil {
		return nil, err
	}
	made := &client{sock: sock, connected: make(chan struct{}), closed: make(chan struct{}), checked: make(chan struct{}, 1), silences: &c.silences}
	sock.incoming = made.sawChecked
	if c.stamps {
		made.arrivals.at = map[uint64]int64{}
		sock.arrived = made.arrivals.note
		if err := sock.stamp(); err != nil {
			sock.Close()
			return nil, fmt.Errorf("make a client: %w", err)
		}
	}
	engine := webrtc.SettingEngine{LoggerFactory: c.logs}
	mux := webrtc.NewICEUDPMux(c.logs.NewLogger("ice"), sock)
	engine.SetICEUDPMux(mux)
	engine.SetIncludeLoopbackCandidate(true)
	engine.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	engine.SetICETimeouts(maxSilence, 3*maxSilence, 2*time.Second)
	engine.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	api := webrtc.NewAPI(webrtc.WithSettingEngine(engine), webrtc.WithMediaEngine(c.media), webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	pc, err := api.NewPeerConnection(webrtc.Configuration{Certificates: []webrtc.Certificate{c.certificate}, BundlePolicy: webrtc.BundlePolicyMaxBundle})
	if err != nil {
		mux.Close()
		return nil, fmt.Errorf("make a client: %w", err)
	}
	made.pc = pc
	pc.OnConnectionStateChange(made.changed)
	return made, nil
}

func (c *client) changed(state webrtc.PeerConnectionState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case webrtc.PeerConnectionStateConnected:
		select {
		case <-c.connected:
		default:
			close(c.connected)
		}
	case webrtc.PeerConnectionStateDisconnected:
		c.silences.Add(1)
	case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
		if c.lost == nil {
			c.lost = fmt.Errorf("a client's connection is %s", state)
		}
	}
}

// alive is nil for a client that has not lost its connection for good: one that
// heard nothing for a while may have been short of CPU.
func (c *client) alive() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lost
}

// view asks for one audio and one video slot.
func (c *client) view() error {
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		_, err := c.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		if err != nil {
			return fmt.Errorf("ask for a slot: %w", err)
		}
	}
	return nil
}

// offer is a complete offer, candidates included.
func (c *client) offer(ctx context.Context) (string, error) {
	gathered := webrtc.GatheringCompletePromise(c.pc)
	offer, err := c.pc.CreateOffer(nil)
	if err == nil {
		err = c.pc.SetLocalDescription(offer)
	}
	if err != nil {
		return "", fmt.Errorf("make an offer: %w", err)
	}
	select {
	case <-gathered:
		return c.pc.LocalDescription().SDP, nil
	case <-ctx.Done():
		return "", fmt.Errorf("gather candidates: %w", ctx.Err())
	}
}

// answered takes the server's answer and waits until media can flow.
func (c *client) answered(ctx context.Context, sdp string) error {
	if err := c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: sdp}); err != nil {
		return fmt.Errorf("take the answer: %w", err)
	}
	go c.hurry()
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	select {
	case <-c.connected:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("a client is %s, not connected: %w", c.pc.ConnectionState(), ctx.Err())
	}
}

// close ends the client; the server hears of it by DTLS.
func (c *client) close() {
	close(c.closed)
	c.pc.Close()
	c.sock.Close()
}
