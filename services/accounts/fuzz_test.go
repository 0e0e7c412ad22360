package accounts

import (
	"bytes"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"switchyard/internal/db"
)

func FuzzCheckEmail(f *testing.F) {
	for _, seed := range []string{"bob@example.org", "Bob <bob@example.org>", "a@b@c", "\x00@x", `"a b"@x`, "ü@ü.example", "a@[1.2.3.4]", "bob@example.org\r\nBcc: x@y", strings.Repeat("x", 250) + "@x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		email, err := checkEmail("email", text)
		if err != nil {
			return
		}
		if email != text || len(email) > maxEmail || len(db.Fold(email)) > maxEmail || !utf8.ValidString(email) || strings.ContainsAny(email, "\x00\r\n <>,;") && !strings.HasPrefix(email, `"`) {
			t.Errorf("%q is taken as %q", text, email)
		}
	})
}

func FuzzCheckText(f *testing.F) {
	for _, seed := range []string{"Bob", " Bob", "a\x00b", "\u202e", "\xff", "田中", strings.Repeat("é", 81)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if checkText("name", text, 1, 80) == nil {
			if n := utf8.RuneCountInString(text); n < 1 || n > 80 || !plain(text, 400) || strings.ContainsAny(text, "\r\n\x00\u202e") {
				t.Errorf("%q is taken", text)
			}
		}
		clipped := clip(text, 80)
		if err := checkText("name", clipped, 0, 80); err != nil {
			t.Errorf("%q is made %q: %v", text, clipped, err)
		}
	})
}

func FuzzOwnPage(f *testing.F) {
	for _, seed := range []string{"/", "//x", "/\\x", "/a?b#c", "https://x", "/\t/x", "/%5cx"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		page := ownPage(text)
		if page != "/" && page != text {
			t.Fatalf("%q becomes %q", text, page)
		}
		base := &url.URL{Scheme: "https", Host: "meet.example.org", Path: "/api/v1/auth/sso/callback"}
		to, err := base.Parse(page)
		if err == nil && (to.Host != base.Host || to.Scheme != base.Scheme) {
			t.Errorf("%q leads to %s", text, to)
		}
		if !strings.HasPrefix(page, "/") || len(page) > 1 && strings.ContainsAny(page[1:2], "/\\") {
			t.Errorf("%q leads elsewhere", page)
		}
	})
}

func FuzzDecodeAvatar(f *testing.F) {
	photo := jpegOf(f, 16, 16).Bytes()
	f.Add(photo)
	f.Add(withExif(photo, exif(6)))
	for _, data := range declared(f, 100_000, 100_000) {
		f.Add(data)
	}
	f.Add([]byte("II*\x00\x08\x00\x00\x00\xff\xff"))
	f.Add([]byte("MM\x00*\x00\x00\x00\x08"))
	f.Fuzz(func(t *testing.T, data []byte) {
		orientationOf(data)
		files, err := makeAvatar(data, Crop{})
		if err == nil && (len(files) != len(AvatarSizes) || !bytes.HasPrefix(files[48], []byte("\x89PNG"))) {
			t.Errorf("%d files", len(files))
		}
	})
}
