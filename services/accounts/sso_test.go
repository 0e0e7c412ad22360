package accounts

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"switchyard/access"
)

func (r *rig) settings(change func(*Settings)) error {
	r.t.Helper()
	settings, version, err := r.Settings(r.t.Context(), r.admin)
	if err != nil {
		r.t.Fatal(err)
	}
	change(&settings)
	_, err = r.ChangeSettings(r.t.Context(), r.fresh(r.admin), settings, version)
	return err
}

// come goes to the provider and back, as c.
func (r *rig) come(p *idp, c Caller) (SignedIn, error) {
	r.t.Helper()
	address, cookie, err := r.BeginSSO(r.t.Context(), c, access.DefaultTenant, "/meetings")
	if err != nil {
		r.t.Fatal(err)
	}
	code, state, query := p.visit(address)
	if (c.Kind == access.User) != (query.Get("prompt") == "login") {
		r.t.Errorf("prompt %q for %q", query.Get("prompt"), c.Kind)
	}
	in, page, err := r.FinishSSO(r.t.Context(), c, code, state, cookie, "a browser")
	r.secret(in.Secret)
	if page != "/meetings" {
		r.t.Errorf("it goes on to %q", page)
	}
	return in, err
}

func person(subject, email string, verified any) map[string]any {
	return map[string]any{"sub": subject, "email": email, "email_verified": verified, "given_name": "Pia\u0085", "family_name": strings.Repeat("x", 100)}
}

var stranger = Caller{Address: abroad}

func TestSSOLinksAnAccountOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := withSSO(t, r)
		bob := r.withPassword("bob")
		if err := r.ForgotPassword(t.Context(), stranger, "bob@example.org"); err != nil {
			t.Fatal(err)
		}
		_, link := r.mailed()
		p.says(person("s1", "bob@example.org", true))
		if _, err := r.come(p, stranger); !errors.Is(err, ErrNoAccount) {
			t.Errorf("without the setting: %v", err)
		}
		if err := r.settings(func(s *Settings) { s.SSOLinkByEmail = true }); err != nil {
			t.Fatal(err)
		}
		for name, claims := range map[string]map[string]any{
			"not verified":  person("s1", "bob@example.org", false),
			"no word of it": person("s1", "bob@example.org", nil),
			"looks alike":   person("s1", "ｂob@example.org", true),
			"nobody here":   person("s1", "nobody@example.org", true),
			"no address":    person("s1", "nonsense", true),
		} {
			p.says(claims)
			if _, err := r.come(p, stranger); !errors.Is(err, ErrNoAccount) {
				t.Errorf("%s: %v", name, err)
			}
		}
		p.says(person("s1", "BOB@example.org", "true"))
		in, err := r.come(p, stranger)
		if err != nil || in.User.ID != bob.ID || !in.User.SSO || in.User.HasPassword {
			t.Fatalf("%+v, %v", in, err)
		}
		// Nothing else leads in any more.
		if _, err := r.signInFrom(home, "bob@example.org", goodPassword, ""); !errors.Is(err, ErrWrong) {
			t.Errorf("the password: %v", err)
		}
		if list, err := r.Sessions(t.Context(), bob); err != nil || len(list) != 1 {
			t.Errorf("sessions from before: %+v, %v", list, err)
		}
		if err := r.ResetPassword(t.Context(), stranger, link, goodPassword); !errors.Is(err, ErrLink) {
			t.Errorf("a link from before: %v", err)
		}
		if err := r.SendPasswordLink(t.Context(), r.admin, bob.ID); !errors.Is(err, ErrUseSSO) {
			t.Errorf("a link: %v", err)
		}
		if _, err := r.BeginSecondFactor(t.Context(), r.fresh(bob)); !errors.Is(err, ErrSSOAccount) {
			t.Errorf("a second factor: %v", err)
		}
		// By the subject, whatever the address says now.
		p.says(person("s1", "other@example.org", false))
		if in, err := r.come(p, stranger); err != nil || in.User.ID != bob.ID {
			t.Errorf("%+v, %v", in, err)
		}
		p.says(map[string]any{"sub": "s1"}) // and the page about the user does not work
		if in, err := r.come(p, stranger); err != nil || in.User.ID != bob.ID {
			t.Errorf("%+v, %v", in, err)
		}
		p.says(person("s2", "bob@example.org", true))
		if _, err := r.come(p, stranger); !errors.Is(err, ErrNoAccount) {
			t.Errorf("another subject with the address: %v", err)
		}
		r.deactivate(bob)
		p.says(person("s1", "bob@example.org", true))
		if _, err := r.come(p, stranger); !errors.Is(err, ErrNoAccount) {
			t.Errorf("inactive: %v", err)
		}
	})
}

func TestSSOProvisions(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := withSSO(t, r)
		p.says(map[string]any{"sub": "new"})
		p.info = person("new", "pia@example.org", true)
		if _, err := r.come(p, stranger); !errors.Is(err, ErrNoAccount) {
			t.Errorf("without the setting: %v", err)
		}
		if err := r.settings(func(s *Settings) { s.SSOProvision, s.Language = true, "nl" }); err != nil {
			t.Fatal(err)
		}
		p.info = person("somebody else", "pia@example.org", true)
		if _, err := r.come(p, stranger); !errors.Is(err, ErrSSOFailed) {
			t.Errorf("the page about somebody else: %v", err)
		}
		p.info = person("new", "pia@example.org", true)
		var all sync.WaitGroup
		ids := make([]string, 3)
		for i := range ids { // in three windows at once
			all.Go(func() {
				in, err := r.come(p, stranger)
				if err != nil {
					t.Error(err)
				}
				ids[i] = in.User.ID
			})
		}
		all.Wait()
		u, err := r.User(t.Context(), r.admin, ids[0])
		if err != nil || ids[1] != ids[0] || ids[2] != ids[0] || u.FirstName != "Pia" || len(u.LastName) != maxName || u.Role != access.RoleUser || u.Language != "nl" || !u.SSO {
			t.Errorf("%v: %+v, %v", ids, u, err)
		}
		if n := len(r.events(access.DefaultTenant, "user.created")); n != 2 {
			t.Errorf("%d are told, want 2", n)
		}
	})
}

func TestSecondFactorExcludesSSO(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := withSSO(t, r)
		if err := r.settings(func(s *Settings) { s.SSOLinkByEmail = true }); err != nil {
			t.Fatal(err)
		}
		bob := r.withPassword("bob")
		r.secondFactor(bob)
		p.says(person("s1", "bob@example.org", true))
		if _, err := r.come(p, stranger); !errors.Is(err, ErrState) {
			t.Errorf("an account with a second factor: %v", err)
		}
		eve := r.withPassword("eve")
		address, err := r.BeginSecondFactor(t.Context(), r.fresh(eve))
		if err != nil {
			t.Fatal(err)
		}
		_, after, _ := strings.Cut(address, "secret=")
		secret, _, _ := strings.Cut(after, "&")
		p.says(person("s2", "eve@example.org", true))
		if _, err := r.come(p, stranger); err != nil {
			t.Fatal(err)
		}
		if _, err := r.ConfirmSecondFactor(t.Context(), r.fresh(eve), r.code(secret, r.now())); !errors.Is(err, ErrSSOAccount) {
			t.Errorf("begun before it was linked: %v", err)
		}
	})
}

func TestProofAnewBySSO(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := withSSO(t, r)
		if err := r.settings(func(s *Settings) { s.SSOProvision = true }); err != nil {
			t.Fatal(err)
		}
		claims := person("s1", "bob@example.org", true)
		p.says(claims)
		in, err := r.come(p, stranger)
		if err != nil {
			t.Fatal(err)
		}
		bob := r.caller(in.Secret)
		if _, err := r.APIKeys(t.Context(), bob); !errors.Is(err, access.ErrForbidden) {
			t.Error(err)
		}
		if r.now().Sub(bob.AuthenticatedAt) < time.Hour {
			t.Error("it counts as proved though the provider does not say when it was")
		}
		again, err := r.come(p, bob)
		if err != nil || again.Secret != "" || again.Session != bob.Session {
			t.Errorf("%+v, %v", again, err)
		}
		if bob = r.caller(in.Secret); !bob.AuthenticatedAt.Equal(r.now()) {
			t.Errorf("proved at %v", bob.AuthenticatedAt)
		}
		claims["auth_time"] = r.now().Add(-2 * time.Hour).Unix()
		if _, err := r.come(p, bob); !errors.Is(err, ErrSSOFailed) {
			t.Errorf("a proof of two hours ago: %v", err)
		}
		claims["auth_time"] = r.now().Unix()
		if _, err := r.come(p, bob); err != nil {
			t.Error(err)
		}
		if in, err := r.come(p, stranger); err != nil || !r.caller(in.Secret).AuthenticatedAt.Equal(r.now()) {
			t.Errorf("proved now: %v", err)
		}
		p.says(person("s2", "eve@example.org", true))
		if _, err := r.come(p, bob); !errors.Is(err, ErrSSOFailed) {
			t.Errorf("somebody else: %v", err)
		}
		if n := len(r.tables(t.Context())["user_account"]); n != 2 {
			t.Errorf("%d accounts: that of somebody else was made", n)
		}
	})
}
