package signaling

import (
	"context"

	"switchyard/sfu"
	"switchyard/sfu/rtc"
)

// Peers makes the WebRTC transports of participants.
type Peers interface {
	NewPeer(p *sfu.Participant, o rtc.PeerOptions) (Peer, error)
}

// Peer is what signaling needs of an rtc.Peer; see there.
type Peer interface {
	Answer(ctx context.Context, offer string, tracks []rtc.TrackOffer) (rtc.Answer, error)
	RestartICE(remoteUfrag, remotePwd string) (ufrag, pwd string, err error)
	Candidates() []string
	Close()
	Done() <-chan struct{}
}

// WebRTC makes peers of s.
func WebRTC(s *rtc.Server) Peers { return webRTC{s} }

type webRTC struct{ server *rtc.Server }

func (w webRTC) NewPeer(p *sfu.Participant, o rtc.PeerOptions) (Peer, error) {
	peer, err := w.server.NewPeer(p, o)
	if err != nil {
		return nil, err
	}
	return peer, nil
}
