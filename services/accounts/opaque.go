package accounts

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// opaque is a password as it is hashed. Keyboards and systems write the same letter in different ways: é is one character on one and
// two on another. After RFC 8265 section 4.2 (OpaqueString) all spaces are the one of ASCII and text is in NFC; letters stay large
// or small.
func opaque(password string) string {
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Zs, r) {
			return ' '
		}
		return r
	}, password))
}
