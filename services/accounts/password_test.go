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

// TestPasswordsAreWrittenInManyWays: who sets a password on one system signs in on another.
func TestPasswordsAreWrittenInManyWays(t *testing.T) {
	h := newHasher()
	for _, same := range [][2]string{
		{"caf\u00e9 au lait", "cafe\u0301 au lait"}, {"\u00c5ngstr\u00f6m unit", "A\u030angstro\u0308m unit"}, {"\u212bngstr\u00f6m unit", "\u00c5ngstr\u00f6m unit"},
		{"\ud55c\uad6d\uc5b4 \ube44\ubc00\ubc88\ud638", "\u1112\u1161\u11ab\u1100\u116e\u11a8\u110b\u1165 \u1107\u1175\u1106\u1175\u11af\u1107\u1165\u11ab\u1112\u1169"},
		{"correct horse battery", "correct\u00a0horse\u3000battery"},
	} {
		for _, pair := range [][2]string{same, {same[1], same[0]}} {
			hash, err := h.hash(t.Context(), pair[0])
			if err != nil {
				t.Fatal(err)
			}
			if right, err := h.matches(t.Context(), pair[1], hash); err != nil || !right {
				t.Errorf("%+q is not %+q: %v", pair[1], pair[0], err)
			}
		}
	}
	hash, err := h.hash(t.Context(), "Ｃorrect horse battery")
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{"Correct horse battery", "ｃorrect horse battery", "Ｃorrect horsebattery"} { // letters stay as they are
		if right, err := h.matches(t.Context(), other, hash); err != nil || right {
			t.Errorf("%q is taken for another one: %v", other, err)
		}
	}
}

func TestPasswordLengthIsOfWhatIsMeant(t *testing.T) {
	long := strings.Repeat("\u1112\u1161\u11ab\u1100\u1165\u1106\u1175\u1107\u1165\u1109\u1175", maxPassword/5) // 200 syllables, 440 characters as they are typed
	if err := checkPassword("password", long, &User{}); err != nil {
		t.Error(err)
	}
	if len(long) > maxTyped {
		t.Errorf("%d bytes are more than one may type", len(long))
	}
}
