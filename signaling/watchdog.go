package signaling

import "time"

// watchdog runs a function unless it is fed or stopped in time. It is used by
// one goroutine.
type watchdog struct {
	timer   *time.Timer
	fired   chan struct{} // closed when the function has returned
	stopped bool
}

func newWatchdog(d time.Duration, f func()) *watchdog {
	w := &watchdog{fired: make(chan struct{})}
	w.timer = time.AfterFunc(d, func() {
		defer close(w.fired)
		f()
	})
	return w
}

// feed starts the time anew.
func (w *watchdog) feed(d time.Duration) {
	if w.timer.Stop() {
		w.timer.Reset(d)
	}
}

// stop reports whether the function will not run; if it does run, stop returns
// after it.
func (w *watchdog) stop() bool {
	if w.stopped || w.timer.Stop() {
		w.stopped = true
		return true
	}
	<-w.fired
	return false
}
