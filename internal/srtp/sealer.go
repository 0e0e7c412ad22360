package srtp

import (
	"encoding/binary"
	"fmt"
)

// Sealer encrypts and authenticates what goes to one peer.
type Sealer struct {
	profile   Profile
	rtp, rtcp transform
	index     uint32 // of the last SRTCP packet
}

// NewSealer derives the session keys for sending from a master key and salt, as
// DTLS makes them (RFC 5764 section 4.2). Their lengths are those of the profile.
func NewSealer(p Profile, masterKey, masterSalt []byte) (*Sealer, error) {
	return newSealer(p, masterKey, masterSalt, detect())
}

func newSealer(p Profile, masterKey, masterSalt []byte, hw hardware) (*Sealer, error) {
	rtp, rtcp, err := newTransforms(p, masterKey, masterSalt, hw)
	if err != nil {
		return nil, err
	}
	return &Sealer{profile: p, rtp: rtp, rtcp: rtcp}, nil
}

// Profile is what the Sealer was made for.
func (s *Sealer) Profile() Profile { return s.profile }

// SealRTP writes the encrypted payload and the tag behind the RTP header
// packet[:header] and returns the whole packet, which begins where packet does.
// SSRC and sequence number are read from the header, roc is the rollover counter
// of RFC 3711: no two packets with other bytes may ever have all three in common.
//
// The payload lies elsewhere, and is not changed, or is exactly
// packet[header:header+len(payload)]. The buffer of packet must have room for
// len(payload)+Tag() bytes behind the header, and the header 12 bytes at least;
// otherwise SealRTP panics. A payload has at most 65,535 bytes.
func (s *Sealer) SealRTP(packet []byte, header int, payload []byte, roc uint32) []byte {
	if s.rtp.cm != nil {
		out := s.encrypt(packet, header, payload, roc)
		end := len(out) - cmTag
		s.rtp.cm.mac.sign(out[end:], out[:end], roc)
		return out
	}
	out := packet[:header+len(payload)+gcmTag]
	high, low := s.rtp.start(indexOf(packet[:header], roc))
	s.rtp.gcm.seal(out[header:], payload, out[:header], high, low)
	return out
}

// encrypt is SealRTP of AES-CM without the tag.
func (s *Sealer) encrypt(packet []byte, header int, payload []byte, roc uint32) []byte {
	out := packet[:header+len(payload)+cmTag]
	high, low := s.rtp.start(indexOf(packet[:header], roc))
	s.rtp.cm.counter.xor(out[header:len(out)-cmTag], payload, high, low)
	return out
}

// indexOf reads the SSRC and makes the 48-bit index of a packet.
func indexOf(header []byte, roc uint32) (ssrc uint32, index uint64) {
	_ = header[rtpFixed-1]
	return binary.BigEndian.Uint32(header[8:]),
		uint64(roc)<<16 | uint64(binary.BigEndian.Uint16(header[2:]))
}

// SealRTCP encrypts the compound RTCP packet plain into dst, which has room for
// TrailerRTCP bytes more and is plain's own buffer from the same beginning or does
// not overlap it, and returns what is to be sent. The index is the Sealer's own,
// whatever the SSRC of the packet, and begins with 1. It returns ErrSize, or
// ErrExhausted when the index of 31 bits is used up (RFC 3711 section 9.2).
func (s *Sealer) SealRTCP(dst, plain []byte) ([]byte, error) {
	end := len(plain)
	size := end + s.profile.TrailerRTCP()
	if end < rtcpFixed || cap(dst) < size {
		return nil, fmt.Errorf("seal an RTCP packet of %d bytes: %w", end, ErrSize)
	}
	if s.index >= encrypted-1 {
		return nil, ErrExhausted
	}
	s.index++
	t, out, word := &s.rtcp, dst[:size], encrypted|s.index
	high, low := t.start(binary.BigEndian.Uint32(plain[4:]), uint64(s.index))
	copy(out[:rtcpFixed], plain)
	if t.cm != nil {
		t.cm.counter.xor(out[rtcpFixed:end], plain[rtcpFixed:], high, low)
		binary.BigEndian.PutUint32(out[end:], word)
		t.cm.mac.sign(out[end+rtcpIndex:], out[:end], word)
	} else {
		t.gcm.seal(out[rtcpFixed:end+gcmTag], plain[rtcpFixed:], t.associated(plain, word), high, low)
		binary.BigEndian.PutUint32(out[end+gcmTag:], word)
	}
	return out, nil
}
