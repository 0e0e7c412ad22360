package protocol

import "fmt"

// Code of an error.
type Code string

// The codes of section 8 of the document.
const (
	BadMessage   Code = "bad_message"
	TooBig       Code = "too_big"
	Unauthorized Code = "unauthorized"
	WrongRoom    Code = "wrong_room"
	Refused      Code = "refused"
	OutOfOrder   Code = "out_of_order"
	Unsupported  Code = "unsupported"
	BadField     Code = "bad_field"
	BadOffer     Code = "bad_offer"
	TooMany      Code = "too_many"
	Forbidden    Code = "forbidden"
	NotFound     Code = "not_found"
	RateLimited  Code = "rate_limited"
	NotKept      Code = "not_kept"
	ResumeFailed Code = "resume_failed"
	Internal     Code = "internal"
)

// Codes lists them all.
func Codes() []Code {
	return []Code{
		BadMessage, TooBig, Unauthorized, WrongRoom, Refused, OutOfOrder, Unsupported, BadField, BadOffer, TooMany,
		Forbidden, NotFound, RateLimited, NotKept, ResumeFailed, Internal,
	}
}

// Why somebody was refused, for a program to go by; the message says it to people.
const (
	NoSuchMeeting  = "no_such_meeting"
	Cancelled      = "cancelled"
	Removed        = "removed"
	WaitingRefused = "waiting_refused"
	WaitingEnded   = "waiting_ended"
	LobbyFull      = "lobby_full"
	Replaced       = "replaced"
	Inactive       = "inactive"
	Suspended      = "suspended"
	Locked         = "locked"
	Full           = "full"
	Draining       = "draining"
	Unavailable    = "unavailable"
)

// Reasons lists them all.
func Reasons() []string {
	return []string{NoSuchMeeting, Cancelled, Removed, WaitingRefused, WaitingEnded, LobbyFull, Replaced, Inactive, Suspended, Locked, Full, Draining, Unavailable}
}

// Ends reports whether an error with this code ends the session. RateLimited
// ends it only if it goes on.
func (c Code) Ends() bool {
	switch c {
	case BadMessage, TooBig, Unauthorized, WrongRoom, Refused, Internal:
		return true
	}
	return false
}

// Close codes of the WebSocket (RFC 6455 section 7.4) that go with no error.
const (
	CloseNormal    = 1000 // after left
	CloseGoingAway = 1001
	CloseSlow      = 4408
	CloseReplaced  = 4410
)

// Close is the WebSocket close code that follows an error which ends the
// session.
func (c Code) Close() int {
	switch c {
	case BadMessage:
		return 4400
	case TooBig:
		return 1009
	case Unauthorized:
		return 4401
	case WrongRoom:
		return 4403
	case Refused, RateLimited:
		return 4429
	case Internal:
		return 1011
	}
	return CloseNormal
}

// Error says what is wrong with a request, or with the session. It is a message
// and a Go error.
type Error struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
	Reason  string `json:"reason,omitempty"` // of a refusal
	Field   string `json:"field,omitempty"`
	RetryMs int64  `json:"retryMs,omitempty"`
}

func (e *Error) Error() string {
	if e.Field != "" {
		return fmt.Sprintf("%s: %s: %s", e.Code, e.Field, e.Message)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Message)
}

// Refusal makes an Error of somebody who does not come in; retryMs 0: it need not try again.
func Refusal(reason, message string, retryMs int64) *Error {
	return &Error{Code: Refused, Message: message, Reason: reason, RetryMs: retryMs}
}

// Errorf makes an Error without a field.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Fieldf makes an Error about a field.
func Fieldf(code Code, field, format string, args ...any) *Error {
	return &Error{Code: code, Field: field, Message: fmt.Sprintf(format, args...)}
}
