package accounts

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/access"
)

// queued are the mails queued by f.
func (r *rig) queued(f func()) (to, subjects, texts []string) {
	r.t.Helper()
	r.mails.mu.Lock()
	before := len(r.mails.queued)
	r.mails.mu.Unlock()
	f()
	r.mails.mu.Lock()
	defer r.mails.mu.Unlock()
	for _, m := range r.mails.queued[before:] {
		to, subjects, texts = append(to, m.To), append(subjects, m.Subject), append(texts, m.Text)
	}
	return to, subjects, texts
}

// TestNotices: what is done to an account is told to its owner, by a mail without links and secrets.
func TestNotices(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		bob := r.withPassword("bob")
		bob.Address = abroad
		told := func(what string, want text, to string, f func() error) {
			t.Helper()
			var err error
			mails, subjects, texts := r.queued(func() { err = f() })
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			i := slices.Index(subjects, want["en"].subject)
			if i < 0 || mails[i] != to {
				t.Fatalf("%s: to %v is mailed %v", what, mails, subjects)
			}
			if strings.Contains(texts[i], "://") || !strings.Contains(texts[i], "2026-03-02 10:0") || strings.Contains(texts[i], "%!") {
				t.Errorf("%s: %s", what, texts[i])
			}
		}
		told("a password", passwordChangedText, "bob@example.org", func() error {
			return r.ChangePassword(t.Context(), bob, goodPassword, r.secret("another horse battery"), false)
		})
		_, _, texts := r.queued(func() {
			if err := r.ChangePassword(t.Context(), bob, "another horse battery", goodPassword, false); err != nil {
				t.Fatal(err)
			}
		})
		if len(texts) != 1 || !strings.Contains(texts[0], abroad.String()) {
			t.Errorf("from where is not told: %q", texts)
		}
		told("a reset", passwordChangedText, "bob@example.org", func() error {
			if err := r.ForgotPassword(t.Context(), Caller{Address: home}, "bob@example.org"); err != nil {
				return err
			}
			_, secret := r.mailed()
			return r.ResetPassword(t.Context(), Caller{Address: abroad}, secret, r.secret("third horse battery"))
		})
		bob = r.enter(bob.ID)
		told("the second factor", secondFactorOnText, "bob@example.org", func() error {
			r.secondFactor(bob)
			return nil
		})
		told("without it", secondFactorOffText, "bob@example.org", func() error { return r.DropSecondFactor(t.Context(), r.fresh(bob), bob.ID) })
		r.secondFactor(bob)
		told("without it by another one", secondFactorResetText, "bob@example.org", func() error { return r.DropSecondFactor(t.Context(), r.fresh(r.admin), bob.ID) })
		told("an address by an administrator", addressChangedText, "bob@example.org", func() error {
			_, err := r.UpdateUser(t.Context(), r.fresh(r.admin), bob.ID, UserChange{Email: new("rob@example.org")}, 0)
			return err
		})
		told("an address of one's own", addressChangedText, "rob@example.org", func() error {
			if _, err := r.UpdateUser(t.Context(), r.fresh(bob), bob.ID, UserChange{Email: new("bert@example.org")}, 0); err != nil {
				return err
			}
			_, secret := r.mailed()
			u, err := r.ConfirmEmail(t.Context(), Caller{Address: abroad}, secret)
			if u.Email != "bert@example.org" {
				err = errors.Join(err, errors.New("the address is "+u.Email))
			}
			return err
		})
		told("a key", keyMadeText, "admin@example.org", func() error {
			_, secret, err := r.CreateAPIKey(t.Context(), r.fresh(r.admin), "CRM", []access.Scope{access.ScopeUsersRead}, time.Time{})
			r.secret(secret)
			return err
		})
	})
}

// TestNoNews: nothing is mailed about what has not changed.
func TestNoNews(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		u := r.make(NewUser{Email: "new@example.org"})
		_, secret := r.mailed()
		_, subjects, _ := r.queued(func() {
			if err := r.ResetPassword(t.Context(), Caller{Address: home}, secret, r.secret(goodPassword)); err != nil {
				t.Fatal(err)
			}
			if _, err := r.BeginSecondFactor(t.Context(), r.enter(u.ID)); err != nil {
				t.Fatal(err)
			}
			if err := r.DropSecondFactor(t.Context(), r.enter(u.ID), u.ID); err != nil {
				t.Fatal(err)
			}
			if _, err := r.UpdateUser(t.Context(), r.fresh(r.admin), u.ID, UserChange{FirstName: new("New")}, 0); err != nil {
				t.Fatal(err)
			}
			for email, who := range map[string]Caller{"NEW@example.org": r.admin, "New@example.org": r.enter(u.ID)} { // the same address
				if u, err := r.UpdateUser(t.Context(), r.fresh(who), u.ID, UserChange{Email: &email}, 0); err != nil || u.Email != email {
					t.Fatalf("%+v, %v", u, err)
				}
			}
		})
		if len(subjects) != 0 {
			t.Errorf("mailed: %v", subjects)
		}
	})
}

func TestNoticesInEveryLanguage(t *testing.T) {
	for _, notice := range []text{passwordChangedText, secondFactorOnText, secondFactorOffText, secondFactorResetText, addressChangedText, keyMadeText} {
		for _, language := range Languages {
			w, found := notice[language]
			if !found || w.subject == "" || strings.Count(w.body, "%s") != strings.Count(notice["en"].body, "%s") {
				t.Errorf("%s: %+v", language, w)
			}
		}
	}
}
