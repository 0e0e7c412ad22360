package accounts

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestForgottenPassword(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		bob := r.withPassword("bob")
		sent := r.mails.count()
		for _, email := range []string{"nobody@example.org", "bob@example.org"} {
			if err := r.ForgotPassword(t.Context(), Caller{Address: abroad}, email); err != nil {
				t.Errorf("%s: %v", email, err)
			}
		}
		if n := r.mails.count() - sent; n != 1 {
			t.Fatalf("%d mails", n)
		}
		m, secret := r.mailed()
		if m.To != "bob@example.org" {
			t.Errorf("to %s", m.To)
		}
		next := r.secret("another good password")
		stranger := Caller{Address: abroad}
		for _, wrong := range []string{"", "x", secret + "x", "\x00"} {
			if err := r.ResetPassword(t.Context(), stranger, wrong, next); !errors.Is(err, ErrLink) {
				t.Errorf("%q: %v", wrong, err)
			}
		}
		if err := r.ResetPassword(t.Context(), stranger, secret, "too short"); !isFault(err, "password") {
			t.Error(err)
		}
		if err := r.ResetPassword(t.Context(), stranger, secret, next); err != nil {
			t.Fatal(err)
		}
		if list, err := r.Sessions(t.Context(), bob); err != nil || len(list) != 0 {
			t.Errorf("sessions are left: %+v, %v", list, err)
		}
		if _, err := r.signInFrom(abroad, "bob@example.org", next, ""); err != nil {
			t.Error(err)
		}
		if err := r.ResetPassword(t.Context(), stranger, secret, goodPassword); !errors.Is(err, ErrLink) {
			t.Errorf("a second time: %v", err)
		}
	})
}

func TestLinksEnd(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		bob := r.withPassword("bob")
		forgot := func() string {
			t.Helper()
			if err := r.ForgotPassword(t.Context(), Caller{Address: home}, "bob@example.org"); err != nil {
				t.Fatal(err)
			}
			_, secret := r.mailed()
			return secret
		}
		dead := func(why, secret string) {
			t.Helper()
			if err := r.ResetPassword(t.Context(), Caller{Address: home}, secret, "another good password"); !errors.Is(err, ErrLink) {
				t.Errorf("%s: %v", why, err)
			}
		}
		link := forgot()
		r.clock.pass(passwordLinkAge + time.Second)
		dead("too old", link)

		link = forgot()
		email := "bob@elsewhere.example"
		if _, err := r.UpdateUser(t.Context(), r.fresh(r.admin), bob.ID, UserChange{Email: &email}, 0); err != nil {
			t.Fatal(err)
		}
		dead("it went to another address", link)

		before := r.mails.count()
		for range maxLinks + 3 {
			if err := r.ForgotPassword(t.Context(), Caller{Address: home}, email); err != nil {
				t.Fatal(err)
			}
		}
		if n := r.mails.count() - before; n != maxLinks {
			t.Errorf("%d mails, want %d", n, maxLinks)
		}
		_, link = r.mailed()
		if err := r.SendPasswordLink(t.Context(), r.fresh(r.admin), bob.ID); err != nil || r.mails.count() != before+maxLinks+1 {
			t.Errorf("the administrator's: %v", err)
		}
		dead("the administrator has sent another one", link)
		_, link = r.mailed()
		r.deactivate(bob)
		dead("its user is not active", link)
		if err := r.SendPasswordLink(t.Context(), r.fresh(r.admin), bob.ID); !isFault(err, "user") {
			t.Errorf("for who is not active: %v", err)
		}
	})
}

func TestWelcome(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		u := r.make(NewUser{Email: "new@example.org", FirstName: "Nina", Language: "de"})
		m, secret := r.mailed()
		if m.To != u.Email || m.Language != "de" || m.Subject != "Ihr Konto" || !strings.Contains(m.Text, "Nina") {
			t.Errorf("%+v", m)
		}
		r.clock.pass(6 * 24 * time.Hour)
		if err := r.ResetPassword(t.Context(), Caller{Address: abroad}, secret, r.secret("a brand new password")); err != nil {
			t.Error(err)
		}
		if _, err := r.signInFrom(abroad, u.Email, "a brand new password", ""); err != nil {
			t.Error(err)
		}
	})
}

func TestMailsInEveryLanguage(t *testing.T) {
	r := newRig(t, "sqlite")
	subjects := map[string]bool{}
	for _, language := range append(Languages, "xx", "") {
		for kind, words := range map[string]text{"welcome": welcomeText, "forgot": forgotText, "address": newAddressText} {
			m := words.in(language).message("bob@example.org", "Bob %s", language, "Bob %s", r.address("/reset", newSecret()))
			subjects[m.Subject] = true
			if m.Subject == "" || !strings.Contains(m.Text, "Bob %s") || strings.Contains(m.Text, "%!") || strings.Count(m.Text, "https://") != 1 {
				t.Errorf("%s in %q: %q", kind, language, m.Text)
			}
			for _, line := range strings.Split(m.Text, "\n") {
				if strings.HasPrefix(line, "https://") {
					r.fragment(line)
				}
			}
		}
	}
	if len(subjects) != 3*len(Languages) {
		t.Errorf("%d subjects for %d mails", len(subjects), 3*len(Languages))
	}
}
