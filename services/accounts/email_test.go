package accounts

import (
	"errors"
	"testing"
	"time"

	"switchyard/access"
)

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
		if u, err := r.ConfirmEmail(t.Context(), Caller{Address: home}, secret); err != nil || u.Email != "bob@example.net" {
			t.Errorf("%+v, %v", u, err)
		}
		for name, link := range map[string]string{"the same": secret, "an older one": old, "nonsense": "x"} {
			if _, err := r.ConfirmEmail(t.Context(), Caller{Address: home}, link); !errors.Is(err, ErrLink) {
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
		if _, err := r.ConfirmEmail(t.Context(), Caller{Address: home}, secret); !isFault(err, "email") {
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
		if _, err := r.ConfirmEmail(t.Context(), Caller{Address: home}, secret); !errors.Is(err, ErrLink) {
			t.Errorf("too old: %v", err)
		}
	})
}
