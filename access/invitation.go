package access

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"path/filepath"
)

// Invitation is the code with which anybody who was given it may make a token
// of a server without configuration.
type Invitation struct {
	code string
	sum  [sha256.Size]byte
}

// LoadOrCreateInvitation reads dir/invite, making it (144 random bits) and dir
// if they are not there.
func LoadOrCreateInvitation(dir string) (*Invitation, error) {
	text, err := loadOrCreate(dir, InvitationFile, 18)
	if err != nil {
		return nil, fmt.Errorf("load the invitation code: %w", err)
	}
	code := string(bytes.TrimSpace(text))
	if len(code) < 16 || len(code) > 256 || !printable(code) {
		return nil, fmt.Errorf("load the invitation code: %s: it is not 16 to 256 bytes of printable text", filepath.Join(dir, InvitationFile))
	}
	return NewInvitation(code), nil
}

// NewInvitation takes a code as it is.
func NewInvitation(code string) *Invitation {
	return &Invitation{code: code, sum: sha256.Sum256([]byte(code))}
}

// Code is the secret, for the address that is shown to whoever started the
// server.
func (i *Invitation) Code() string { return i.code }

// String keeps the code out of logs.
func (i *Invitation) String() string { return "redacted" }

// Matches compares in a time that depends neither on the code nor on how much
// of it was guessed.
func (i *Invitation) Matches(code string) bool {
	sum := sha256.Sum256([]byte(code))
	return subtle.ConstantTimeCompare(sum[:], i.sum[:]) == 1
}
