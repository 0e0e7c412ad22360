package mail_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"math/big"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"
)

// received is a mail as it came.
type received struct {
	from, to, data string
	encrypted      bool
	login          string // user and password
}

// sink is an SMTP server (RFC 5321) that keeps what it gets.
type sink struct {
	address string
	pool    *x509.CertPool
	tls     *tls.Config
	offer   bool // STARTTLS
	mails   chan received
	logins  chan string
}

// newSink runs one until the test ends. Encryption is that of the mail package.
func newSink(t *testing.T, encryption string) *sink {
	t.Helper()
	s := &sink{offer: encryption == "starttls", mails: make(chan received, 100), logins: make(chan string, 100)}
	s.tls, s.pool = certificate(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = l.Addr().String()
	if encryption == "tls" {
		l = tls.NewListener(l, s.tls)
	}
	var all sync.WaitGroup
	end := make(chan struct{})
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				ended := make(chan struct{})
				all.Go(func() {
					select { // a client that gives up leaves its connection to the collector
					case <-end:
					case <-ended:
					}
					c.Close()
				})
				s.session(c, encryption == "tls")
				close(ended)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		close(end)
		all.Wait()
	})
	return s
}

func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sink"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, pool
}

// session is one connection's.
func (s *sink) session(c net.Conn, encrypted bool) {
	r := textproto.NewReader(bufio.NewReader(c))
	say := func(lines ...string) { fmt.Fprint(c, strings.Join(lines, "\r\n")+"\r\n") }
	mail := received{encrypted: encrypted}
	say("220 sink")
	for {
		line, err := r.ReadLine()
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(line, " ")
		switch strings.ToUpper(verb) {
		case "EHLO":
			lines := []string{"250-sink", "250-8BITMIME"}
			if s.offer && !mail.encrypted {
				lines = append(lines, "250-STARTTLS")
			}
			say(append(lines, "250 AUTH PLAIN")...)
		case "STARTTLS":
			say("220 go on")
			secure := tls.Server(c, s.tls)
			if secure.Handshake() != nil {
				return
			}
			c, r = secure, textproto.NewReader(bufio.NewReader(secure))
			mail = received{encrypted: true}
		case "AUTH":
			_, text, _ := strings.Cut(rest, " ")
			login, _ := base64.StdEncoding.DecodeString(text)
			mail.login = strings.ReplaceAll(strings.TrimPrefix(string(login), "\x00"), "\x00", " ")
			s.logins <- mail.login
			say("235 welcome")
		case "MAIL":
			mail.from = rest
			say("250 yes")
		case "RCPT":
			mail.to = rest
			if strings.Contains(rest, "nobody@") {
				say("550 nobody of that name")
				continue
			}
			say("250 yes")
		case "DATA":
			say("354 go on")
			data, err := r.ReadDotBytes()
			if err != nil {
				return
			}
			mail.data = string(data)
			s.mails <- mail
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default: // NOOP, RSET
			say("250 yes")
		}
	}
}
