package sfu

import "time"

// congestion is how a slot fares whose receiver takes less than it is sent. It
// belongs to the loop.
type congestion struct {
	since int64         // the last interruption
	pause time.Duration // after it
}

const (
	// firstPause is after the second interruption within soonAgain, then twice
	// as long each time, up to longestRest.
	firstPause  = time.Second
	longestRest = 8 * time.Second
	soonAgain   = 5 * time.Second
)

// interrupted notes an interruption and reports whether the slot has to pause.
func (c *congestion) interrupted(now int64) bool {
	switch {
	case c.since == 0 || now-c.since > int64(c.pause+soonAgain):
		c.pause = 0
	case c.pause == 0:
		c.pause = firstPause
	default:
		c.pause = min(2*c.pause, longestRest)
	}
	c.since = now
	return c.pause > 0
}

func (c *congestion) pauses(now int64) bool {
	return c.pause > 0 && now-c.since < int64(c.pause)
}
