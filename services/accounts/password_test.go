package accounts

import (
	"errors"
	"strings"
	"testing"
	"time"

	"switchyard/access"
)

func TestWhatAPasswordMayBe(t *testing.T) {
	u := &User{Email: "marie.curie@example.org", FirstName: "Marie", LastName: "Skłodowska"}
	for _, good := range []string{"correct horse battery", "ab cd ef gh", "pässwörter sind lang", "これはとても長いパスワードです", strings.Repeat("abcde 12345 ", 16)} {
		if err := checkPassword("password", good, u); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "too short", strings.Repeat("abcdefg ", 26), "password123", "PASSWORD123", "1234567890", "9876543210987", "abcdefghijkl", "aaaaaaaaaaaaaa", "12121212121212",
		"marie.curie@example.org", "Marie.Curie", "Marie Skłodowska", "skłodowskamarie", "not text \xff\xff\xff",
	} {
		err := checkPassword("password", bad, u)
		if !isFault(err, "password") {
			t.Errorf("%q: %v", bad, err)
		} else if bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("the error repeats it: %v", err)
		}
	}
}

func TestChangePassword(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		bob := r.withPassword("bob")
		cookie, _ := r.begin(bob.ID, true)
		next := r.secret("another good password")
		if err := r.ChangePassword(t.Context(), bob, "not the right one", next, true); !errors.Is(err, ErrWrong) {
			t.Error(err)
		}
		if err := r.ChangePassword(t.Context(), bob, goodPassword, "too short", true); !isFault(err, "new_password") {
			t.Error(err)
		}
		if err := r.ForgotPassword(t.Context(), Caller{Address: home}, "bob@example.org"); err != nil {
			t.Fatal(err)
		}
		_, link := r.mailed()
		if err := r.ChangePassword(t.Context(), bob, goodPassword, next, false); err != nil || !r.alive(cookie) {
			t.Errorf("%v; other session lives: %v", err, r.alive(cookie))
		}
		if err := r.ResetPassword(t.Context(), Caller{Address: home}, link, goodPassword); !errors.Is(err, ErrLink) {
			t.Errorf("a link from before: %v", err)
		}
		if _, err := r.signInFrom(home, "bob@example.org", goodPassword, ""); !errors.Is(err, ErrWrong) {
			t.Errorf("the old one: %v", err)
		}
		if err := r.ChangePassword(t.Context(), bob, next, goodPassword, true); err != nil || r.alive(cookie) {
			t.Errorf("%v; other session lives: %v", err, r.alive(cookie))
		}
		if list, err := r.Sessions(t.Context(), bob); err != nil || len(list) != 1 {
			t.Errorf("its own: %+v, %v", list, err)
		}
		if err := r.SetFlag(t.Context(), r.admin, Flag{Name: "password_change", Enabled: false}); err != nil {
			t.Fatal(err)
		}
		if err := r.ChangePassword(t.Context(), bob, goodPassword, next, false); !errors.Is(err, access.ErrForbidden) {
			t.Errorf("where it is turned off: %v", err)
		}
	})
}

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

func TestConfirmEmail(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		bob := r.user("bob", access.RoleUser)
		r.user("eve", access.RoleUser)
		other := r.tenant("other")
		ask := func(c Caller, email string) error {
			_, err := r.UpdateUser(t.Context(), c, c.ID, UserChange{Email: &email}, 0)
			return err
		}
		if err := ask(bob, "eve@example.org"); !isFault(err, "email") {
			t.Errorf("a colleague's: %v", err)
		}
		sent := r.mails.count()
		if err := ask(bob, "admin@other.example"); err != nil || r.mails.count() != sent {
			t.Errorf("somebody's of another tenant: %v", err)
		}
		for _, bad := range []string{"", "x", "Bob <bob@example.net>", "a@b@c", "bob@example.net\n", "bob@exam ple.net"} {
			if err := ask(bob, bad); !isFault(err, "email") {
				t.Errorf("%q: %v", bad, err)
			}
		}
		if err := ask(bob, "old@example.net"); err != nil {
			t.Fatal(err)
		}
		_, old := r.mailed()
		if err := ask(bob, "bob@example.net"); err != nil {
			t.Fatal(err)
		}
		m, secret := r.mailed()
		if m.To != "bob@example.net" {
			t.Errorf("mailed to %s", m.To)
		}
		if u, err := r.User(t.Context(), bob, bob.ID); err != nil || u.Email != "bob@example.org" {
			t.Errorf("before it is confirmed: %+v, %v", u, err)
		}
		if u, err := r.ConfirmEmail(t.Context(), secret); err != nil || u.Email != "bob@example.net" {
			t.Errorf("%+v, %v", u, err)
		}
		for name, link := range map[string]string{"the same": secret, "an older one": old, "nonsense": "x"} {
			if _, err := r.ConfirmEmail(t.Context(), link); !errors.Is(err, ErrLink) {
				t.Errorf("%s: %v", name, err)
			}
		}
		updated := r.events(access.DefaultTenant, "user.updated")
		if last := updated[len(updated)-1]; field(t, last, "email") != "bob@example.net" || !last.Audience.Everybody {
			t.Errorf("told: %+v", last)
		}
		// An address that somebody else has taken meanwhile.
		if err := ask(bob, "both@example.net"); err != nil {
			t.Fatal(err)
		}
		_, secret = r.mailed()
		r.make(NewUser{Email: "both@example.net"})
		if _, err := r.ConfirmEmail(t.Context(), secret); !isFault(err, "email") {
			t.Errorf("taken meanwhile: %v", err)
		}
		r.clock.pass(time.Hour)
		if err := ask(bob, "late@example.net"); !errors.Is(err, access.ErrStale) {
			t.Errorf("without a fresh proof: %v", err)
		}
		if err := ask(r.fresh(other), "far@example.net"); err != nil {
			t.Error(err)
		}
		_, secret = r.mailed()
		r.clock.pass(emailLinkAge + time.Second)
		if _, err := r.ConfirmEmail(t.Context(), secret); !errors.Is(err, ErrLink) {
			t.Errorf("too old: %v", err)
		}
	})
}
