package access

import (
	"bytes"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/golang-jwt/jwt/v5"
)

// Names of the files that the functions LoadOrCreate… keep.
const (
	KeyFile        = "signing.key"
	SealingFile    = "sealing.key"
	InvitationFile = "invite"
)

const (
	minSecret = 32      // bytes of text of a key; RFC 7518 section 3.2 asks for 256 bits
	maxKeys   = 16      //
	maxSecret = 1 << 10 // bytes
)

// Keys sign and verify tokens: the first signs, all verify, so that a key can
// be replaced while tokens of the old one are about.
type Keys struct {
	secrets [][]byte
	set     jwt.VerificationKeySet
}

// NewKeys takes the secrets as they are used for HMAC: 32 to 1,024 bytes each,
// one to 16 of them.
func NewKeys(secrets ...[]byte) (*Keys, error) {
	if len(secrets) == 0 || len(secrets) > maxKeys {
		return nil, fmt.Errorf("%d signing keys is not between 1 and %d", len(secrets), maxKeys)
	}
	k := &Keys{}
	for i, secret := range secrets {
		if len(secret) < minSecret || len(secret) > maxSecret {
			return nil, fmt.Errorf("signing key %d: %d bytes is not between %d and %d", i+1, len(secret), minSecret, maxSecret)
		}
		k.secrets = append(k.secrets, bytes.Clone(secret))
		k.set.Keys = append(k.set.Keys, k.secrets[i])
	}
	return k, nil
}

// String keeps keys out of logs.
func (k *Keys) String() string { return "redacted" }

// LoadOrCreateKey reads dir/signing.key, making it (256 random bits) and dir if
// they are not there. The file holds one key a line, the newest first; the text
// of a line, without the end of line, is the HMAC key itself.
func LoadOrCreateKey(dir string) (*Keys, error) {
	text, err := loadOrCreate(dir, KeyFile, 32)
	if err != nil {
		return nil, fmt.Errorf("load the signing key: %w", err)
	}
	var secrets [][]byte
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			secrets = append(secrets, line)
		}
	}
	keys, err := NewKeys(secrets...)
	if err != nil {
		return nil, fmt.Errorf("load the signing key: %s: %w", filepath.Join(dir, KeyFile), err)
	}
	return keys, nil
}

// LoadOrCreateSealingKey reads dir/sealing.key, making it (256 random bits) and dir if they
// are not there, and returns the 32 bytes with which secrets in the database are encrypted.
// Without the file they are lost.
func LoadOrCreateSealingKey(dir string) ([]byte, error) {
	text, err := loadOrCreate(dir, SealingFile, 32)
	if err != nil {
		return nil, fmt.Errorf("load the sealing key: %w", err)
	}
	text = bytes.TrimSpace(text)
	if len(text) < minSecret {
		return nil, fmt.Errorf("load the sealing key: %s: %d bytes is less than %d", filepath.Join(dir, SealingFile), len(text), minSecret)
	}
	return hkdf.Key(sha256.New, text, nil, "switchyard sealed secrets", 32)
}

// loadOrCreate reads a secret file, or makes it with n random bytes as
// base64url text. Nobody else may read the file.
func loadOrCreate(dir, name string, n int) ([]byte, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, name)
	secret := make([]byte, n)
	rand.Read(secret)
	line := append([]byte(base64.RawURLEncoding.EncodeToString(secret)), '\n')
	err := createExclusive(dir, path, line)
	switch {
	case err == nil:
		return line, nil
	case !errors.Is(err, fs.ErrExist):
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("%s: mode %#o lets others read or write it; 0600 is allowed", path, mode)
	}
	if info.Size() > maxKeys*(maxSecret+2) {
		return nil, fmt.Errorf("%s: %d bytes is more than %d", path, info.Size(), maxKeys*(maxSecret+2))
	}
	return os.ReadFile(path)
}

// createExclusive makes a file with its whole content at once, so that nobody
// who starts at the same time reads half of it. fs.ErrExist if it is there.
func createExclusive(dir, path string, content []byte) error {
	if _, err := os.Lstat(path); err == nil {
		return fs.ErrExist
	}
	f, err := os.CreateTemp(dir, ".new-*") // mode 600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), path)
}
