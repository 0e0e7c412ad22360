package accounts

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"
)

func isWait(err error) bool {
	var wait *WaitError
	return errors.As(err, &wait) && wait.Retry > 0
}

func TestGuessingIsSlowedDown(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.withPassword("bob") // signed in at home
		for _, email := range []string{"bob@example.org", "nobody@example.org"} {
			address := abroad
			for i := range freeGuesses + 1 { // each from somewhere else
				address = address.Next()
				if _, err := r.signInFrom(address, email, "wrong wrong wrong", ""); !errors.Is(err, ErrWrong) {
					t.Fatalf("%s, guess %d: %v", email, i, err)
				}
			}
			if _, err := r.signInFrom(abroad, email, goodPassword, ""); !isWait(err) {
				t.Errorf("%s after %d guesses: %v, want to wait", email, freeGuesses+1, err)
			}
		}
		if _, err := r.signInFrom(home, "bob@example.org", goodPassword, ""); err != nil {
			t.Errorf("where bob has a good session: %v", err)
		}
		if _, err := r.signInFrom(abroad, "bob@example.org", "wrong wrong wrong", ""); !errors.Is(err, ErrWrong) {
			t.Errorf("after a good sign-in it begins anew: %v", err)
		}
	})
}

func TestDelayDoubles(t *testing.T) {
	g := newSignInGuesses()
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	from := abroad
	var waits []time.Duration
	for range freeGuesses + 14 {
		from = from.Next()
		try, err := g.begin("bob", from, now, false)
		var wait *WaitError
		if errors.As(err, &wait) {
			waits = append(waits, wait.Retry)
			now = now.Add(wait.Retry)
			try, err = g.begin("bob", from, now, false)
		}
		if err != nil {
			t.Fatal(err)
		}
		try.end(ErrWrong)
	}
	for i, wait := range waits {
		if want := min(maxDelay, 2*time.Second<<i); wait != want {
			t.Errorf("wait %d is %v, want %v", i, wait, want)
		}
	}
	if len(waits) < 12 {
		t.Errorf("only %v", waits)
	}
}

// TestGuessesAtOnce are no more than one after the other.
func TestGuessesAtOnce(t *testing.T) {
	g := newSignInGuesses()
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	let := 0
	var tries []*try
	for range 100 {
		if try, err := g.begin("bob", netip.Addr{}, now, false); err == nil {
			let++
			tries = append(tries, try)
		}
	}
	if let > freeGuesses+1 {
		t.Errorf("%d guesses at once", let)
	}
	for _, try := range tries { // the database was not there: nobody is to blame
		try.end(errors.New("unavailable"))
	}
	if len(g.about) != 0 {
		t.Errorf("%d are remembered", len(g.about))
	}
}

func TestAddressIsSlowedDown(t *testing.T) {
	r := newRig(t, "sqlite")
	r.withPassword("bob")
	for i := range addressBurst {
		if _, err := r.signInFrom(abroad, fmt.Sprintf("u%d@example.org", i), "wrong wrong wrong", ""); !errors.Is(err, ErrWrong) {
			t.Fatal(err)
		}
	}
	for name, err := range map[string]error{
		"sign in": func() error { _, err := r.signInFrom(abroad, "bob@example.org", goodPassword, ""); return err }(),
		"forgot":  r.ForgotPassword(t.Context(), Caller{Address: abroad}, "bob@example.org"),
		"reset":   r.ResetPassword(t.Context(), Caller{Address: abroad}, "x", goodPassword),
	} {
		if !isWait(err) {
			t.Errorf("%s: %v, want to wait", name, err)
		}
	}
	r.clock.pass(guessRefill)
	if _, err := r.signInFrom(abroad, "bob@example.org", goodPassword, ""); err != nil {
		t.Error(err)
	}
}

func TestGuessesDoNotFillTheMemory(t *testing.T) {
	g := newSignInGuesses()
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	for i := range maxGuessed + 10 {
		try, err := g.begin(fmt.Sprint(i), netip.Addr{}, now, false)
		if err != nil {
			t.Fatal(err)
		}
		_ = try // not known yet how it went
	}
	if len(g.about) != maxGuessed {
		t.Errorf("%d are remembered", len(g.about))
	}
	if _, err := g.begin("new", netip.Addr{}, now.Add(2*forgetAfter), false); err != nil || len(g.about) != 1 {
		t.Errorf("%v; %d are remembered after a while", err, len(g.about))
	}
}

func TestTooManyAtOnce(t *testing.T) {
	r := newRig(t, "sqlite")
	for range cap(r.hasher.queue) {
		r.hasher.queue <- struct{}{}
	}
	if _, err := r.signInFrom(abroad, "admin@example.org", goodPassword, ""); !errors.Is(err, ErrBusy) {
		t.Errorf("%v, want ErrBusy", err)
	}
}
