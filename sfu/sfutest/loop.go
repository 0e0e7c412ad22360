// Package sfutest drives the real sfu without sockets: a loop that a test turns
// by hand, sources and sinks in memory, generators of packets, and the
// conformance suite that every kind of participant passes.
package sfutest

import (
	"slices"
	"sync"
	"time"
)

// Loop is a sfu.Loop whose time stands still until a test moves it. Posted
// functions wait until Run, Advance or Until.
type Loop struct {
	mu     sync.Mutex
	now    time.Time
	posted []func()
	timers []*timer
	order  int
}

type timer struct {
	at    time.Time
	order int
	f     func()
}

// NewLoop starts its clock at a fixed time, so that tests repeat.
func NewLoop() *Loop {
	return &Loop{now: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
}

// Post is part of sfu.Loop.
func (l *Loop) Post(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.posted = append(l.posted, f)
}

// Now is part of sfu.Loop.
func (l *Loop) Now() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

// After is part of sfu.Loop.
func (l *Loop) After(d time.Duration, f func()) (cancel func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.order++
	t := &timer{at: l.now.Add(d), order: l.order, f: f}
	l.timers = append(l.timers, t)
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.timers = slices.DeleteFunc(l.timers, func(other *timer) bool { return other == t })
	}
}

// Run runs what was posted, and what that posts, until nothing is left.
func (l *Loop) Run() {
	for {
		l.mu.Lock()
		if len(l.posted) == 0 {
			l.mu.Unlock()
			return
		}
		batch := l.posted
		l.posted = nil
		l.mu.Unlock()
		for _, f := range batch {
			f()
		}
	}
}

// Advance moves the clock by d, running on the way what becomes due.
func (l *Loop) Advance(d time.Duration) {
	l.Run()
	l.mu.Lock()
	end := l.now.Add(d)
	l.mu.Unlock()
	for {
		l.mu.Lock()
		next := l.next(end)
		if next == nil {
			l.now = end
			l.mu.Unlock()
			return
		}
		l.now = next.at
		l.mu.Unlock()
		next.f()
		l.Run()
	}
}

// next takes out the first timer that is due by end. Under l.mu.
func (l *Loop) next(end time.Time) *timer {
	var first *timer
	for _, t := range l.timers {
		if t.at.After(end) {
			continue
		}
		if first == nil || t.at.Before(first.at) || t.at.Equal(first.at) && t.order < first.order {
			first = t
		}
	}
	if first != nil {
		l.timers = slices.DeleteFunc(l.timers, func(t *timer) bool { return t == first })
	}
	return first
}

// Timers is how many wait: zero once everything has ended.
func (l *Loop) Timers() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.timers)
}
