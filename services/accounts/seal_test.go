package accounts

import (
	"strings"
	"testing"
)

func TestSealer(t *testing.T) {
	sealer, err := NewSealer(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	sealed := sealer.Seal("secret", "a")
	if again := sealer.Seal("secret", "a"); again == sealed || strings.Contains(sealed, "secret") {
		t.Errorf("%q, %q", sealed, again)
	}
	if plain, err := sealer.Open(sealed, "a"); plain != "secret" || err != nil {
		t.Errorf("%q, %v", plain, err)
	}
	other, err := NewSealer([]byte(strings.Repeat("x", 32)))
	if err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"about another": func() error { _, err := sealer.Open(sealed, "b"); return err }(),
		"another key":   func() error { _, err := other.Open(sealed, "a"); return err }(),
		"cut":           func() error { _, err := sealer.Open(sealed[:8], "a"); return err }(),
		"garbled":       func() error { _, err := sealer.Open("!", "a"); return err }(),
		"empty":         func() error { _, err := sealer.Open("", "a"); return err }(),
	} {
		if err == nil {
			t.Errorf("%s: it opens", name)
		}
	}
	if _, err := NewSealer([]byte("short")); err == nil {
		t.Error("a short key is taken")
	}
}
