package accounts

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"runtime"

	"github.com/alexedwards/argon2id"
)

// Passwords are hashed with Argon2id (RFC 9106), 64 MiB, one pass more than OWASP's least.
var hashParams = &argon2id.Params{Memory: 64 << 10, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

const (
	hashTurns = 2  // who hashes at once, at most
	hashQueue = 32 // who may wait for a turn; more are refused
)

// hasher hashes passwords, a few at a time.
type hasher struct {
	line
	dummy string // what a password of nobody is compared with
}

func newHasher() *hasher {
	salt, key := make([]byte, 16), make([]byte, 32)
	rand.Read(salt)
	rand.Read(key)
	encode := base64.RawStdEncoding.EncodeToString
	return &hasher{
		line:  newLine(min(hashTurns, max(1, runtime.GOMAXPROCS(0)/2)), hashQueue),
		dummy: fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", hashParams.Memory, hashParams.Iterations, hashParams.Parallelism, encode(salt), encode(key)),
	}
}

func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	done, err := h.turn(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	return argon2id.CreateHash(opaque(password), hashParams)
}

// matches takes as long for an account that has no password, or that is not there (""), as for any other.
func (h *hasher) matches(ctx context.Context, password, hash string) (bool, error) {
	done, err := h.turn(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	password = opaque(password)
	if hash == "" {
		_, err := argon2id.ComparePasswordAndHash(password, h.dummy)
		return false, err
	}
	return argon2id.ComparePasswordAndHash(password, hash)
}
