package signaling

import (
	"time"

	"switchyard/signaling/protocol"
)

// rateLimit allows protocol.MaxRate requests a second over
// protocol.RateWindow. It belongs to one reader.
type rateLimit struct {
	tokens  float64
	at      time.Time
	refused int // since the allowance was last half full
}

const (
	rateBurst = protocol.MaxRate * float64(protocol.RateWindow/time.Second)
	maxBeyond = int(rateBurst) // refused requests that end a session
)

func newRateLimit(now time.Time) rateLimit { return rateLimit{tokens: rateBurst, at: now} }

// take asks for one request: whether it is allowed, and if not, whether that
// has gone on for too long.
func (l *rateLimit) take(now time.Time) (allowed, goesOn bool) {
	l.tokens = min(rateBurst, l.tokens+now.Sub(l.at).Seconds()*protocol.MaxRate)
	l.at = now
	if l.tokens >= rateBurst/2 {
		l.refused = 0
	}
	if l.tokens < 1 {
		l.refused++
		return false, l.refused > maxBeyond
	}
	l.tokens--
	return true, false
}
