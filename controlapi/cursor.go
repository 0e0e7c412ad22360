package controlapi

import (
	"encoding/base64"
	"unicode/utf8"
)

// Cursors are opaque to clients. They hold nothing that the client has not been
// told already, and one that was tampered with shows another part of the same list.

func encodeCursor(position string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(position))
}

func decodeCursor(cursor string) (string, error) {
	position, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || !utf8.Valid(position) || containsNUL(position) {
		return "", invalid("query.cursor", cursor, "is none that a list has given")
	}
	return string(position), nil
}

func containsNUL(b []byte) bool {
	for _, c := range b {
		if c == 0 {
			return true
		}
	}
	return false
}
