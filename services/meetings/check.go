package meetings

import (
	"net/mail"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Languages are those that invitations are written in.
var Languages = []string{"en", "nl", "fr", "de", "ja"}

const (
	maxSubject     = 200
	maxDescription = 4000
	maxName        = 100
	maxMembers     = 500 // invited users, and as many guests
	minDuration    = 5
	maxDuration    = 24 * 60
)

// checkText bounds a text in characters and keeps control characters out of it; lines says that it may have several.
func checkText(field, value string, least, most int, lines bool) error {
	odd := func(r rune) bool { return unicode.IsControl(r) && (!lines || r != '\n' && r != '\t') }
	switch n := utf8.RuneCountInString(value); {
	case !utf8.ValidString(value) || strings.ContainsFunc(value, odd):
		return fault(field, value, "holds control characters")
	case n < least:
		return fault(field, value, "has %d characters; at least %d are needed", n, least)
	case n > most:
		return fault(field, value, "has %d characters; at most %d are allowed", n, most)
	case !lines && strings.TrimSpace(value) != value:
		return fault(field, value, "begins or ends with a space")
	}
	return nil
}

// checkEmail wants an address alone, without a name.
func checkEmail(field, value string) error {
	a, err := mail.ParseAddress(value)
	if err != nil || a.Address != value || len(value) > 254 || strings.ContainsFunc(value, unicode.IsControl) {
		return fault(field, value, "is not an e-mail address")
	}
	return nil
}

func checkDuration(field string, minutes int) error {
	if minutes < minDuration || minutes > maxDuration {
		return fault(field, "", "is %d minutes; %d to %d are allowed", minutes, minDuration, maxDuration)
	}
	return nil
}

func language(wanted ...string) string {
	for _, l := range wanted {
		if slices.Contains(Languages, l) {
			return l
		}
	}
	return "en"
}
