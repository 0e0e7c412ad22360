package rtc

import (
	"container/heap"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// loop is the sfu.Loop of a shard: functions and timers that run between the
// socket's batches, on one goroutine. What is posted is not dropped while the
// loop lives; its number is bounded by what posts (a few functions for each
// request of signaling and each ICE event).
type loop struct {
	base time.Time
	log  *slog.Logger

	// pending, if set, reports work that was not posted, for which notify was or
	// will be called. Called by the loop only, set before it runs.
	pending func() bool

	now    atomic.Int64  // nanoseconds since base, as of this pass; 0 while the loop waits
	panics atomic.Uint64 // functions that panicked

	mu       sync.Mutex
	posted   []func()
	timers   timers
	ended    bool
	waiting  bool            // between arm and awake: a Post has to wake the socket
	deadline time.Time       // until when the socket waits; zero: it has been roused
	wake     func(time.Time) // sets the socket's deadline; nil before Run

	running []func() // of this pass; only touched by the loop
}

func newLoop(log *slog.Logger) *loop {
	return &loop{base: time.Now(), log: log}
}

// Now is the time of this pass, or the present one if the loop is waiting.
func (l *loop) Now() time.Time {
	if n := l.now.Load(); n != 0 {
		return l.base.Add(time.Duration(n))
	}
	return time.Now()
}

// Post implements sfu.Loop.
func (l *loop) Post(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return
	}
	l.posted = append(l.posted, f)
	l.rouse()
}

// After implements sfu.Loop.
func (l *loop) After(d time.Duration, f func()) (cancel func()) {
	t := &timer{at: time.Now().Add(d), f: f}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return func() {}
	}
	heap.Push(&l.timers, t)
	if t.at.Before(l.deadline) {
		l.rouse()
	}
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if t.index >= 0 && !l.ended {
			heap.Remove(&l.timers, t.index)
		}
	}
}

// start says how to end the socket's wait; before the first arm.
func (l *loop) start(wake func(time.Time)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wake = wake
}

// notify makes the loop look at what is pending, from whatever goroutine.
func (l *loop) notify() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rouse()
}

// since is how long this pass has lasted, in nanoseconds; on the loop.
func (l *loop) since() int64 { return int64(time.Since(l.base)) - l.now.Load() }

// rouse ends the socket's wait; mu is held.
func (l *loop) rouse() {
	if l.waiting {
		l.waiting, l.deadline = false, time.Time{}
		l.wake(time.Unix(1, 0))
	}
}

// longestWait bounds how long the socket waits when no timer is set.
const longestWait = time.Minute

// arm is called before the loop waits for its socket. If it reports false there
// is work, and the loop must not wait. Otherwise the socket's deadline is that
// of the next timer, and whoever posts meanwhile brings it forward.
func (l *loop) arm() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.posted) > 0 {
		return false
	}
	l.waiting = true // whoever notifies from here on rouses
	if l.pending != nil && l.pending() {
		l.waiting = false
		return false
	}
	now := time.Now()
	deadline := now.Add(longestWait)
	if len(l.timers) > 0 {
		if deadline = l.timers[0].at; !deadline.After(now) {
			l.waiting = false
			return false
		}
	}
	if !deadline.Equal(l.deadline) {
		l.deadline = deadline
		l.wake(deadline)
	}
	l.now.Store(0)
	return true
}

// awake begins a pass: it reads the clock.
func (l *loop) awake() time.Time {
	l.mu.Lock()
	l.waiting = false
	l.mu.Unlock()
	now := time.Since(l.base)
	l.now.Store(int64(max(now, 1)))
	return l.base.Add(now)
}

// runPosted runs what was posted before it was called.
func (l *loop) runPosted() {
	l.mu.Lock()
	l.running, l.posted = l.posted, l.running[:0]
	l.mu.Unlock()
	for i, f := range l.running {
		l.running[i] = nil
		l.guarded(f)
	}
}

// runTimers runs what is due.
func (l *loop) runTimers(now time.Time) {
	for {
		l.mu.Lock()
		if len(l.timers) == 0 || l.timers[0].at.After(now) {
			l.mu.Unlock()
			return
		}
		t := heap.Pop(&l.timers).(*timer)
		l.mu.Unlock()
		l.guarded(t.f)
	}
}

// guarded runs f; a fault in it does not take the server down.
func (l *loop) guarded(f func()) {
	defer func() {
		if v := recover(); v != nil {
			l.panics.Add(1)
			l.log.Error("a function on the media loop failed", "panic", v, "stack", string(debug.Stack()))
		}
	}()
	f()
}

// end drops what is still posted and everything that will be.
func (l *loop) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended, l.waiting = true, false
	l.posted, l.timers = nil, nil
	l.now.Store(0)
}

// timer is one After; index is its place in the heap, -1 once it is out.
type timer struct {
	at    time.Time
	f     func()
	index int
}

// timers is a heap ordered by time.
type timers []*timer

func (t timers) Len() int           { return len(t) }
func (t timers) Less(i, j int) bool { return t[i].at.Before(t[j].at) }
func (t timers) Swap(i, j int) {
	t[i], t[j] = t[j], t[i]
	t[i].index, t[j].index = i, j
}
func (t *timers) Push(x any) {
	e := x.(*timer)
	e.index = len(*t)
	*t = append(*t, e)
}
func (t *timers) Pop() any {
	old := *t
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*t = old[:len(old)-1]
	e.index = -1
	return e
}
