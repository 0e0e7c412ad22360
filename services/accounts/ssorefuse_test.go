package accounts

import (
	"errors"
	"strings"
	"testing"
	"time"

	"switchyard/access"
)

func TestSSORefuses(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		if _, _, err := r.BeginSSO(t.Context(), stranger, access.DefaultTenant, "/"); !errors.Is(err, ErrNoSSO) {
			t.Errorf("before it is set up: %v", err)
		}
		for _, tenant := range []string{"nonsense", "", "\x00"} {
			if _, _, err := r.BeginSSO(t.Context(), stranger, tenant, "/"); !errors.Is(err, ErrNoSSO) {
				t.Errorf("tenant %q: %v", tenant, err)
			}
		}
		p := withSSO(t, r)
		if err := r.settings(func(s *Settings) { s.SSOProvision = true }); err != nil {
			t.Fatal(err)
		}
		p.says(person("s1", "bob@example.org", true))
		begin := func() (code, state, cookie string) {
			address, cookie, err := r.BeginSSO(t.Context(), stranger, access.DefaultTenant, "/")
			if err != nil {
				t.Fatal(err)
			}
			code, state, _ = p.visit(address)
			return code, state, cookie
		}
		code, state, cookie := begin()
		code2, state2, cookie2 := begin()
		finish := func(c Caller, code, state, cookie string) error {
			_, _, err := r.FinishSSO(t.Context(), c, code, state, cookie, "a browser")
			return err
		}
		bob := r.user("eve", access.RoleUser)
		for name, c := range map[string]struct {
			err, want error
		}{
			"the state of another try":    {finish(stranger, code, state2, cookie), ErrSSOState},
			"another browser":             {finish(stranger, code, state, cookie2), ErrSSOState},
			"no cookie":                   {finish(stranger, code, state, ""), ErrSSOState},
			"a cookie of our own":         {finish(stranger, code, state, r.deps.Sealer.Seal(`{}`, "other")), ErrSSOState},
			"no state":                    {finish(stranger, code, "", cookie), ErrSSOState},
			"who has signed in meanwhile": {finish(bob, code, state, cookie), ErrSSOState},
			"no code":                     {finish(stranger, "", state, cookie), ErrSSOFailed},
			"a code that it did not give": {finish(stranger, "x", state, cookie), ErrSSOFailed},
			"the code of another try":     {finish(stranger, code2, state, cookie), ErrSSOFailed}, // PKCE
		} {
			if !errors.Is(c.err, c.want) {
				t.Errorf("%s: %v, want %v", name, c.err, c.want)
			}
		}
		if err := finish(stranger, code, state, cookie); err != nil {
			t.Errorf("right: %v", err)
		}
		if err := finish(stranger, code, state, cookie); !errors.Is(err, ErrSSOFailed) {
			t.Errorf("twice: %v", err)
		}
		code, state, cookie = begin()
		r.clock.pass(ssoAge + 2*time.Second)
		if err := finish(stranger, code, state, cookie); !errors.Is(err, ErrSSOState) {
			t.Errorf("too late: %v", err)
		}
		for name, claims := range map[string]map[string]any{
			"another nonce":  {"nonce": "x"},
			"no subject":     {"sub": ""},
			"a NUL":          {"sub": "a\x00"},
			"a long subject": {"sub": strings.Repeat("x", 300)},
			"for another":    {"aud": "another"},
			"from another":   {"iss": "https://evil.example"},
			"over":           {"exp": r.now().Add(-time.Hour).Unix()},
		} {
			told := person("s1", "bob@example.org", true)
			for k, v := range claims {
				told[k] = v
			}
			p.says(told)
			code, state, cookie := begin()
			if err := finish(stranger, code, state, cookie); !errors.Is(err, ErrSSOFailed) {
				t.Errorf("%s: %v", name, err)
			}
		}
		another := newIDP(t, r.clock.Now)
		p.mu.Lock()
		p.key = another.key // which is not the published one
		p.mu.Unlock()
		p.says(person("s1", "bob@example.org", true))
		code, state, cookie = begin()
		if err := finish(stranger, code, state, cookie); !errors.Is(err, ErrSSOFailed) {
			t.Errorf("signed by another key: %v", err)
		}
	})
}

func TestOwnPage(t *testing.T) {
	for _, page := range []string{"/", "/meetings", "/a?b=c#d", "/ünï", "/%2f/evil.example"} {
		if got := ownPage(page); got != page {
			t.Errorf("%q becomes %q", page, got)
		}
	}
	for _, page := range []string{"", "x", "//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil", "/\t/evil.example", "/a\r\nb", "/\x00", "/\xff", "/" + strings.Repeat("x", 600), "javascript:alert(1)"} {
		if got := ownPage(page); got != "/" {
			t.Errorf("%q becomes %q", page, got)
		}
	}
}
