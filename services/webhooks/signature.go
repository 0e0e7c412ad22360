package webhooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Headers of a delivery.
const (
	HeaderSignature = "Switchyard-Signature" // t=UNIX,v1=HEX, with a second v1 while the secret is being changed
	HeaderEventID   = "Switchyard-Event-Id"  // the same whenever the event is sent again
	HeaderDelivery  = "Switchyard-Delivery"  // of this one attempt
)

// Errors of Verify.
var (
	ErrSignature = errors.New("the signature is not that of this body and secret")
	ErrStale     = errors.New("the signature is too old, or from the future")
)

// Sign returns the value of HeaderSignature: for each secret the HMAC-SHA256 of the time, a dot and the body, in hex. A
// secret is used as the text that it was shown as.
func Sign(at time.Time, body []byte, secrets ...string) string {
	stamp := strconv.FormatInt(at.Unix(), 10)
	var header strings.Builder
	header.WriteString("t=" + stamp)
	for _, secret := range secrets {
		header.WriteString(",v1=" + hex.EncodeToString(sum(secret, stamp, body)))
	}
	return header.String()
}

func sum(secret, stamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	return mac.Sum(nil)
}

// Verify is how a receiver checks a delivery: one of the signatures in the header has to be that of the body as it
// came, byte for byte, and not older than tolerance (5 minutes are a good one), so that nobody can replay it for ever.
// ErrSignature or ErrStale.
func Verify(secret, header string, body []byte, now time.Time, tolerance time.Duration) error {
	stamp, matches := "", false
	var signatures [][]byte
	for part := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "t":
			stamp = value
		case "v1":
			if signature, err := hex.DecodeString(value); err == nil {
				signatures = append(signatures, signature)
			}
		}
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return fmt.Errorf("%w: the header has no time", ErrSignature)
	}
	right := sum(secret, stamp, body)
	for _, signature := range signatures {
		matches = hmac.Equal(signature, right) || matches // in constant time
	}
	if !matches {
		return ErrSignature
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > tolerance || age < -tolerance {
		return fmt.Errorf("%w: %v", ErrStale, age.Round(time.Second))
	}
	return nil
}
