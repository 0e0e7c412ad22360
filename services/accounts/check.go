package accounts

import (
	"net/mail"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"switchyard/internal/db"
)

const (
	maxEmail  = 254 // bytes, RFC 5321 section 4.5.3.1
	maxID     = 64
	maxSearch = 100 // characters
	maxName   = 80
)

// checkText bounds a text in characters and keeps out of it what is no text or makes others read something else.
func checkText(field, value string, least, most int) error {
	switch n := utf8.RuneCountInString(value); {
	case !utf8.ValidString(value) || strings.ContainsFunc(value, unprintable):
		return fault(field, value, "holds control characters")
	case n < least:
		return fault(field, value, "has %d characters; at least %d are needed", n, least)
	case n > most:
		return fault(field, value, "has %d characters; at most %d are allowed", n, most)
	case strings.TrimSpace(value) != value:
		return fault(field, value, "begins or ends with a space")
	}
	return nil
}

// unprintable are controls, line and paragraph separators and what changes the direction of writing: with those a name
// can pass for another.
func unprintable(r rune) bool {
	return unicode.IsControl(r) || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// checkEmail returns the address as it is kept: alone, without a name.
func checkEmail(field, value string) (string, error) {
	if len(value) > maxEmail || !utf8.ValidString(value) || strings.ContainsFunc(value, unprintable) || len(db.Fold(value)) > maxEmail {
		return "", fault(field, value, "is not an e-mail address")
	}
	a, err := mail.ParseAddress(value)
	if err != nil || a.Address != value || strings.Count(value, "@") != 1 || strings.ContainsFunc(value, unicode.IsSpace) {
		return "", fault(field, value, "is not an e-mail address")
	}
	return value, nil
}

func oneOf(field, value string, allowed []string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return fault(field, value, "is not one of %s", strings.Join(allowed, ", "))
}

// plain reports whether a text that somebody sends can be in a database at all: PostgreSQL takes UTF-8 without NUL. What
// cannot is not there.
func plain(text string, most int) bool {
	return len(text) <= most && utf8.ValidString(text) && !strings.ContainsRune(text, 0)
}

// clip makes a text of somebody else's fit, rather than refuse it.
func clip(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if unprintable(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	runes := []rune(strings.TrimSpace(text))
	return strings.TrimSpace(string(runes[:min(len(runes), most)]))
}
