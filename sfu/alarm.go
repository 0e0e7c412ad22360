package sfu

import "time"

// alarm is a timer that belongs to something with a mutex, under which all its
// methods are called. One that was stopped too late to keep its function from
// running tells it so.
type alarm struct {
	cancel func() // nil: not running
	run    int
}

func (a *alarm) running() bool { return a.cancel != nil }

// start makes f run on the loop after d; f asks rang, with its run, whether it
// still is the alarm that was meant.
func (a *alarm) start(loop Loop, d time.Duration, f func(run int)) {
	a.stop()
	run := a.run
	a.cancel = loop.After(d, func() { f(run) })
}

func (a *alarm) stop() {
	a.run++
	if a.cancel != nil {
		a.cancel()
		a.cancel = nil
	}
}

// rang reports whether the alarm of this run counts, and ends it.
func (a *alarm) rang(run int) bool {
	if a.cancel == nil || a.run != run {
		return false
	}
	a.cancel = nil
	return true
}
