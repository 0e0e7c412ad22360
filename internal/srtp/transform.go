package srtp

import (
	"encoding/binary"
	"fmt"
)

// sessionKeys are what is derived for RTP or for RTCP.
type sessionKeys struct{ cipher, auth, salt []byte }

// transform is what is done to the packets of RTP or of RTCP in one direction.
type transform struct {
	cm                *cm // one of the two
	gcm               *gcm
	saltHigh, saltLow uint64                      // as the first block of the cipher has it
	data              [rtcpFixed + rtcpIndex]byte // scratch
}

// cm is AES_CM_128_HMAC_SHA1_80.
type cm struct {
	counter counter
	mac     mac
}

func newTransform(p Profile, keys sessionKeys, hw hardware) (t transform, err error) {
	if p == AES128CMSHA1_80 {
		t.cm = &cm{mac: newMAC(keys.auth, hw)}
		t.cm.counter, err = newCounter(keys.cipher, hw)
	} else {
		t.gcm, err = newGCM(keys.cipher, hw)
	}
	if err != nil {
		return t, fmt.Errorf("srtp: session key: %w", err)
	}
	var salt [16]byte
	copy(salt[:], keys.salt)
	t.saltHigh, t.saltLow = binary.BigEndian.Uint64(salt[:]), binary.BigEndian.Uint64(salt[8:])
	return t, nil
}

// start is the first block of the cipher, made of the salt, the SSRC and the
// 48-bit index: with AES-CM all of it (RFC 3711 section 4.1.1), with AES-GCM the
// nonce, 12 bytes (RFC 7714 sections 8.1 and 9.1).
func (t *transform) start(ssrc uint32, index uint64) (high, low uint64) {
	if t.cm != nil {
		return t.saltHigh ^ uint64(ssrc), t.saltLow ^ index<<16
	}
	return t.saltHigh ^ uint64(ssrc)<<16 ^ index>>32, t.saltLow ^ index<<32
}

// associated is what AES-GCM authenticates of an SRTCP packet besides the
// ciphertext: its first eight bytes, the E bit and the index (RFC 7714 section
// 9.2).
func (t *transform) associated(packet []byte, word uint32) []byte {
	copy(t.data[:rtcpFixed], packet)
	binary.BigEndian.PutUint32(t.data[rtcpFixed:], word)
	return t.data[:]
}
