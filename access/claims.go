package access

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"switchyard/sfu"
)

// MaxRoom is the longest key of a room in bytes.
const MaxRoom = 128

// Claims are what a token says of its bearer.
type Claims struct {
	Room      string // the key of the one room it opens, 1 to MaxRoom bytes
	Identity  string // stable id, at most sfu.MaxIdentity bytes; empty: a fresh anonymous one each time
	Name      string // shown name, at most sfu.MaxName bytes; empty: the bearer chooses
	Grants    sfu.Grants
	Expires   time.Time
	NotBefore time.Time // zero: at once
	ID        string    // of the token, at most 64 bytes; for logs
}

// Validate returns every fault, each naming the claim, its value and what is
// allowed.
func (c Claims) Validate() error {
	var faults []error
	text := func(claim, value string, least, most int) {
		switch {
		case len(value) < least:
			faults = append(faults, fmt.Errorf("claim %s: missing", claim))
		case len(value) > most:
			faults = append(faults, fmt.Errorf("claim %s: %d bytes is more than %d", claim, len(value), most))
		case !printable(value):
			faults = append(faults, fmt.Errorf("claim %s: %.40q is not printable text", claim, value))
		}
	}
	text("room", c.Room, 1, MaxRoom)
	text("sub", c.Identity, 0, sfu.MaxIdentity)
	text("name", c.Name, 0, sfu.MaxName)
	text("jti", c.ID, 0, 64)
	if c.Expires.IsZero() {
		faults = append(faults, errors.New("claim exp: missing"))
	}
	return errors.Join(faults...)
}

func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}
