package accounts

import (
	"errors"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"switchyard/access"
)

func (r *rig) code(secret string, at time.Time) string {
	r.t.Helper()
	code, err := totp.GenerateCode(secret, at)
	if err != nil {
		r.t.Fatal(err)
	}
	return code
}

// secondFactor turns it on and moves on until the next code.
func (r *rig) secondFactor(c Caller) (secret string, recovery []string) {
	r.t.Helper()
	address, err := r.BeginSecondFactor(r.t.Context(), r.fresh(c))
	if err != nil {
		r.t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "otpauth" {
		r.t.Fatalf("%q: %v", address, err)
	}
	secret = r.secret(u.Query().Get("secret"))
	code := r.code(secret, r.now())
	if recovery, err = r.ConfirmSecondFactor(r.t.Context(), r.fresh(c), code[:3]+" "+code[3:]); err != nil {
		r.t.Fatal(err)
	}
	for _, code := range recovery {
		r.secret(code)
		r.secret(bare(code))
	}
	r.clock.pass(2 * totpPeriod * time.Second)
	return secret, recovery
}

func TestSecondFactor(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		bob := r.withPassword("bob")
		if _, err := r.ConfirmSecondFactor(t.Context(), bob, "123456"); !errors.Is(err, ErrState) {
			t.Errorf("confirmed before it is begun: %v", err)
		}
		if _, err := r.RenewRecoveryCodes(t.Context(), bob); !errors.Is(err, ErrState) {
			t.Errorf("codes before it is on: %v", err)
		}
		secret, recovery := r.secondFactor(bob)
		if len(recovery) != recoveryCodes {
			t.Errorf("%d recovery codes", len(recovery))
		}
		if _, err := r.BeginSecondFactor(t.Context(), r.fresh(bob)); !errors.Is(err, ErrState) {
			t.Errorf("begun though it is on: %v", err)
		}
		signIn := func(code string) error {
			_, err := r.signInFrom(home, "bob@example.org", goodPassword, code)
			return err
		}
		if err := signIn(""); !errors.Is(err, ErrSecondFactor) {
			t.Errorf("without a code: %v", err)
		}
		if _, err := r.signInFrom(home, "bob@example.org", "not the right one", r.code(secret, r.now())); !errors.Is(err, ErrWrong) {
			t.Errorf("a code without the password: %v", err)
		}
		period := totpPeriod * time.Second
		for _, c := range []struct {
			name string
			code string
			want error
		}{
			{"two steps late", r.code(secret, r.now().Add(-2*period)), ErrWrongCode},
			{"one step late", r.code(secret, r.now().Add(-period)), nil},
			{"the same again", r.code(secret, r.now().Add(-period)), ErrWrongCode},
			{"right", r.code(secret, r.now()), nil},
			{"one that is older than the last", r.code(secret, r.now().Add(-period)), ErrWrongCode},
			{"two steps early", r.code(secret, r.now().Add(2*period)), ErrWrongCode},
			{"one step early", r.code(secret, r.now().Add(period)), nil},
			{"the same again", r.code(secret, r.now().Add(period)), ErrWrongCode},
			{"nonsense", "12345", ErrWrongCode},
			{"NUL", "\x00\x00\x00\x00\x00\x00", ErrWrongCode},
			{"a long one", string(make([]byte, 1000)), ErrWrongCode},
		} {
			if err := signIn(c.code); !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", c.name, err, c.want)
			}
		}
		r.clock.pass(time.Hour)
		if err := signIn(recovery[0]); err != nil {
			t.Errorf("a recovery code: %v", err)
		}
		if err := signIn(recovery[0]); !errors.Is(err, ErrWrongCode) {
			t.Errorf("a recovery code again: %v", err)
		}
		again, err := r.RenewRecoveryCodes(t.Context(), r.fresh(bob))
		if err != nil || len(again) != recoveryCodes {
			t.Fatalf("%v, %v", again, err)
		}
		for _, code := range again {
			r.secret(bare(code))
		}
		if err := signIn(recovery[1]); !errors.Is(err, ErrWrongCode) {
			t.Errorf("a recovery code from before: %v", err)
		}
		if err := r.Reauthenticate(t.Context(), bob, goodPassword, ""); !errors.Is(err, ErrSecondFactor) {
			t.Errorf("proof without a code: %v", err)
		}
		if err := r.Reauthenticate(t.Context(), bob, goodPassword, again[0]); err != nil {
			t.Errorf("proof with a code: %v", err)
		}
		for _, e := range r.events(access.DefaultTenant, "user.security") {
			if e.Audience.Everybody || len(e.Audience.Users) != 1 || e.Audience.Users[0] != bob.ID {
				t.Errorf("%s is told to %+v", e.Type, e.Audience)
			}
		}
		if err := r.DropSecondFactor(t.Context(), r.fresh(bob), bob.ID); err != nil {
			t.Fatal(err)
		}
		if err := signIn(""); err != nil {
			t.Errorf("after it was turned off: %v", err)
		}
	})
}

// TestOneCodeTwiceAtOnce lets one in.
func TestOneCodeTwiceAtOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		bob := r.withPassword("bob")
		secret, recovery := r.secondFactor(bob)
		for name, code := range map[string]string{"of the app": r.code(secret, r.now()), "recovery": recovery[0]} {
			faults := make([]error, 4)
			var all sync.WaitGroup
			for i := range faults {
				all.Go(func() { _, faults[i] = r.signInFrom(home, "bob@example.org", goodPassword, code) })
			}
			all.Wait()
			won := 0
			for _, err := range faults {
				if err == nil {
					won++
				} else if !errors.Is(err, ErrWrongCode) {
					t.Error(err)
				}
			}
			if won != 1 {
				t.Errorf("a code %s let %d in: %v", name, won, faults)
			}
		}
	})
}

func TestWhoMayResetASecondFactor(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		sales, support := r.department("Sales"), r.department("Support")
		lead := r.user("lead", access.RoleDepartmentAdmin, sales)
		seller, helper := r.user("seller", access.RoleUser, sales), r.user("helper", access.RoleUser, support)
		boss := r.user("boss", access.RoleAdmin, sales)
		other := r.tenant("other")
		for _, c := range []Caller{seller, helper, boss, lead} {
			r.secondFactor(c)
		}
		for _, c := range []struct {
			name      string
			who, whom Caller
			want      error
		}{
			{"a user another one", r.fresh(helper), seller, access.ErrForbidden},
			{"a department administrator one of another department", r.fresh(lead), helper, access.ErrForbidden},
			{"a department administrator its administrator", r.fresh(lead), boss, access.ErrForbidden},
			{"the administrator of another tenant", r.fresh(other), seller, access.ErrNotFound},
			{"an administrator without a fresh proof", func() Caller { c := r.admin; c.AuthenticatedAt = r.now().Add(-time.Hour); return c }(), helper, access.ErrStale},
			{"a department administrator one of its own", r.fresh(lead), seller, nil},
			{"an administrator another one", r.fresh(r.admin), boss, nil},
			{"a department administrator itself", r.fresh(lead), lead, nil},
		} {
			if err := r.DropSecondFactor(t.Context(), c.who, c.whom.ID); !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", c.name, err, c.want)
			}
		}
		if err := r.SendPasswordLink(t.Context(), r.fresh(lead), boss.ID); !errors.Is(err, access.ErrForbidden) {
			t.Errorf("a link for an administrator: %v", err)
		}
		if n := len(r.events(access.DefaultTenant, "user.security")); n != 7 {
			t.Errorf("%d are told, want 4 on and 3 off", n)
		}
	})
}
