package accounts

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
)

// Sealer encrypts what has to be read again, with AES-256-GCM.
type Sealer struct{ aead cipher.AEAD }

// NewSealer takes a key of 32 bytes.
func NewSealer(key []byte) (*Sealer, error) {
	if len(key) != 32 {
		return nil, fmt.Errorf("a sealing key of %d bytes; 32 are needed", len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	return &Sealer{aead}, nil
}

// Seal returns text that only Open with the same about gives back: about ties it to
// the row it belongs to.
func (s *Sealer) Seal(plain, about string) string {
	return base64.RawStdEncoding.EncodeToString(s.aead.Seal(nil, nil, []byte(plain), []byte(about)))
}

// Open undoes Seal.
func (s *Sealer) Open(sealed, about string) (string, error) {
	raw, err := base64.RawStdEncoding.DecodeString(sealed)
	if err != nil {
		return "", errors.New("a sealed secret is garbled")
	}
	plain, err := s.aead.Open(nil, nil, raw, []byte(about))
	if err != nil {
		return "", errors.New("a sealed secret does not open with this server's key")
	}
	return string(plain), nil
}

// newSecret is 256 random bits for a cookie, a link or an API key.
func newSecret() string {
	b := make([]byte, 32)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}
