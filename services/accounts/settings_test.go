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

func TestSettings(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		settings, version, err := r.Settings(t.Context(), r.admin)
		if err != nil || settings != DefaultSettings() {
			t.Fatalf("%+v, %v", settings, err)
		}
		settings.Language, settings.MuteOnEntry = "fr", true
		stale := r.admin
		stale.AuthenticatedAt = r.now().Add(-time.Hour)
		next, err := r.ChangeSettings(t.Context(), stale, settings, version)
		if err != nil || next != version+1 {
			t.Errorf("%d, %v", next, err)
		}
		if _, err := r.ChangeSettings(t.Context(), stale, settings, version); !errors.Is(err, ErrVersion) {
			t.Error(err)
		}
		settings.SSOProvision = true
		if _, err := r.ChangeSettings(t.Context(), stale, settings, 0); !errors.Is(err, access.ErrStale) {
			t.Errorf("security without a fresh proof: %v", err)
		}
		key := Caller{Principal: access.Principal{Kind: access.Service, Behind: access.RoleAdmin, Tenant: access.DefaultTenant, ID: newID(), Scopes: []access.Scope{access.ScopeSettings}}}
		if _, err := r.ChangeSettings(t.Context(), key, settings, 0); !errors.Is(err, access.ErrForbidden) {
			t.Errorf("security by a key: %v", err)
		}
		bob := r.user("bob", access.RoleUser)
		if _, err := r.ChangeSettings(t.Context(), bob, settings, 0); !errors.Is(err, access.ErrForbidden) {
			t.Error(err)
		}
		if got, _, err := r.Settings(t.Context(), bob); err != nil || got.Language != "fr" || got.SSOProvision {
			t.Errorf("%+v, %v", got, err)
		}
		settings.Language = "la"
		if _, err := r.ChangeSettings(t.Context(), r.admin, settings, 0); !isFault(err, "language") {
			t.Error(err)
		}
		if u := r.make(NewUser{Email: "new@example.org"}); u.Language != "fr" {
			t.Errorf("a new account speaks %s", u.Language)
		}
		if m, _ := r.mailed(); m.Language != "fr" || m.Subject != "Votre compte" {
			t.Errorf("%+v", m)
		}
	})
}

func TestFlags(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		bob, eve := r.user("bob", access.RoleUser), r.user("eve", access.RoleUser)
		is := func(c Caller, want bool) {
			t.Helper()
			flags, err := r.Flags(t.Context(), c)
			if err != nil || flags["labs"] != want || len(flags) != len(FlagNames) {
				t.Errorf("%v, %v, want %v", flags, err, want)
			}
		}
		set := func(f Flag) {
			t.Helper()
			if err := r.SetFlag(t.Context(), r.admin, f); err != nil {
				t.Fatal(err)
			}
		}
		is(bob, false)
		soon := r.now().Add(time.Hour)
		set(Flag{Name: "labs", Enabled: true, Expires: &soon})
		is(bob, true)
		set(Flag{Name: "labs", User: bob.ID, Enabled: false})
		is(bob, false)
		is(eve, true)
		r.clock.pass(time.Hour)
		is(eve, false)
		for _, f := range []Flag{{Name: "nonsense"}, {Name: "labs", User: "x"}, {Name: "labs", User: "\x00"}} {
			if err := r.SetFlag(t.Context(), r.admin, f); err == nil {
				t.Errorf("%+v is taken", f)
			}
		}
		if err := r.SetFlag(t.Context(), bob, Flag{Name: "labs", Enabled: true}); !errors.Is(err, access.ErrForbidden) {
			t.Error(err)
		}
		if all, err := r.AllFlags(t.Context(), r.admin); err != nil || len(all) != 2 {
			t.Errorf("%+v, %v", all, err)
		}
		told := r.events(access.DefaultTenant, "flag.updated")
		if len(told) != 2 || !told[0].Audience.Everybody || told[1].Audience.Everybody || !slices.Equal(told[1].Audience.Users, []string{bob.ID}) {
			t.Errorf("told: %+v", told)
		}
		set(Flag{Name: "profile_edit", Enabled: false})
		name := "New"
		if _, err := r.UpdateUser(t.Context(), bob, bob.ID, UserChange{FirstName: &name}, 0); !errors.Is(err, access.ErrForbidden) {
			t.Errorf("a profile that may not be changed: %v", err)
		}
		language := "de"
		if _, err := r.UpdateUser(t.Context(), bob, bob.ID, UserChange{Language: &language}, 0); err != nil {
			t.Error(err)
		}
		if _, err := r.SetAvatar(t.Context(), bob, jpegOf(t, 10, 10), Crop{}); !errors.Is(err, access.ErrForbidden) {
			t.Error(err)
		}
	})
}

func TestPreferences(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		bob := r.user("bob", access.RoleUser)
		for _, want := range []map[string]any{nil, {"theme": "dark", "nul": "\x00", "n": 1.5, "list": []any{"田中"}}} {
			if err := r.SetPreferences(t.Context(), bob, want); err != nil {
				t.Fatal(err)
			}
			text, err := r.Preferences(t.Context(), bob)
			var got map[string]any
			if err := errors.Join(err, json.Unmarshal(text, &got)); err != nil || len(got) != len(want) || got == nil {
				t.Errorf("%s, %v", text, err)
			}
		}
		if err := r.SetPreferences(t.Context(), bob, map[string]any{"x": strings.Repeat("x", maxPreferences)}); !isFault(err, "preferences") {
			t.Error(err)
		}
	})
}
