package srtp

import (
	"errors"
	"fmt"
)

// Profile is a protection profile, by its number in the IANA registry of
// DTLS-SRTP protection profiles.
type Profile uint16

// The profiles that are known (RFC 5764 section 4.1.2, RFC 7714 section 14.2).
const (
	AES128CMSHA1_80 Profile = 0x0001
	AEADAES128GCM   Profile = 0x0007
	AEADAES256GCM   Profile = 0x0008
)

var (
	// ErrAuth says that a packet was not made with the key, or is not what was
	// made.
	ErrAuth = errors.New("srtp: packet is not authentic")
	// ErrSize says that a packet is too short to be one, or that there is no
	// room for what it would become.
	ErrSize = errors.New("srtp: packet is too short, or its destination")
	// ErrExhausted says that a key has sealed as many packets as it may.
	ErrExhausted = errors.New("srtp: key is used up")
)

const (
	rtpFixed    = 12      // bytes of an RTP header without CSRCs and extension
	rtcpFixed   = 8       // bytes of an SRTCP packet that stay in the clear
	rtcpIndex   = 4       // bytes of the E bit with the SRTCP index
	encrypted   = 1 << 31 // the E bit
	cmTag       = 10      // bytes of authentication, AES_CM_128_HMAC_SHA1_80
	gcmTag      = 16
	cmAuthKey   = 20
	maxSaltSize = 14
)

// Tag is the number of bytes of authentication on an RTP packet; 0 if the profile
// is not known.
func (p Profile) Tag() int {
	switch p {
	case AES128CMSHA1_80:
		return cmTag
	case AEADAES128GCM, AEADAES256GCM:
		return gcmTag
	}
	return 0
}

// TrailerRTCP is the number of bytes that sealing adds to an RTCP packet: its
// authentication and its index.
func (p Profile) TrailerRTCP() int { return p.Tag() + rtcpIndex }

// KeyLen is the length of a master key in bytes; 0 if the profile is not known.
func (p Profile) KeyLen() int {
	switch p {
	case AES128CMSHA1_80, AEADAES128GCM:
		return 16
	case AEADAES256GCM:
		return 32
	}
	return 0
}

// SaltLen is the length of a master salt in bytes; 0 if the profile is not known.
func (p Profile) SaltLen() int {
	switch p {
	case AES128CMSHA1_80:
		return 14
	case AEADAES128GCM, AEADAES256GCM:
		return 12
	}
	return 0
}

// String is the name in the registry.
func (p Profile) String() string {
	switch p {
	case AES128CMSHA1_80:
		return "SRTP_AES128_CM_HMAC_SHA1_80"
	case AEADAES128GCM:
		return "SRTP_AEAD_AES_128_GCM"
	case AEADAES256GCM:
		return "SRTP_AEAD_AES_256_GCM"
	}
	return fmt.Sprintf("SRTP profile 0x%04x", uint16(p))
}
