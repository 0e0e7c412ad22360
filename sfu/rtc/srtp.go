package rtc

import (
	"errors"
	"fmt"

	"switchyard/internal/srtp"
)

// srtpKeys are what DTLS made (RFC 5764).
type srtpKeys struct {
	profile             srtp.Profile
	localKey, localSalt []byte
	peerKey, peerSalt   []byte
}

// secure opens what one peer sends and seals the RTCP that it is sent; sender
// seals its RTP. It belongs to the loop.
type secure struct {
	profile srtp.Profile
	in      *srtp.Opener
	rtcp    *srtp.Sealer
	probed  int64 // when a rollover counter was last searched for, in nanoseconds
}

func newSecure(k srtpKeys) (*secure, *sender, error) {
	in, err := srtp.NewOpener(k.profile, k.peerKey, k.peerSalt)
	if err != nil {
		return nil, nil, fmt.Errorf("prepare to receive SRTP: %w", err)
	}
	rtcp, err := srtp.NewSealer(k.profile, k.localKey, k.localSalt)
	if err != nil {
		return nil, nil, fmt.Errorf("prepare to send SRTCP: %w", err)
	}
	rtp, err := srtp.NewSealer(k.profile, k.localKey, k.localSalt)
	if err != nil {
		return nil, nil, fmt.Errorf("prepare to send SRTP: %w", err)
	}
	return &secure{profile: k.profile, in: in, rtcp: rtcp}, &sender{seal: rtp}, nil
}

// probeInterval bounds what forged packets can cost: each probe is two more
// authentications.
const probeInterval = 100e6

var errReplayed = errors.New("the packet came before, or is too old")

// openRTP authenticates and decrypts b, whose header is h, into dst, which must
// have room for b, and returns the whole packet. The stream's rollover counter
// and replay window are only touched by what is authentic. If the counter was
// guessed wrong, as it is after a gap of more than 32,768 packets, the two later
// ones are tried now and then (RFC 3711 section 3.3.1).
func (s *secure) openRTP(dst, b []byte, h *rtpHeader, stream *srtp.Incoming, now int64) ([]byte, error) {
	roc, fresh := stream.Index(h.sequence)
	err := errReplayed
	if fresh {
		var out []byte
		if out, err = s.in.OpenRTP(dst, b, h.payload, roc); err == nil {
			stream.Accept(h.sequence, roc)
			return out, nil
		}
	}
	if now-s.probed < probeInterval {
		return nil, err
	}
	others, n := stream.Others(h.sequence)
	if n == 0 {
		return nil, err
	}
	s.probed = now
	for _, roc := range others[:n] {
		if out, probeErr := s.in.OpenRTP(dst, b, h.payload, roc); probeErr == nil {
			stream.Accept(h.sequence, roc)
			return out, nil
		}
	}
	return nil, err
}
