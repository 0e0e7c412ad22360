package rtc

import (
	"log/slog"
	"sync"
	"testing"
	"time"
)

// turn runs a loop without a socket, as Server.spin does with one.
type turn struct {
	*loop
	mu       sync.Mutex
	deadline time.Time
	changed  chan struct{}
}

func newTurn(t *testing.T) *turn {
	u := &turn{loop: newLoop(slog.New(slog.DiscardHandler)), changed: make(chan struct{}, 1)}
	u.wake = func(at time.Time) {
		u.mu.Lock()
		u.deadline = at
		u.mu.Unlock()
		select {
		case u.changed <- struct{}{}:
		default:
		}
	}
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
			}
			if u.arm() {
				for {
					u.mu.Lock()
					wait := time.Until(u.deadline)
					u.mu.Unlock()
					if wait <= 0 {
						break
					}
					select {
					case <-u.changed:
					case <-time.After(wait):
					case <-stop:
						return
					}
				}
			}
			now := u.awake()
			u.runPosted()
			u.runTimers(now)
		}
	}()
	t.Cleanup(func() { close(stop); <-done })
	return u
}

// TestLoop: functions run in order, from wherever they were posted, and none is
// slept through.
func TestLoop(t *testing.T) {
	u := newTurn(t)
	var got []int
	var wg sync.WaitGroup
	for k := range 4 {
		wg.Go(func() {
			for i := range 500 {
				u.Post(func() { got = append(got, k*1000+i) })
			}
		})
	}
	wg.Wait()
	last := make(chan struct{})
	u.Post(func() { u.Post(func() { close(last) }) })
	<-last
	if len(got) != 2000 {
		t.Fatalf("%d ran", len(got))
	}
	next := make(map[int]int)
	for _, v := range got {
		if v%1000 != next[v/1000] {
			t.Fatalf("%d out of order", v)
		}
		next[v/1000]++
	}
}

// TestLoopTimers: in the order of their times, not after cancel, and a short one
// set while the loop waits for a long one.
func TestLoopTimers(t *testing.T) {
	u := newTurn(t)
	var order []string
	done := make(chan struct{})
	u.After(time.Hour, func() { order = append(order, "never") })
	u.After(20*time.Millisecond, func() { order = append(order, "second"); close(done) })
	cancel := u.After(10*time.Millisecond, func() { order = append(order, "cancelled") })
	u.After(time.Millisecond, func() { order = append(order, "first") })
	cancel()
	cancel()
	<-done
	if len(order) != 2 || order[0] != "first" || order[1] != "second" {
		t.Errorf("%v", order)
	}
}

// TestLoopFault: a function that fails does not take the others with it, and
// what is posted after the end is dropped.
func TestLoopFault(t *testing.T) {
	u := newTurn(t)
	done := make(chan struct{})
	u.Post(func() { panic("fault") })
	u.Post(func() { close(done) })
	<-done
	if u.panics.Load() != 1 {
		t.Error("the fault was not counted")
	}
	if before := time.Now(); u.Now().Before(before.Add(-time.Minute)) {
		t.Errorf("now is %v", u.Now())
	}
	other := newLoop(slog.New(slog.DiscardHandler))
	other.end()
	other.Post(func() { t.Error("ran after the end") })
	other.After(0, func() { t.Error("ran after the end") })()
	other.runPosted()
	other.runTimers(time.Now())
}

// TestCancelAfterEnd: a timer may be cancelled when its loop has ended.
func TestCancelAfterEnd(t *testing.T) {
	l := newLoop(slog.New(slog.DiscardHandler))
	var cancels []func()
	for i := range 5 {
		cancels = append(cancels, l.After(time.Duration(i)*time.Hour, func() { t.Error("it ran") }))
	}
	l.end()
	for _, cancel := range cancels {
		cancel()
	}
}
