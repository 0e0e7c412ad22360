package accounts

import (
	"errors"
	"testing"

	"switchyard/internal/db"
	"switchyard/internal/db/dbtest"
)

func TestDatabaseGone(t *testing.T) {
	r := newRig(t, "postgres")
	bob := r.withPassword("bob")
	cookie := r.secrets[len(r.secrets)-1]
	restore := dbtest.Outage(t)
	sent := r.mails.count()
	for name, err := range map[string]error{
		"sign in":      func() error { _, err := r.signInFrom(home, "bob@example.org", goodPassword, ""); return err }(),
		"authenticate": func() error { _, err := r.Authenticate(t.Context(), cookie); return err }(),
		"key":          func() error { _, err := r.AuthenticateKey(t.Context(), keyPrefix+"x"); return err }(),
		"forgot":       r.ForgotPassword(t.Context(), stranger, "bob@example.org"),
		"picture":      func() error { _, err := r.SetAvatar(t.Context(), bob, jpegOf(t, 10, 10), Crop{}); return err }(),
		"list":         func() error { _, err := r.Users(t.Context(), r.admin, UserQuery{}); return err }(),
	} {
		if !errors.Is(err, db.ErrUnavailable) {
			t.Errorf("%s: %v, want ErrUnavailable", name, err)
		}
	}
	if r.mails.count() != sent {
		t.Error("a mail was queued")
	}
	restore()
	if _, err := r.signInFrom(home, "bob@example.org", goodPassword, ""); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
