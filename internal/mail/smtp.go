package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
)

// How the connection to the server is encrypted.
const (
	StartTLS = "starttls"
	TLS      = "tls"
	Plain    = "none"
)

// Config is the mail server.
type Config struct {
	Server       string `yaml:"server"`     // HOST:PORT; empty: no mail is sent
	Encryption   string `yaml:"encryption"` // starttls, tls or none
	User         string `yaml:"user"`
	PasswordFile string `yaml:"password_file"`
	From         string `yaml:"from"` // address, or Name <address>
}

// DefaultConfig sends no mail.
func DefaultConfig() Config { return Config{Encryption: StartTLS} }

// Validate returns every fault.
func (c Config) Validate() error {
	if c.Server == "" {
		return nil
	}
	var faults []error
	if _, _, err := c.hostPort(); err != nil {
		faults = append(faults, fmt.Errorf("mail.server: %q is not of the form HOST:PORT", c.Server))
	}
	if c.Encryption != StartTLS && c.Encryption != TLS && c.Encryption != Plain {
		faults = append(faults, fmt.Errorf("mail.encryption: %q is not one of starttls, tls, none", c.Encryption))
	}
	if _, err := netmail.ParseAddress(c.From); err != nil {
		faults = append(faults, fmt.Errorf("mail.from: %q is not an address, or Name <address>", c.From))
	}
	if c.User != "" && c.PasswordFile == "" {
		faults = append(faults, errors.New(`mail.password_file: "" is not a file, which mail.user needs`))
	}
	return errors.Join(faults...)
}

func (c Config) hostPort() (host string, port int, err error) {
	host, text, err := net.SplitHostPort(c.Server)
	if err != nil {
		return "", 0, err
	}
	if port, err = strconv.Atoi(text); err != nil || host == "" || port < 1 || port > 65535 {
		return "", 0, errors.New("it is not of the form HOST:PORT")
	}
	return host, port, nil
}

const sendLimit = 30 * time.Second

// SMTP sends through a server. Its methods may be called from any goroutine.
type SMTP struct {
	client *mail.Client
	from   string
}

// NewSMTP takes a valid Config with a server; it opens no connection yet.
func NewSMTP(c Config) (*SMTP, error) {
	host, port, err := c.hostPort()
	if err != nil {
		return nil, fmt.Errorf("mail.server: %w", err)
	}
	options := []mail.Option{
		mail.WithPort(port), mail.WithTimeout(sendLimit),
		mail.WithTLSConfig(&tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}),
	}
	switch c.Encryption {
	case TLS:
		options = append(options, mail.WithSSL())
	case StartTLS:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	default:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	}
	if c.User != "" {
		password, err := os.ReadFile(c.PasswordFile)
		if err != nil {
			return nil, fmt.Errorf("mail.password_file: %w", err)
		}
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(c.User), mail.WithPassword(strings.TrimSpace(string(password))))
	}
	client, err := mail.NewClient(host, options...)
	if err != nil {
		return nil, fmt.Errorf("mail.server: %w", err)
	}
	return &SMTP{client, c.From}, nil
}

// Send hands the mail to the server.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	message := mail.NewMsg()
	if err := errors.Join(message.From(s.from), message.AddTo((&netmail.Address{Name: m.ToName, Address: m.To}).String())); err != nil {
		return err
	}
	if m.ReplyTo != "" {
		if err := message.ReplyTo(m.ReplyTo); err != nil {
			return err
		}
	}
	message.Subject(m.Subject)
	message.SetDate()
	message.SetMessageID()
	message.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834
	if m.Language != "" {
		message.SetGenHeader("Content-Language", m.Language)
	}
	message.SetBodyString(mail.TypeTextPlain, m.Text)
	if m.Calendar != nil {
		// RFC 6047 section 2.4: the method is repeated in the type.
		message.AddAlternativeString(mail.ContentType("text/calendar; method="+m.Calendar.Method), m.Calendar.Content)
	}
	ctx, cancel := context.WithTimeout(ctx, sendLimit)
	defer cancel()
	return s.client.DialAndSendWithContext(ctx, message)
}
