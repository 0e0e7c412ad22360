package access

import (
	"net/netip"
	"sync"
	"time"
)

// Guesses limits how often an address may be wrong about a secret. An IPv6
// address counts as its /64. It keeps at most maxGuessers addresses: beyond
// that all strangers share one allowance. Methods may be called from any
// goroutine.
type Guesses struct {
	burst  int           // wrong guesses that are free
	refill time.Duration // after which one more is

	mu     sync.Mutex
	by     map[netip.Prefix]allowance
	others allowance // of those for whom there is no place in by
}

const maxGuessers = 10_000

type allowance struct {
	spent int
	since time.Time // when spent was last paid back
}

// NewGuesses allows burst wrong guesses and one more every refill.
func NewGuesses(burst int, refill time.Duration) *Guesses {
	return &Guesses{burst: burst, refill: refill, by: make(map[netip.Prefix]allowance)}
}

// Wait is how long from must wait before it may guess; 0: it may now.
func (g *Guesses) Wait(from netip.Addr, now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	a := g.current(prefix(from), now)
	if a.spent < g.burst {
		return 0
	}
	return a.since.Add(g.refill).Sub(now)
}

// Wrong counts a wrong guess.
func (g *Guesses) Wrong(from netip.Addr, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := prefix(from)
	a := g.current(p, now)
	if a.spent == 0 {
		a.since = now
	}
	a.spent = min(a.spent+1, g.burst)
	if _, known := g.by[p]; !known && len(g.by) >= maxGuessers {
		g.forget(now)
		if len(g.by) >= maxGuessers {
			g.others = a
			return
		}
	}
	g.by[p] = a
}

// current is the allowance of p with what time has paid back.
func (g *Guesses) current(p netip.Prefix, now time.Time) allowance {
	a, known := g.by[p]
	if !known && len(g.by) >= maxGuessers {
		a = g.others
	}
	return a.paid(now, g.refill)
}

func (a allowance) paid(now time.Time, refill time.Duration) allowance {
	n := int(now.Sub(a.since) / refill)
	if n <= 0 || a.spent == 0 {
		return a
	}
	if n >= a.spent {
		return allowance{}
	}
	return allowance{spent: a.spent - n, since: a.since.Add(time.Duration(n) * refill)}
}

// forget drops those who owe nothing any more.
func (g *Guesses) forget(now time.Time) {
	for p, a := range g.by {
		if a.paid(now, g.refill).spent == 0 {
			delete(g.by, p)
		}
	}
}

func prefix(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // the zero Addr gives the zero Prefix: one allowance
	return p
}
