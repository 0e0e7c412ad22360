package webhooks

import (
	"math/rand/v2"
	"time"
)

const (
	firstPause = time.Second
	maxPause   = time.Hour
	// patience is for how long an event is tried. One that waited so long behind another is tried once.
	patience = 3 * 24 * time.Hour
)

// pause is how long an event waits after it has failed so often: twice as long each time, up to or down by a fifth so
// that not all come back at once.
func pause(tries int64) time.Duration {
	d := maxPause
	if tries < 13 { // 2^12 s are more than an hour
		d = min(maxPause, firstPause<<(tries-1))
	}
	return d*4/5 + rand.N(d*2/5)
}
