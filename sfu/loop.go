package sfu

import "time"

// Loop is where a room's packet path runs: one goroutine of a transport's, or a
// test's own hand. Functions given to it run one after another, never two at a
// time.
type Loop interface {
	// Post runs f on the loop soon, after everything whose Post had returned
	// before, from whatever goroutine. It never blocks and may be called from
	// anywhere, also under a lock. After the loop has ended f is dropped.
	Post(f func())
	// Now is the loop's monotonic clock, read at most once per pass of the loop.
	Now() time.Time
	// After runs f on the loop once d has passed on its clock, unless the
	// returned function is called first. Both may be called from anywhere.
	After(d time.Duration, f func()) (cancel func())
}
