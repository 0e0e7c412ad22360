package accounts

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
)

// signInGuesses slows down who guesses: by address, and by what is guessed about (an account,
// whether it exists or not, or a session that has to be proved anew).
type signInGuesses struct {
	addresses *access.Guesses

	mu    sync.Mutex
	about map[string]*failures
}

type failures struct {
	n     int
	until time.Time // no try before
	last  time.Time
}

const (
	freeGuesses  = 5
	maxDelay     = 15 * time.Minute
	forgetAfter  = time.Hour
	maxGuessed   = 50_000
	guessRefill  = 20 * time.Second
	addressBurst = 30
)

// WaitError: too much was guessed; it may be tried again after a time.
type WaitError struct{ Retry time.Duration }

func (e *WaitError) Error() string { return "too many wrong guesses" }

func newSignInGuesses() *signInGuesses {
	return &signInGuesses{addresses: access.NewGuesses(addressBurst, guessRefill), about: map[string]*failures{}}
}

// try is one guess whose outcome is not known yet.
type try struct {
	g      *signInGuesses
	about  string
	from   netip.Addr
	now    time.Time
	before time.Time // until, as it was
}

// address returns a *WaitError if an address may not guess now.
func (g *signInGuesses) address(from netip.Addr, now time.Time) error {
	if wait := g.addresses.Wait(from, now); wait > 0 {
		return &WaitError{wait}
	}
	return nil
}

// begin counts a guess before it is known whether it is right: a hundred at once are no better than one after the
// other. trusted: what is guessed about does not count for this one, only the address. *WaitError.
func (g *signInGuesses) begin(about string, from netip.Addr, now time.Time, trusted bool) (*try, error) {
	if err := g.address(from, now); err != nil {
		return nil, err
	}
	t := &try{g: g, about: about, from: from, now: now}
	g.mu.Lock()
	defer g.mu.Unlock()
	f := g.about[about]
	if f == nil {
		if len(g.about) >= maxGuessed {
			g.forget(now)
		}
		if len(g.about) >= maxGuessed {
			return t, nil // addresses still count
		}
		f = &failures{}
		g.about[about] = f
	}
	if now.Before(f.until) && !trusted {
		return nil, &WaitError{f.until.Sub(now)}
	}
	t.before = f.until
	f.n++
	f.last = now
	if f.n > freeGuesses {
		f.until = now.Add(min(maxDelay, time.Second<<min(f.n-freeGuesses, 20)))
	}
	return t, nil
}

// end says how it went: with err being that it was wrong, nil, or something else, for which nobody is to blame.
func (t *try) end(err error) {
	t.g.mu.Lock()
	defer t.g.mu.Unlock()
	f := t.g.about[t.about]
	switch {
	case err == nil:
		delete(t.g.about, t.about)
	case errors.Is(err, ErrWrong), errors.Is(err, ErrWrongCode):
		t.g.addresses.Wrong(t.from, t.now)
	case f != nil && f.n <= 1:
		delete(t.g.about, t.about)
	case f != nil:
		f.n, f.until = f.n-1, t.before
	}
}

func (g *signInGuesses) forget(now time.Time) {
	for about, f := range g.about {
		if now.Sub(f.last) > forgetAfter {
			delete(g.about, about)
		}
	}
}

// tryAccount begins a guess about an account. Strangers cannot lock anybody out: from an address where the account has
// a good session, only the address counts.
func (s *Service) tryAccount(ctx context.Context, c Caller, account string) (*try, error) {
	t, err := s.guesses.begin(account, c.Address, s.now(), false)
	var wait *WaitError
	if !errors.As(err, &wait) {
		return t, err
	}
	known, unavailable := s.signedInFrom(ctx, account, c.Address)
	switch {
	case unavailable != nil:
		return nil, unavailable
	case !known:
		return nil, err
	}
	return s.guesses.begin(account, c.Address, s.now(), true)
}

func (s *Service) signedInFrom(ctx context.Context, account string, from netip.Addr) (known bool, err error) {
	if !from.IsValid() {
		return false, nil
	}
	err = s.deps.DB.Read(ctx, func(q db.Querier) error {
		rows, err := db.All(ctx, q, (*sessionRow).columns, `SELECT `+sessionColumns+` FROM user_session
			WHERE user_id = (SELECT u.id FROM user_account u WHERE u.email_key = $1) AND address = $2`, account, addressText(from))
		for _, r := range rows {
			known = known || s.now().Before(r.ends())
		}
		return err
	})
	return known, err
}

// addressText is how addresses are kept; "" for none.
func addressText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.Unmap().WithZone("").String()
}
