package signaling

import (
	"errors"

	"switchyard/access"
	"switchyard/sfu"
	"switchyard/sfu/rtc"
	"switchyard/signaling/protocol"
)

// asProtocol is the one table from errors of the core, the transport and the
// tokens to codes of the protocol; nil for an error that no client caused. field
// is where the error arose; empty if it says so itself or there is none.
func asProtocol(err error, field string) *protocol.Error {
	var (
		told    *protocol.Error
		refusal *Refusal
		bad     *sfu.FieldError
		offer   *rtc.OfferError
		often   *sfu.RateError
	)
	switch {
	case errors.As(err, &told):
		return told
	case errors.As(err, &refusal):
		return protocol.Refusal(refusal.Code, refusal.Reason, refusal.Retry.Milliseconds())
	case errors.As(err, &offer):
		return protocol.Fieldf(protocol.BadOffer, offer.Field, "%s", offer.Reason)
	case errors.As(err, &bad):
		at := bad.Field
		if field != "" {
			at = field + "." + at
		}
		return protocol.Fieldf(protocol.BadField, at, "%s: %s", at, bad.Reason)
	case errors.As(err, &often):
		return &protocol.Error{Code: protocol.RateLimited, Message: often.Error(), RetryMs: often.Retry.Milliseconds()}
	case errors.Is(err, sfu.ErrInvalid):
		return protocol.Fieldf(protocol.BadField, field, "%v", err)
	case errors.Is(err, access.ErrNoToken), errors.Is(err, access.ErrInvalid), errors.Is(err, access.ErrExpired), errors.Is(err, access.ErrEarly):
		return protocol.Fieldf(protocol.Unauthorized, "token", "%v", err)
	case errors.Is(err, sfu.ErrLocked):
		return protocol.Refusal(protocol.Locked, "the room is locked: nobody new gets in", 0)
	case errors.Is(err, errDraining), errors.Is(err, rtc.ErrDraining), errors.Is(err, sfu.ErrClosed):
		return protocol.Refusal(protocol.Draining, errDraining.Error(), retryAfterShutdown.Milliseconds())
	case errors.Is(err, errFull):
		return protocol.Refusal(protocol.Full, errFull.Error(), retryWhenFull.Milliseconds())
	case errors.Is(err, rtc.ErrTooMany):
		return &protocol.Error{Code: protocol.TooMany, Message: "the server has as many media connections as it may", RetryMs: retryWhenFull.Milliseconds()}
	case errors.Is(err, sfu.ErrLimit):
		return protocol.Fieldf(protocol.TooMany, field, "%v", err)
	case errors.Is(err, sfu.ErrForbidden):
		return protocol.Fieldf(protocol.Forbidden, field, "%v: a grant is missing", err)
	case errors.Is(err, sfu.ErrNotFound):
		return protocol.Fieldf(protocol.NotFound, field, "%v", err)
	}
	return nil
}
