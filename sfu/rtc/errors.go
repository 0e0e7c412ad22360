package rtc

import (
	"errors"
	"fmt"
)

// Errors that callers branch on.
var (
	ErrDraining = errors.New("the media server is shutting down")
	ErrTooMany  = errors.New("too many")
	ErrClosed   = errors.New("the peer is closed")

	errNoPath = errors.New("unknown address")
)

// OfferError says why an offer can't be served.
// One that is about more lines than are allowed is an ErrTooMany to errors.Is.
type OfferError struct {
	Field  string // path of the attribute at fault: sdp, sdp.setup, sdp.m[2].codec, tracks[0].mid …
	Reason string // names the value and what is allowed

	tooMany bool
}

func (e *OfferError) Error() string { return fmt.Sprintf("offer: %s: %s", e.Field, e.Reason) }

// badOffer makes an OfferError.
func badOffer(field, format string, args ...any) *OfferError {
	return &OfferError{Field: field, Reason: fmt.Sprintf(format, args...)}
}

// tooMany makes an OfferError that is an ErrTooMany.
func tooMany(field, format string, args ...any) *OfferError {
	return &OfferError{Field: field, Reason: fmt.Sprintf(format, args...), tooMany: true}
}

// Is makes errors.Is(err, ErrTooMany) hold where a limit was passed.
func (e *OfferError) Is(target error) bool { return e.tooMany && target == ErrTooMany }
