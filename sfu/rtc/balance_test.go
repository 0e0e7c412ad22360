package rtc

import (
	"slices"
	"testing"
	"time"
)

// lanes says for how many peers each shard seals that are of this one.
func (h *byHand) lentTo(home *shard) []int {
	n := make([]int, len(h.shards))
	for _, p := range home.everyone {
		if p.sealer != nil {
			n[slices.Index(h.shards, p.sealer)]++
		}
	}
	return n
}

// busies sets how busy the shards are, in thousandths.
func (h *byHand) busies(busy ...int64) {
	for i, sh := range h.shards {
		sh.load.busy.Store(busy[i])
		sh.load.seen.Store(h.now.UnixNano())
	}
}

// TestBalance: a shard that is busy lends peers that receive to the one that has
// the least to do, some more each time, and takes them back when it is idle.
func TestBalance(t *testing.T) {
	h := newByHand(t, 3)
	home := h.shards[0]
	for range 12 {
		h.viewer(0)
	}
	for range 4 {
		h.joins(0, camera0, camera("0")) // which receive nothing
	}
	for i, c := range []struct {
		busy [3]int64
		want []int
	}{
		{[3]int64{0, 0, 0}, []int{0, 0, 0}},
		{[3]int64{lendFrom - 1, 0, 0}, []int{0, 0, 0}},                    // not busy enough
		{[3]int64{900, 900 - lendBeyond + 1, 900}, []int{0, 0, 0}},        // nobody has much less to do
		{[3]int64{lendFrom, lendFrom - lendBeyond, 1000}, []int{0, 1, 0}}, // one, at least
		{[3]int64{1000, 500, 200}, []int{0, 1, 3}},                        // 16 * 800 / 4 / 1000
		{[3]int64{1000, 200, 500}, []int{0, 4, 3}},
		{[3]int64{1000, 0, 0}, []int{0, 8, 3}},
		{[3]int64{1000, 0, 0}, []int{0, 9, 3}}, // all that receive
		{[3]int64{1000, 0, 0}, []int{0, 9, 3}},
		{[3]int64{recallFrom, 0, 0}, []int{0, 9, 3}}, // not idle enough
	} {
		h.busies(c.busy[:]...)
		home.balance()
		h.settle()
		if got := h.lentTo(home); !slices.Equal(got, c.want) {
			t.Errorf("step %d: busy %v, the shards seal for %v, not %v", i, c.busy, got, c.want)
		}
	}
	h.busies(recallFrom-1, 0, 0)
	before := 12
	for calls := 1; ; calls++ {
		home.balance()
		for range 3 {
			h.settle()
			for _, p := range home.active {
				p.tick(home.now)
			}
		}
		n := h.lentTo(home)
		left := n[1] + n[2]
		if left >= before || before-left > 3 {
			t.Errorf("call %d took back %d of %d", calls, before-left, before)
			break
		}
		if before = left; left == 0 {
			break
		}
	}
	if n := h.counts.lentPeers.Load(); n != 0 {
		t.Errorf("%d peers are still lent", n)
	}
}

// TestBalanceAlone: a shard that is alone, or the least busy itself, lends
// nothing, nor one that is told not to.
func TestBalanceAlone(t *testing.T) {
	for name, c := range map[string]struct {
		busy []int64
		off  bool
	}{"alone": {[]int64{1000}, false}, "least busy": {[]int64{900, 1000}, false}, "off": {[]int64{1000, 0}, true}} {
		h := newByHand(t, len(c.busy))
		h.viewer(0)
		h.busies(c.busy...)
		h.Server.byHand = c.off
		h.shards[0].balance()
		if n := h.counts.lentPeers.Load(); n != 0 {
			t.Errorf("%s: %d peers were lent", name, n)
		}
	}
}

// TestLoad: how busy a shard is is what it worked of the time since it was last
// told, over half a second at least.
func TestLoad(t *testing.T) {
	var l load
	now := int64(1e18)
	pass := func(waits, works time.Duration) int64 {
		now += int64(waits)
		l.begin(now)
		now += int64(works)
		l.end(int64(works))
		return l.busy.Load()
	}
	pass(0, 0)
	for i, c := range []struct {
		waits, works time.Duration
		passes       int
		want         int64 // in the end
	}{
		{9 * time.Millisecond, time.Millisecond, 100, 100},
		{time.Millisecond, time.Millisecond, 500, 500},
		{0, time.Millisecond, 1000, 1000},
		{time.Second, 0, 2, 0},
		{100 * time.Microsecond, 300 * time.Microsecond, 3000, 750},
	} {
		got := int64(0)
		for range c.passes {
			got = pass(c.waits, c.works)
		}
		if got < c.want-5 || got > c.want+5 {
			t.Errorf("step %d: %d thousandths, not %d", i, got, c.want)
		}
	}
}
