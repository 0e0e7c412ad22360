package srtp

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
)

// The labels of session keys (RFC 3711 section 4.3.2).
const (
	labelRTPEncryption = iota
	labelRTPAuthentication
	labelRTPSalt
	labelRTCPEncryption
	labelRTCPAuthentication
	labelRTCPSalt
)

// derive makes n bytes of a session key: AES in counter mode from the master salt
// with the label in its eighth byte (RFC 3711 section 4.3 with a key derivation
// rate of 0; RFC 7714 section 12 fills a salt of 12 bytes up with zeros).
func derive(master cipher.Block, salt []byte, label byte, n int) []byte {
	var x [aes.BlockSize]byte
	copy(x[:maxSaltSize], salt)
	x[7] ^= label
	out := make([]byte, (n+aes.BlockSize-1)&^(aes.BlockSize-1))
	for i := 0; i < n; i += aes.BlockSize {
		binary.BigEndian.PutUint16(x[14:], uint16(i/aes.BlockSize))
		master.Encrypt(out[i:], x[:])
	}
	return out[:n]
}

// newTransforms derives the session keys of RTP and RTCP for one direction.
func newTransforms(p Profile, key, salt []byte, hw hardware) (rtp, rtcp transform, err error) {
	switch {
	case p.Tag() == 0:
		return rtp, rtcp, fmt.Errorf("srtp: %v is not supported", p)
	case len(key) != p.KeyLen() || len(salt) != p.SaltLen():
		return rtp, rtcp, fmt.Errorf("srtp: %v has a key of %d bytes and a salt of %d, not of %d and %d",
			p, p.KeyLen(), p.SaltLen(), len(key), len(salt))
	}
	master, err := aes.NewCipher(key)
	if err != nil {
		return rtp, rtcp, fmt.Errorf("srtp: master key: %w", err)
	}
	session := func(encryption, authentication, salting byte) (transform, error) {
		keys := sessionKeys{
			cipher: derive(master, salt, encryption, p.KeyLen()),
			salt:   derive(master, salt, salting, p.SaltLen()),
		}
		if p == AES128CMSHA1_80 {
			keys.auth = derive(master, salt, authentication, cmAuthKey)
		}
		return newTransform(p, keys, hw)
	}
	if rtp, err = session(labelRTPEncryption, labelRTPAuthentication, labelRTPSalt); err != nil {
		return rtp, rtcp, err
	}
	rtcp, err = session(labelRTCPEncryption, labelRTCPAuthentication, labelRTCPSalt)
	return rtp, rtcp, err
}
