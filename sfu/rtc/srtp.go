package rtc

import (
	"fmt"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

// replayWindow of ingress, in packets.
const replayWindow = 256

// srtpKeys are what DTLS made (RFC 5764).
type srtpKeys struct {
	profile srtp.ProtectionProfile
	keys    srtp.SessionKeys
}

// secure opens and seals the packets of one peer. It belongs to the loop.
type secure struct {
	keys   srtpKeys
	in     *srtp.Context
	out    *srtp.Context
	probe  *srtp.Context // finds a rollover counter that was lost; made when first needed
	header rtp.Header    // scratch
	probed int64         // when probe was last used, in nanoseconds
	tag    int           // bytes of authentication on each RTP packet
}

func newSecure(k srtpKeys) (*secure, error) {
	in, err := srtp.CreateContext(k.keys.RemoteMasterKey, k.keys.RemoteMasterSalt, k.profile,
		srtp.SRTPReplayProtection(replayWindow), srtp.SRTCPReplayProtection(replayWindow))
	if err != nil {
		return nil, fmt.Errorf("make the SRTP context for receiving: %w", err)
	}
	out, err := srtp.CreateContext(k.keys.LocalMasterKey, k.keys.LocalMasterSalt, k.profile)
	if err != nil {
		return nil, fmt.Errorf("make the SRTP context for sending: %w", err)
	}
	s := &secure{keys: k, in: in, out: out, tag: 16}
	if k.profile == srtp.ProtectionProfileAes128CmHmacSha1_80 {
		s.tag = 10
	}
	return s, nil
}

// probeInterval bounds what forged packets can cost: each probe is two more
// authentications.
const probeInterval = 100e6

// openRTP authenticates and decrypts b into dst, which must have room for b,
// and returns the whole packet. Rollover counter and replay window are only
// touched by what is authentic. highest is the highest sequence number that was
// opened of this SSRC, if known. If the rollover counter was guessed wrong, as it
// is after a gap of more than 32,768 packets, the two later indices that the
// sequence number may mean are tried now and then (RFC 3711 section 3.3.1).
func (s *secure) openRTP(dst, b []byte, h *rtpHeader, highest uint16, known bool, now int64) ([]byte, error) {
	out, err := s.in.DecryptRTP(dst, b, &s.header)
	if err == nil || !known || now-s.probed < probeInterval {
		return out, err
	}
	roc, ok := s.in.ROC(h.ssrc)
	if !ok {
		return nil, err
	}
	s.probed = now
	if s.probe == nil {
		s.probe, _ = srtp.CreateContext(s.keys.keys.RemoteMasterKey, s.keys.keys.RemoteMasterSalt, s.keys.profile)
	}
	for guess := roc; guess <= roc+1; guess++ {
		if guess == roc && h.sequence <= highest {
			continue // not later: a replay
		}
		s.probe.SetROC(h.ssrc, guess)
		if _, probeErr := s.probe.DecryptRTP(dst, b, &s.header); probeErr == nil {
			s.in.SetROC(h.ssrc, guess)
			return s.in.DecryptRTP(dst, b, &s.header)
		}
	}
	return nil, err
}

// openRTCP authenticates and decrypts b into dst.
func (s *secure) openRTCP(dst, b []byte) ([]byte, error) { return s.in.DecryptRTCP(dst, b, nil) }

// sealRTP encrypts the packet b in place; its buffer must have room for a tag.
func (s *secure) sealRTP(b []byte) ([]byte, error) { return s.out.EncryptRTP(b, b, &s.header) }

// sealRTCP encrypts b into dst.
func (s *secure) sealRTCP(dst, b []byte) ([]byte, error) { return s.out.EncryptRTCP(dst, b, nil) }
