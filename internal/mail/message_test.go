package mail_test

import (
	"strings"
	"testing"

	"switchyard/internal/db/dbtest"
	"switchyard/internal/mail"
)

func TestMessagesThatAreRefused(t *testing.T) {
	d := dbtest.Open(t, dbtest.URL(t, "sqlite"), mail.Migrations())
	o, _ := newOutbox(d, &sender{})
	for name, change := range map[string]func(*mail.Message){
		"no recipient":             func(m *mail.Message) { m.To = "" },
		"no address":               func(m *mail.Message) { m.To = "zoe" },
		"two addresses":            func(m *mail.Message) { m.To = "a@example.com, b@example.com" },
		"a name in the address":    func(m *mail.Message) { m.To = "Zoe <zoe@example.com>" },
		"a header in the address":  func(m *mail.Message) { m.To = "zoe@example.com\r\nBcc: all@example.com" },
		"a header in a quoted one": func(m *mail.Message) { m.To = "\"a\r\nBcc: b\"@example.com" },
		"a header in the reply-to": func(m *mail.Message) { m.ReplyTo = "zoe@example.com\nBcc: all@example.com" },
		"a header in the name":     func(m *mail.Message) { m.ToName = "Zoe\r\nBcc: all@example.com" },
		"a header in the subject":  func(m *mail.Message) { m.Subject = "x\r\nBcc: all@example.com" },
		"a body in the subject":    func(m *mail.Message) { m.Subject = "x\n\nBuy this" },
		"a NUL in the subject":     func(m *mail.Message) { m.Subject = "x\x00" },
		"no UTF-8 in the subject":  func(m *mail.Message) { m.Subject = "x\xff" },
		"a long subject":           func(m *mail.Message) { m.Subject = strings.Repeat("x", 501) },
		"a header in the language": func(m *mail.Message) { m.Language = "de\r\nBcc: all@example.com" },
		"a header in the method":   func(m *mail.Message) { m.Calendar = &mail.Calendar{Method: "REQUEST\r\nX: y"} },
		"a parameter as method":    func(m *mail.Message) { m.Calendar = &mail.Calendar{Method: "REQUEST; x=y"} },
		"no method":                func(m *mail.Message) { m.Calendar = &mail.Calendar{} },
		"a long calendar": func(m *mail.Message) {
			m.Calendar = &mail.Calendar{Method: "REQUEST", Content: strings.Repeat("x", 1<<20)}
		},
		"a long text":          func(m *mail.Message) { m.Text = strings.Repeat("x", 1<<20) },
		"no UTF-8 in the text": func(m *mail.Message) { m.Text = "\xff" },
	} {
		m := message("x")
		change(&m)
		if err := enqueue(d, o, m); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if n := waiting(t, o); n != 0 {
		t.Errorf("%d are queued", n)
	}
}
