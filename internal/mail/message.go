package mail

import (
	"fmt"
	"net/mail"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Message is one mail to one person.
type Message struct {
	To       string // address
	ToName   string
	ReplyTo  string // address; "" is the sender's
	Language string
	Subject  string
	Text     string
	Calendar *Calendar // an invitation
}

// Calendar is an iTIP message (RFC 6047) that goes with a mail.
type Calendar struct {
	Method  string // REQUEST, CANCEL
	Content string // text/calendar
}

const (
	maxSubject = 500 // characters
	maxText    = 64 << 10
	maxContent = 256 << 10
)

var (
	languageTag    = regexp.MustCompile(`^([A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3})?$`) // the common part of RFC 5646
	calendarMethod = regexp.MustCompile(`^[A-Z]{1,20}$`)
)

// validate keeps out what would add a header or is no address. Texts come from people.
func (m *Message) validate() error {
	for field, address := range map[string]string{"to": m.To, "reply-to": m.ReplyTo} {
		if field == "reply-to" && address == "" {
			continue
		}
		parsed, err := mail.ParseAddress(address)
		if err != nil || parsed.Address != address || strings.ContainsFunc(address, unicode.IsControl) {
			return fmt.Errorf("mail: %s: %.60q is not an address", field, address)
		}
	}
	for field, value := range map[string]string{"name": m.ToName, "subject": m.Subject} {
		if !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl) || utf8.RuneCountInString(value) > maxSubject {
			return fmt.Errorf("mail: %s: %.60q holds control characters or is too long", field, value)
		}
	}
	if !languageTag.MatchString(m.Language) {
		return fmt.Errorf("mail: language: %.60q is no tag of one", m.Language)
	}
	if c := m.Calendar; c != nil && (!calendarMethod.MatchString(c.Method) || len(c.Content) > maxContent || !utf8.ValidString(c.Content)) {
		return fmt.Errorf("mail: calendar: %.60q is no method, or %d bytes are more than %d or no text", c.Method, len(c.Content), maxContent)
	}
	if len(m.Text) > maxText || !utf8.ValidString(m.Text) {
		return fmt.Errorf("mail: a text of %d bytes is more than %d, or is no text", len(m.Text), maxText)
	}
	return nil
}
