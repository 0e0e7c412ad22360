package accounts

import (
	"errors"
	"strings"
	"testing"

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
