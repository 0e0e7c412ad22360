package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v4"
)

// keepalive is how often a client's ICE agent checks its path, pion's default.
const keepalive = 2 * time.Second

// viewer is a client of pion's that receives one stream on a socket of its own.
type viewer struct {
	sock      *socket
	pc        *webrtc.PeerConnection
	check     *checker // nil: its socket drops media
	connected chan struct{}
}

// viewers makes viewers that offer one SRTP profile.
type viewers struct {
	profile dtls.SRTPProtectionProfile
	cert    webrtc.Certificate
}

func newViewers(profile dtls.SRTPProtectionProfile) (*viewers, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	cert, err := webrtc.GenerateCertificate(key)
	if err != nil {
		return nil, fmt.Errorf("make a certificate: %w", err)
	}
	return &viewers{profile: profile, cert: *cert}, nil
}

// add makes a viewer that reads and checks what it gets, or one whose socket
// drops it. The latter has no interceptors, which would have nothing to do
// besides turning their timers, but offers the same.
func (f *viewers) add(checking bool) (*viewer, error) {
	filter := dropMedia
	if checking {
		filter = nil
	}
	sock, err := openSocket(filter)
	if err != nil {
		return nil, err
	}
	v := &viewer{sock: sock, connected: make(chan struct{})}
	var conn net.PacketConn = sock.UDPConn
	if checking {
		v.check = &checker{}
		if conn, err = newStampedConn(sock, &v.check.stamps); err != nil {
			return nil, errors.Join(err, sock.Close())
		}
	}
	if v.pc, err = f.connection(conn, checking); err != nil {
		return nil, errors.Join(err, sock.Close())
	}
	v.pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			close(v.connected)
		}
	})
	if checking {
		v.pc.OnTrack(v.check.read)
	}
	_, err = v.pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("add a slot: %w", err), v.close())
	}
	return v, nil
}

func (f *viewers) connection(conn net.PacketConn, interceptors bool) (*webrtc.PeerConnection, error) {
	se := webrtc.SettingEngine{LoggerFactory: silent}
	se.SetICEUDPMux(webrtc.NewICEUDPMux(silent.NewLogger("mux"), conn))
	se.SetIncludeLoopbackCandidate(true)
	se.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	se.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	se.SetICETimeouts(serverLife, serverLife, keepalive)
	se.SetSRTPProtectionProfiles(f.profile)
	me, reg := &webrtc.MediaEngine{}, &interceptor.Registry{}
	if err := errors.Join(me.RegisterDefaultCodecs(), webrtc.RegisterDefaultInterceptors(me, reg)); err != nil {
		return nil, fmt.Errorf("set up pion: %w", err)
	}
	if !interceptors {
		reg = &interceptor.Registry{}
	}
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(se), webrtc.WithMediaEngine(me), webrtc.WithInterceptorRegistry(reg)).
		NewPeerConnection(webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle, Certificates: []webrtc.Certificate{f.cert}})
	if err != nil {
		return nil, fmt.Errorf("make a peer connection: %w", err)
	}
	return pc, nil
}

// join offers to a server; the connection comes up by itself.
func (v *viewer) join(c *child, name string) error {
	offer, err := v.pc.CreateOffer(nil)
	if err != nil {
		return fmt.Errorf("make an offer: %w", err)
	}
	gathered := webrtc.GatheringCompletePromise(v.pc)
	if err := v.pc.SetLocalDescription(offer); err != nil {
		return fmt.Errorf("take the offer: %w", err)
	}
	<-gathered
	a, err := c.call(request{Op: opJoin, Name: name, SDP: v.pc.LocalDescription().SDP})
	if err != nil {
		return err
	}
	if err := v.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: a.SDP}); err != nil {
		return fmt.Errorf("take the answer: %w", err)
	}
	return nil
}

// await waits until the viewer is connected.
func (v *viewer) await(ctx context.Context) error {
	select {
	case <-v.connected:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("connect (ICE is %v): %w", v.pc.ICEConnectionState(), ctx.Err())
	}
}

// delivered is how many media packets came to the socket since reset.
func (v *viewer) delivered() uint64 {
	n := v.sock.drops()
	if v.check != nil {
		n += v.check.stamps.count()
	}
	return n
}

func (v *viewer) reset() {
	v.sock.resetDrops()
	if v.check != nil {
		v.check.stamps.reset()
	}
}

func (v *viewer) close() error {
	err := v.pc.Close()
	if e := v.sock.Close(); !errors.Is(e, net.ErrClosed) {
		err = errors.Join(err, e)
	}
	return err
}
