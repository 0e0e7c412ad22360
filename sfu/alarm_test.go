package sfu

import (
	"testing"
	"time"
)

// lateLoop is a loop whose timers have always been taken out already when they
// are cancelled.
type lateLoop struct {
	Loop
	fired []func()
}

func (l *lateLoop) After(_ time.Duration, f func()) (cancel func()) {
	l.fired = append(l.fired, f)
	return func() {}
}

func TestAlarmKnowsThatItWasStopped(t *testing.T) {
	var a alarm
	loop := &lateLoop{}
	rang := 0
	start := func() {
		a.start(loop, time.Second, func(run int) {
			if a.rang(run) {
				rang++
			}
		})
	}
	start()
	a.stop()
	if a.running() {
		t.Error("runs though it was stopped")
	}
	start() // the first one, too late, must not be taken for this
	loop.fired[0]()
	if rang != 0 || !a.running() {
		t.Error("an alarm that was stopped rang")
	}
	loop.fired[1]()
	loop.fired[1]()
	if rang != 1 || a.running() {
		t.Errorf("rang %d times", rang)
	}
}
