package accounts

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/access"
)

// withSSO gives the rig's tenant a provider.
func withSSO(t *testing.T, r *rig) *idp {
	t.Helper()
	p := newIDP(t, r.clock.Now)
	err := r.ChangeSSO(t.Context(), r.fresh(r.admin), SSO{Enabled: true, Issuer: p.server.URL, ClientID: clientID, Secret: r.secret(clientSecret), Label: "Our directory"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestChangeSSO(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := withSSO(t, r)
		cfg, err := r.SSO(t.Context(), r.admin)
		if err != nil || cfg.Secret != "" || cfg.ClientID != clientID || cfg.Label != "Our directory" {
			t.Errorf("%+v, %v", cfg, err)
		}
		if label, err := r.SSOLabel(t.Context(), access.DefaultTenant); label != "Our directory" || err != nil {
			t.Errorf("%q, %v", label, err)
		}
		for field, bad := range map[string]SSO{
			"issuer":    {Enabled: true, Issuer: "http://idp.example.org", ClientID: "x"},
			"client_id": {Enabled: true, Issuer: p.server.URL},
			"label":     {Label: "a\x00b"},
			"secret":    {Secret: strings.Repeat("x", 1001)},
		} {
			if err := r.ChangeSSO(t.Context(), r.fresh(r.admin), bad); !isFault(err, field) {
				t.Errorf("%s: %v", field, err)
			}
		}
		if err := r.ChangeSSO(t.Context(), r.fresh(r.admin), SSO{Enabled: true, Issuer: p.server.URL + "/nowhere", ClientID: "x"}); !isFault(err, "issuer") {
			t.Errorf("one that does not answer: %v", err)
		}
		stale := r.admin
		stale.AuthenticatedAt = r.now().Add(-time.Hour)
		if err := r.ChangeSSO(t.Context(), stale, cfg); !errors.Is(err, access.ErrStale) {
			t.Errorf("without a fresh proof: %v", err)
		}
		kept := func() (sso SSO) {
			if err := json.Unmarshal([]byte(r.tables(t.Context())["tenant"][0]["sso"]), &sso); err != nil {
				t.Fatal(err)
			}
			return sso
		}
		if err := r.ChangeSSO(t.Context(), r.fresh(r.admin), cfg); err != nil || kept().Secret == "" {
			t.Errorf("the secret is lost: %v", err)
		}
		other := newIDP(t, r.clock.Now)
		cfg.Issuer = other.server.URL
		if err := r.ChangeSSO(t.Context(), r.fresh(r.admin), cfg); err != nil || kept().Secret != "" {
			t.Errorf("the secret goes to another issuer: %v", err)
		}
	})
}

// TestProviderThatIsGone locks nobody out.
func TestProviderThatIsGone(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		if err := r.settings(func(s *Settings) { s.PasswordSignIn = false }); !isFault(err, "password_sign_in") {
			t.Errorf("nobody could sign in: %v", err)
		}
		p := withSSO(t, r)
		taken := func(what string, want bool) {
			t.Helper()
			if got, err := r.PasswordsTaken(t.Context()); err != nil || got != want {
				t.Errorf("%s: passwords are taken: %v, %v", what, got, err)
			}
		}
		taken("single sign-on beside them", true)
		if err := r.settings(func(s *Settings) { s.SSOLinkByEmail, s.PasswordSignIn = true, false }); err != nil {
			t.Fatal(err)
		}
		taken("single sign-on only", false)
		r.withPassword("eve")
		if _, err := r.signInFrom(home, "eve@example.org", goodPassword, ""); !errors.Is(err, ErrUseSSO) {
			t.Errorf("a password where none is taken: %v", err)
		}
		if _, err := r.signInFrom(home, "admin@example.org", goodPassword, ""); err != nil {
			t.Errorf("an administrator: %v", err)
		}
		if err := r.ChangeSSO(t.Context(), r.fresh(r.admin), SSO{Issuer: p.server.URL, ClientID: clientID}); !isFault(err, "enabled") {
			t.Errorf("nobody could sign in: %v", err)
		}
		p.says(person("s1", "admin@example.org", true))
		if _, err := r.come(p, stranger); err != nil {
			t.Fatal(err)
		}
		admin := r.enter(r.admin.ID)
		sent := r.mails.count()
		if err := r.ForgotPassword(t.Context(), stranger, "admin@example.org"); err != nil || r.mails.count() != sent {
			t.Errorf("a link for who has the provider: %v", err)
		}
		r.admin = admin
		if err := r.settings(func(s *Settings) { s.PasswordSignIn = true }); err != nil {
			t.Fatal(err)
		}
		if err := r.ChangeSSO(t.Context(), r.fresh(admin), SSO{Issuer: p.server.URL, ClientID: clientID}); err != nil {
			t.Fatal(err)
		}
		if err := r.ForgotPassword(t.Context(), stranger, "admin@example.org"); err != nil {
			t.Fatal(err)
		}
		_, secret := r.mailed()
		if err := r.ResetPassword(t.Context(), stranger, secret, r.secret("a password after all")); err != nil {
			t.Fatal(err)
		}
		in, err := r.signInFrom(home, "admin@example.org", "a password after all", "")
		if err != nil || in.User.SSO {
			t.Errorf("%+v, %v", in.User, err)
		}
		if !slices.ContainsFunc(r.tables(t.Context())["audit_entry"], func(row map[string]string) bool { return strings.Contains(row["detail"], `"by":"link"`) }) {
			t.Error("it is not in the audit log")
		}
	})
}
