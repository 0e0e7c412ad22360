package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"

	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// plainServer is what pion gives without further work: a peer connection for each
// client with the default codecs and interceptors, all on one UDP port, and what
// the publisher's track reads written to everybody's.
type plainServer struct {
	api   *webrtc.API
	track *webrtc.TrackLocalStaticRTP
	conn  *net.UDPConn

	mu    sync.Mutex
	peers []*webrtc.PeerConnection

	failed atomic.Uint64 // writes
}

func newPlain(log io.Writer) (*plainServer, error) {
	sock, err := openSocket(nil)
	if err != nil {
		return nil, err
	}
	p := &plainServer{conn: sock.UDPConn}
	if p.api, err = plainAPI(p.conn, log); err != nil {
		return nil, errors.Join(err, p.close())
	}
	p.track, err = webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8}, "video", "stream")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make the track: %w", err), p.close())
	}
	return p, nil
}

// plainAPI makes peer connections with the default codecs and interceptors, all
// on conn.
func plainAPI(conn *net.UDPConn, log io.Writer) (*webrtc.API, error) {
	se := webrtc.SettingEngine{}
	se.SetICEUDPMux(webrtc.NewICEUDPMux(nil, conn))
	se.SetIncludeLoopbackCandidate(true)
	se.SetICETimeouts(serverLife, serverLife, keepalive)
	factory := logging.NewDefaultLoggerFactory()
	factory.Writer, factory.DefaultLogLevel = log, logging.LogLevelError
	se.LoggerFactory = factory
	me, reg := &webrtc.MediaEngine{}, &interceptor.Registry{}
	if err := errors.Join(me.RegisterDefaultCodecs(), webrtc.RegisterDefaultInterceptors(me, reg)); err != nil {
		return nil, fmt.Errorf("set up pion: %w", err)
	}
	return webrtc.NewAPI(webrtc.WithSettingEngine(se), webrtc.WithMediaEngine(me), webrtc.WithInterceptorRegistry(reg)), nil
}

func (p *plainServer) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var faults []error
	for _, pc := range p.peers {
		faults = append(faults, pc.Close())
	}
	if n := p.failed.Load(); n > 0 {
		faults = append(faults, fmt.Errorf("%d writes failed", n))
	}
	return errors.Join(append(faults, p.conn.Close())...)
}

func (p *plainServer) handle(r request) (reply, error) {
	if r.Op != opJoin {
		return reply{}, fmt.Errorf("plain pion can't %s", r.Op)
	}
	pc, err := p.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return reply{}, fmt.Errorf("make a peer connection: %w", err)
	}
	p.mu.Lock()
	p.peers = append(p.peers, pc)
	p.mu.Unlock()
	sdp, err := answerPlain(pc, r.SDP, func() error {
		if r.Publisher {
			pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { forwardPlain(track, p.track, &p.failed) })
			return nil
		}
		sender, err := pc.AddTrack(p.track)
		if err == nil {
			go readFeedback(sender)
		}
		return err
	})
	return reply{SDP: sdp}, err
}

// answerPlain answers an offer, after prepare was called with the offer in place,
// and waits for the candidates.
func answerPlain(pc *webrtc.PeerConnection, offer string, prepare func() error) (string, error) {
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return "", fmt.Errorf("take the offer: %w", err)
	}
	if err := prepare(); err != nil {
		return "", fmt.Errorf("add tracks: %w", err)
	}
	answer, err := pc.CreateAnswer(nil)
	if err != nil {
		return "", fmt.Errorf("answer: %w", err)
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(answer); err != nil {
		return "", fmt.Errorf("take the answer: %w", err)
	}
	<-gathered
	return pc.LocalDescription().SDP, nil
}

// readFeedback reads what a receiver reports: interceptors see it only so.
func readFeedback(sender *webrtc.RTPSender) {
	b := make([]byte, 1500)
	for {
		if _, _, err := sender.Read(b); err != nil {
			return
		}
	}
}

// forwardPlain writes what one track brings to everybody's, and counts writes that
// failed where failed is not nil.
func forwardPlain(from *webrtc.TrackRemote, to *webrtc.TrackLocalStaticRTP, failed *atomic.Uint64) {
	b := make([]byte, 1500)
	var packet rtp.Packet
	for {
		n, _, err := from.Read(b)
		if err != nil {
			return
		}
		if packet.Unmarshal(b[:n]) != nil {
			continue
		}
		packet.Extension, packet.Extensions = false, nil
		if to.WriteRTP(&packet) != nil && failed != nil {
			failed.Add(1)
		}
	}
}
