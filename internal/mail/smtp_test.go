package mail_test

import (
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchyard/internal/db/dbtest"
	"switchyard/internal/mail"
)

func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }

func newSMTP(t *testing.T, s *sink, c mail.Config) *mail.SMTP {
	t.Helper()
	c.Server = s.address
	if c.From == "" {
		c.From = "Switchyard <server@example.org>"
	}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	smtp, err := mail.NewSMTP(c)
	if err != nil {
		t.Fatal(err)
	}
	return smtp
}

// parse reads a mail, its headers decoded.
func parse(t *testing.T, data string) (header map[string]string, body io.Reader) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(data))
	if err != nil {
		t.Fatalf("%v in:\n%s", err, data)
	}
	header = map[string]string{}
	for name, values := range m.Header {
		if len(values) != 1 {
			t.Errorf("%d headers %s", len(values), name)
		}
		if header[name], err = new(mime.WordDecoder).DecodeHeader(values[0]); err != nil {
			t.Error(err)
		}
	}
	return header, m.Body
}

func text(t *testing.T, r io.Reader, encoding string) string {
	t.Helper()
	if encoding == "quoted-printable" {
		r = quotedprintable.NewReader(r)
	}
	all, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimRight(strings.ReplaceAll(string(all), "\r\n", "\n"), "\n")
}

func TestWhatArrives(t *testing.T) {
	s := newSink(t, mail.Plain)
	m := mail.Message{
		To: "zoe@example.com", ToName: `Zoë "Z" Müller, 日本`, ReplyTo: "boss@example.org", Language: "de-CH",
		Subject: "Einladung: Übergabe für 日本, " + strings.Repeat("sehr lang ", 30), Text: "Grüße\n.\n..\nline = " + strings.Repeat("x", 2000),
	}
	if err := newSMTP(t, s, mail.Config{Encryption: mail.Plain}).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got := <-s.mails
	if !strings.HasPrefix(got.from, "FROM:<server@example.org>") || got.to != "TO:<zoe@example.com>" || got.encrypted {
		t.Errorf("envelope %+v", got)
	}
	for line := range strings.Lines(got.data) {
		if len(line) > 998 || strings.ContainsFunc(line, func(r rune) bool { return r > 126 }) {
			t.Errorf("a line that not every server takes: %.80q", line)
		}
	}
	header, body := parse(t, got.data)
	if to, err := netmail.ParseAddress(raw(t, got.data).Get("To")); err != nil || to.Name != m.ToName || to.Address != m.To {
		t.Errorf("to %v %v", to, err)
	}
	for name, want := range map[string]string{
		"Subject": m.Subject, "Reply-To": "<boss@example.org>", "Auto-Submitted": "auto-generated", "Content-Language": "de-CH",
		"From": `"Switchyard" <server@example.org>`, "Mime-Version": "1.0",
	} {
		if strings.TrimSpace(header[name]) != strings.TrimSpace(want) {
			t.Errorf("%s: %q, want %q", name, header[name], want)
		}
	}
	if date, err := netmail.ParseDate(header["Date"]); err != nil || time.Since(date).Abs() > time.Minute || header["Message-Id"] == "" {
		t.Errorf("date %q (%v), id %q", header["Date"], err, header["Message-Id"])
	}
	if got := text(t, body, header["Content-Transfer-Encoding"]); got != m.Text {
		t.Errorf("text %q", got)
	}
}

// TestNamesAreOnlyNames: whatever somebody calls himself, the mail goes to his address.
func TestNamesAreOnlyNames(t *testing.T) {
	s := newSink(t, mail.Plain)
	smtp := newSMTP(t, s, mail.Config{Encryption: mail.Plain})
	for _, name := range []string{"", "Zoë", `x" <evil@example.com>, "y`, `\`, `back\slash"`, "<evil@example.com>", "a, b", "=?utf-8?q?evil?=", "(comment)", "x@y"} {
		if err := smtp.Send(t.Context(), mail.Message{To: "zoe@example.com", ToName: name, Subject: "x", Text: "x"}); err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		got := <-s.mails
		to, err := netmail.ParseAddressList(raw(t, got.data).Get("To"))
		if err != nil || got.to != "TO:<zoe@example.com>" || len(to) != 1 || to[0].Address != "zoe@example.com" || to[0].Name != name {
			t.Errorf("%q went to %s as %v (%v)", name, got.to, to, err)
		}
	}
}

// raw is the headers, not decoded.
func raw(t *testing.T, data string) netmail.Header {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return m.Header
}

func TestInvitation(t *testing.T) {
	s := newSink(t, mail.Plain)
	content := "BEGIN:VCALENDAR\nMETHOD:REQUEST\nSUMMARY:Übergabe\nEND:VCALENDAR"
	m := mail.Message{To: "zoe@example.com", Subject: "x", Text: "See you", Calendar: &mail.Calendar{Method: "REQUEST", Content: content}}
	if err := newSMTP(t, s, mail.Config{Encryption: mail.Plain}).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	header, body := parse(t, (<-s.mails).data)
	kind, parameters, err := mime.ParseMediaType(header["Content-Type"])
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%s %v", kind, err)
	}
	parts := multipart.NewReader(body, parameters["boundary"])
	for _, want := range []struct{ kind, method, text string }{{"text/plain", "", "See you"}, {"text/calendar", "REQUEST", content}} {
		p, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		kind, parameters, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
		if err != nil || kind != want.kind || parameters["method"] != want.method || !strings.EqualFold(parameters["charset"], "utf-8") {
			t.Errorf("part %s %v %v", kind, parameters, err)
		}
		if got := text(t, p, p.Header.Get("Content-Transfer-Encoding")); got != want.text {
			t.Errorf("%s: %q, want %q", kind, got, want.text)
		}
	}
	if _, err := parts.NextRawPart(); err != io.EOF {
		t.Errorf("there are more parts: %v", err)
	}
}

func TestEncryption(t *testing.T) {
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, server, client string
		trust, works         bool
	}{
		{"starttls", mail.StartTLS, mail.StartTLS, true, true},
		{"tls", mail.TLS, mail.TLS, true, true},
		{"starttls, unknown certificate", mail.StartTLS, mail.StartTLS, false, false},
		{"tls, unknown certificate", mail.TLS, mail.TLS, false, false},
		{"starttls is not offered", mail.Plain, mail.StartTLS, true, false},
		{"tls to a plain server", mail.Plain, mail.TLS, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSink(t, c.server)
			smtp := newSMTP(t, s, mail.Config{Encryption: c.client, User: "me", PasswordFile: password})
			if c.trust {
				if err := smtp.Trust(s.pool); err != nil {
					t.Fatal(err)
				}
			}
			err := smtp.Send(t.Context(), mail.Message{To: "zoe@example.com", Subject: "x", Text: "x"})
			if err == nil != c.works {
				t.Errorf("%v, should work: %v", err, c.works)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error holds the password: %v", err)
			}
			if !c.works {
				if len(s.mails)+len(s.logins) > 0 {
					t.Error("a password or a mail was sent")
				}
				return
			}
			if got := <-s.mails; !got.encrypted || got.login != "me hunter2" {
				t.Errorf("encrypted %v, login %q", got.encrypted, got.login)
			}
		})
	}
}

func TestServerRefuses(t *testing.T) {
	s := newSink(t, mail.Plain)
	smtp := newSMTP(t, s, mail.Config{Encryption: mail.Plain})
	if err := smtp.Send(t.Context(), mail.Message{To: "nobody@example.com", Subject: "x", Text: "x"}); err == nil || len(s.mails) > 0 {
		t.Errorf("a recipient that the server refuses: %v", err)
	}
	if _, err := mail.NewSMTP(mail.Config{Server: s.address, Encryption: mail.Plain, User: "me", PasswordFile: "/nonexistent", From: "a@example.org"}); err == nil {
		t.Error("a password file that is not there")
	}
}

func TestConfig(t *testing.T) {
	good := mail.Config{Server: "mail.example.org:587", Encryption: mail.StartTLS, From: "Switchyard <a@example.org>"}
	for _, c := range []struct {
		name, fault string
		change      func(*mail.Config)
	}{
		{"good", "", func(*mail.Config) {}},
		{"no mail", "", func(c *mail.Config) { *c = mail.DefaultConfig() }},
		{"no port", "mail.server", func(c *mail.Config) { c.Server = "mail.example.org" }},
		{"no number", "mail.server", func(c *mail.Config) { c.Server = "mail.example.org:smtp!" }},
		{"too great a port", "mail.server", func(c *mail.Config) { c.Server = "mail.example.org:70000" }},
		{"no host", "mail.server", func(c *mail.Config) { c.Server = ":25" }},
		{"encryption", "mail.encryption", func(c *mail.Config) { c.Encryption = "ssl" }},
		{"from", "mail.from", func(c *mail.Config) { c.From = "nobody" }},
		{"two from", "mail.from", func(c *mail.Config) { c.From = "a@example.org, b@example.org" }},
		{"user without password", "mail.password_file", func(c *mail.Config) { c.User = "me" }},
		{"several", "mail.from", func(c *mail.Config) { c.From, c.Encryption = "", "" }},
	} {
		config := good
		c.change(&config)
		err := config.Validate()
		if c.fault == "" && err != nil || c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault)) {
			t.Errorf("%s: %v, want a fault of %q", c.name, err, c.fault)
		}
	}
}
