package accounts

import (
	"errors"
	"net/netip"
	"sync"
	"testing"
	"time"

	"switchyard/access"
)

func (r *rig) signInFrom(from netip.Addr, email, password, code string) (SignedIn, error) {
	r.t.Helper()
	in, err := r.SignIn(r.t.Context(), Caller{Address: from}, SignIn{Email: email, Password: password, Code: code, Device: "Firefox, Linux"})
	r.secret(in.Secret)
	return in, err
}

func TestSignIn(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		bob := r.withPassword("bob")
		for _, email := range []string{"bob@example.org", "BOB@Example.org", "ｂob@example.org"} {
			in, err := r.signInFrom(home, email, goodPassword, "")
			if err != nil || in.User.ID != bob.ID || in.Session == "" {
				t.Fatalf("%s: %+v, %v", email, in, err)
			}
			if c := r.caller(in.Secret); c.ID != bob.ID || c.Session != in.Session || !c.AuthenticatedAt.Equal(r.now()) || c.Tenant != access.DefaultTenant {
				t.Errorf("%s: it speaks for %+v", email, c)
			}
		}
		for _, email := range []string{"", "nobody@example.org", "bob", "bob@example.org\x00", "bob@example.org\xff", string(make([]byte, 300))} {
			if in, err := r.signInFrom(abroad, email, goodPassword, ""); !errors.Is(err, ErrWrong) || in.Secret != "" {
				t.Errorf("%q: %+v, %v", email, in, err)
			}
		}
		if _, err := r.SignIn(t.Context(), Caller{}, SignIn{Email: "bob@example.org", Password: goodPassword, Device: "a\nb"}); !isFault(err, "device") {
			t.Errorf("a device with a line break: %v", err)
		}
	})
}

// TestNobodyLearnsWhatIsWrong: nor by the time that it takes.
func TestNobodyLearnsWhatIsWrong(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		hashAsInProduction(t, r)
		r.withPassword("bob")
		eve := r.withPassword("eve")
		r.deactivate(eve)
		r.make(NewUser{Email: "link@example.org"}) // has no password yet
		quickest, slowest := time.Hour, time.Duration(0)
		for name, in := range map[string]SignIn{
			"wrong":       {Email: "bob@example.org", Password: "not the right one"},
			"unknown":     {Email: "nobody@example.org", Password: goodPassword},
			"inactive":    {Email: "eve@example.org", Password: goodPassword},
			"no password": {Email: "link@example.org", Password: goodPassword},
		} {
			began := time.Now()
			_, err := r.signInFrom(abroad, in.Email, in.Password, "")
			took := time.Since(began)
			if err == nil || err.Error() != ErrWrong.Error() {
				t.Errorf("%s: %v", name, err)
			}
			quickest, slowest = min(quickest, took), max(slowest, took)
		}
		if slowest > 10*quickest {
			t.Errorf("some take %v, others %v", quickest, slowest)
		}
	})
}

func hashAsInProduction(t testing.TB, r *rig) {
	cheap := hashParams
	hashParams = production
	t.Cleanup(func() { hashParams = cheap })
	r.hasher = newHasher()
}

func (r *rig) deactivate(c Caller) {
	r.t.Helper()
	no := false
	if _, err := r.UpdateUser(r.t.Context(), r.fresh(r.admin), c.ID, UserChange{Active: &no}, 0); err != nil {
		r.t.Fatal(err)
	}
}

func isFault(err error, field string) bool {
	var fault *FieldError
	return errors.As(err, &fault) && fault.Field == field
}

// TestSignInMeetsAChange: what was read before the password was compared may hold no more.
func TestSignInMeetsAChange(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		bob := r.withPassword("bob")
		r.hasher.turns = make(chan struct{})
		for _, change := range []func() error{
			func() error { r.deactivate(bob); return nil },
			func() error { return r.DeleteUser(t.Context(), r.admin, bob.ID) },
		} {
			var err error
			var done sync.WaitGroup
			done.Go(func() { _, err = r.signInFrom(home, "bob@example.org", goodPassword, "") })
			<-r.hasher.turns // it has read the user
			if err := change(); err != nil {
				t.Error(err)
			}
			r.hasher.turns <- struct{}{} // it has compared the password
			done.Wait()
			if !errors.Is(err, ErrWrong) {
				t.Error(err)
			}
			yes := true
			if _, err := r.UpdateUser(t.Context(), r.admin, bob.ID, UserChange{Active: &yes}, 0); err != nil && !errors.Is(err, access.ErrNotFound) {
				t.Error(err)
			}
		}
		if list, err := r.Sessions(t.Context(), bob); err != nil || len(list) != 0 {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

func TestInactiveTenant(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		other := r.tenant("other")
		key, secret, err := r.CreateAPIKey(t.Context(), other, "a service", []access.Scope{access.ScopeUsersRead}, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		in := r.enter(other.ID)
		_ = in
		cookie := r.secrets[len(r.secrets)-1]
		r.secret(secret)
		if _, err := r.AuthenticateKey(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
		if err := r.ForgotPassword(t.Context(), Caller{Address: home}, "admin@other.example"); err != nil {
			t.Fatal(err)
		}
		_, link := r.mailed()
		no, yes := false, true
		if _, err := r.UpdateTenant(t.Context(), r.fresh(r.admin), other.Tenant, TenantChange{Active: &no}, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Authenticate(t.Context(), cookie); !errors.Is(err, access.ErrUnauthenticated) {
			t.Errorf("its session: %v", err)
		}
		if _, err := r.AuthenticateKey(t.Context(), secret); !errors.Is(err, access.ErrUnauthenticated) {
			t.Errorf("its key %s: %v", key.ID, err)
		}
		before := r.mails.count()
		if err := r.ForgotPassword(t.Context(), Caller{Address: abroad}, "admin@other.example"); err != nil || r.mails.count() != before {
			t.Errorf("a link for its user: %v", err)
		}
		if err := r.ResetPassword(t.Context(), Caller{Address: home}, link, goodPassword); !errors.Is(err, ErrLink) {
			t.Errorf("a link from before: %v", err)
		}
		if ids, err := r.SuspendedTenants(t.Context()); len(ids) != 1 || ids[0] != other.Tenant || err != nil {
			t.Errorf("%v, %v", ids, err)
		}
		if active, err := r.TenantActive(t.Context(), other.Tenant); active || err != nil {
			t.Errorf("%v, %v", active, err)
		}
		if _, err := r.UpdateTenant(t.Context(), r.fresh(r.admin), other.Tenant, TenantChange{Active: &yes}, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Authenticate(t.Context(), cookie); err != nil {
			t.Errorf("its session, when it goes on: %v", err)
		}
		if _, err := r.AuthenticateKey(t.Context(), secret); err != nil {
			t.Errorf("its key, when it goes on: %v", err)
		}
	})
}

func TestReauthenticate(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		bob := r.withPassword("bob")
		cookie := r.secrets[len(r.secrets)-1]
		r.clock.pass(time.Hour)
		if _, err := r.BeginSecondFactor(t.Context(), bob); !errors.Is(err, access.ErrStale) {
			t.Errorf("without a fresh proof: %v", err)
		}
		if err := r.Reauthenticate(t.Context(), bob, "not the right one", ""); !errors.Is(err, ErrWrong) {
			t.Error(err)
		}
		if err := r.Reauthenticate(t.Context(), bob, goodPassword, ""); err != nil {
			t.Fatal(err)
		}
		if c := r.caller(cookie); !c.AuthenticatedAt.Equal(r.now()) {
			t.Errorf("the proof is of %v", c.AuthenticatedAt)
		}
		for range freeGuesses + 1 {
			r.Reauthenticate(t.Context(), bob, "not the right one", "")
		}
		if err := r.Reauthenticate(t.Context(), bob, goodPassword, ""); !isWait(err) {
			t.Errorf("after many wrong ones: %v", err)
		}
		r.clock.pass(maxDelay)
		if err := r.RevokeSession(t.Context(), bob, bob.Session); err != nil {
			t.Fatal(err)
		}
		if err := r.Reauthenticate(t.Context(), bob, goodPassword, ""); !errors.Is(err, access.ErrUnauthenticated) {
			t.Errorf("in a session that was ended meanwhile: %v", err)
		}
		guest := r.enter(r.make(NewUser{Email: "link@example.org"}).ID)
		if err := r.Reauthenticate(t.Context(), guest, goodPassword, ""); !errors.Is(err, ErrUseSSO) {
			t.Errorf("without a password: %v", err)
		}
	})
}
