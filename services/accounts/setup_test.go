package accounts

import (
	"errors"
	"sync"
	"testing"
	"time"

	"switchyard/access"
	"switchyard/internal/db/dbtest"
)

func TestSetup(t *testing.T) {
	for _, kind := range dbtest.Kinds {
		t.Run(kind, func(t *testing.T) {
			r := emptyRig(t, kind)
			link := func() string {
				t.Helper()
				address, err := r.SetupLink(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				return r.fragment(address)
			}
			old := link()
			secret := link()
			setUp := func(secret, email, password string) error {
				_, err := r.Setup(t.Context(), Caller{Address: home}, secret, NewUser{Email: email, Password: password}, "a browser")
				return err
			}
			if err := setUp(old, "a@example.org", goodPassword); !errors.Is(err, ErrLink) {
				t.Errorf("an older link: %v", err)
			}
			if err := setUp(secret, "a@example.org", "short"); !isFault(err, "password") {
				t.Error(err)
			}
			if err := setUp(secret, "nonsense", goodPassword); !isFault(err, "email") {
				t.Error(err)
			}
			if empty, err := r.Empty(t.Context()); !empty || err != nil {
				t.Errorf("it is not empty: %v", err)
			}
			r.clock.pass(setupLinkAge + time.Second)
			if err := setUp(secret, "a@example.org", goodPassword); !errors.Is(err, ErrLink) {
				t.Errorf("too old: %v", err)
			}
			secret = link()
			if err := setUp(secret, "a@example.org", r.secret(goodPassword)); err != nil {
				t.Fatal(err)
			}
			if err := setUp(secret, "b@example.org", goodPassword); !errors.Is(err, ErrLink) {
				t.Errorf("a second time: %v", err)
			}
			if address, err := r.SetupLink(t.Context()); address != "" || err != nil {
				t.Errorf("there is a link still: %q, %v", address, err)
			}
		})
	}
}

// TestTwoBrowsersSetUpAtOnce: also with two links, as two servers that start at once may have made.
func TestTwoBrowsersSetUpAtOnce(t *testing.T) {
	for _, kind := range dbtest.Kinds {
		t.Run(kind, func(t *testing.T) {
			r := emptyRig(t, kind)
			address, err := r.SetupLink(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			second := r.secret(newSecret())
			r.exec(`INSERT INTO one_time_link (secret_hash, purpose, user_id, detail, expires) VALUES ($1, 'setup', '', '', $2)`, secretHash(second), r.now().Add(time.Hour).UnixMicro())
			secrets := []string{r.fragment(address), r.fragment(address), second, second}
			faults := make([]error, len(secrets))
			var all sync.WaitGroup
			for i, secret := range secrets {
				all.Go(func() {
					_, faults[i] = r.Setup(t.Context(), Caller{}, secret, NewUser{Email: string(rune('a'+i)) + "@example.org", Password: goodPassword}, "a browser")
				})
			}
			all.Wait()
			won := 0
			for _, err := range faults {
				if err == nil {
					won++
				} else if !errors.Is(err, ErrLink) {
					t.Error(err)
				}
			}
			if n := len(r.tables(t.Context())["user_account"]); won != 1 || n != 1 {
				t.Errorf("%d have won, %d accounts: %v", won, n, faults)
			}
			if n := len(r.events(access.DefaultTenant, "user.created")); n != 1 {
				t.Errorf("%d are told", n)
			}
		})
	}
}
