package accounts

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/db/dbtest"
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
		key := Caller{Principal: access.Principal{Kind: access.Service, Tenant: access.DefaultTenant, ID: newID(), Scopes: []access.Scope{access.ScopeSettings}}}
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

func TestAPIKeys(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		end := r.now().Add(24 * time.Hour)
		scopes := []access.Scope{access.ScopeUsersWrite, access.ScopeUsersRead, access.ScopeUsersRead}
		key, secret, err := r.CreateAPIKey(t.Context(), r.admin, "CRM", scopes, end)
		if err != nil || !strings.HasPrefix(secret, keyPrefix) || len(key.Scopes) != 2 || key.CreatedBy != r.admin.ID || !key.Expires.Equal(end) {
			t.Fatalf("%+v, %v", key, err)
		}
		r.secret(secret)
		p, err := r.AuthenticateKey(t.Context(), secret)
		if err != nil || p.Kind != access.Service || p.Tenant != access.DefaultTenant || p.ID != key.ID || len(p.Scopes) != 2 || p.Role != "" {
			t.Errorf("%+v, %v", p, err)
		}
		if keys, err := r.APIKeys(t.Context(), r.admin); err != nil || len(keys) != 1 || !keys[0].Used.Equal(r.now()) {
			t.Errorf("%+v, %v", keys, err)
		}
		for _, wrong := range []string{"", keyPrefix, secret + "x", secret[:len(secret)-1], "\x00", strings.TrimPrefix(secret, keyPrefix)} {
			if _, err := r.AuthenticateKey(t.Context(), wrong); !errors.Is(err, access.ErrUnauthenticated) {
				t.Errorf("%q: %v", wrong, err)
			}
		}
		service := Caller{Principal: p}
		if _, err := r.Users(t.Context(), service, UserQuery{Limit: 5}); err != nil {
			t.Error(err)
		}
		for name, err := range map[string]error{
			"a department": func() error { _, err := r.AuditLog(t.Context(), service, "", 5); return err }(),
			"another key":  func() error { _, _, err := r.CreateAPIKey(t.Context(), service, "x", scopes, end); return err }(),
			"its sessions": func() error { _, err := r.Sessions(t.Context(), service); return err }(),
			"its flags":    func() error { _, err := r.Flags(t.Context(), service); return err }(),
		} {
			if !errors.Is(err, access.ErrForbidden) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for field, make := range map[string]func() error{
			"name":    func() error { _, _, err := r.CreateAPIKey(t.Context(), r.admin, "", scopes, end); return err },
			"scopes":  func() error { _, _, err := r.CreateAPIKey(t.Context(), r.admin, "x", nil, end); return err },
			"expires": func() error { _, _, err := r.CreateAPIKey(t.Context(), r.admin, "x", scopes, r.now()); return err },
		} {
			if err := make(); !isFault(err, field) {
				t.Errorf("%s: %v", field, err)
			}
		}
		if _, _, err := r.CreateAPIKey(t.Context(), r.admin, "x", []access.Scope{"all"}, end); !isFault(err, "scopes") {
			t.Error(err)
		}
		created := r.events(access.DefaultTenant, "apikey.created")
		if len(created) != 1 || created[0].Audience.Everybody || len(created[0].Audience.Users) != 0 {
			t.Errorf("told: %+v", created)
		}
		var body struct{ Scopes []string }
		if err := json.Unmarshal(created[0].Body, &body); err != nil || len(body.Scopes) != 2 {
			t.Errorf("%s, %v", created[0].Body, err)
		}
		r.clock.pass(24 * time.Hour)
		if _, err := r.AuthenticateKey(t.Context(), secret); !errors.Is(err, access.ErrUnauthenticated) {
			t.Errorf("over: %v", err)
		}
		if err := r.RevokeAPIKey(t.Context(), r.admin, key.ID); !errors.Is(err, access.ErrStale) {
			t.Errorf("without a fresh proof: %v", err)
		}
		for _, id := range []string{key.ID, "x", "\x00"} {
			if err := r.RevokeAPIKey(t.Context(), r.fresh(r.admin), id); (err == nil) != (id == key.ID) || err != nil && !errors.Is(err, access.ErrNotFound) {
				t.Errorf("%q: %v", id, err)
			}
		}
		if n := len(r.events(access.DefaultTenant, "apikey.revoked")); n != 1 {
			t.Errorf("%d are told", n)
		}
	})
}

func TestAudit(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		bob := r.withPassword("bob")
		if _, err := r.signInFrom(abroad, "bob@example.org", goodPassword, ""); err != nil {
			t.Fatal(err)
		}
		secret, _ := r.secondFactor(bob)
		_ = secret
		role := access.RoleDepartmentAdmin
		if _, err := r.UpdateUser(t.Context(), r.fresh(r.admin), bob.ID, UserChange{Role: &role}, 0); err != nil {
			t.Fatal(err)
		}
		departments := []string{r.department("Sales")}
		if _, err := r.UpdateUser(t.Context(), r.fresh(r.admin), r.admin.ID, UserChange{Departments: &departments}, 0); err != nil {
			t.Fatal(err)
		}
		if err := r.SendPasswordLink(t.Context(), r.fresh(r.admin), bob.ID); err != nil {
			t.Fatal(err)
		}
		r.mailed()
		if err := r.DropSecondFactor(t.Context(), r.fresh(r.admin), bob.ID); err != nil {
			t.Fatal(err)
		}
		entries, err := r.AuditLog(t.Context(), r.admin, "", 50)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range entries {
			who := strings.NewReplacer(r.admin.ID, "admin", bob.ID, "bob", departments[0], "sales").Replace(e.Actor + " " + e.Action + " " + e.Subject)
			got = append(got, who)
		}
		slices.Reverse(got)
		want := []string{
			"user:admin user.create user:admin", "user:admin user.create user:bob", "user:bob session.create user:bob", "user:bob self.security user:bob",
			"user:admin user.update user:bob", "user:admin department.edit department:sales", "user:admin user.update user:admin",
			"user:admin user.reset user:bob", "user:admin self.security user:bob",
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		for _, e := range entries {
			if e.Action == string(access.SignIn) && e.Address != abroad.String() {
				t.Errorf("%+v", e)
			}
		}
		var paged []AuditEntry
		for before := ""; ; before = paged[len(paged)-1].ID {
			page, err := r.AuditLog(t.Context(), r.admin, before, 2)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			paged = append(paged, page...)
		}
		if len(paged) != len(entries) {
			t.Errorf("%d on pages, %d in all", len(paged), len(entries))
		}
		if _, err := r.AuditLog(t.Context(), r.admin, "\x00", 2); !isFault(err, "before") {
			t.Error(err)
		}
		if _, err := r.AuditLog(t.Context(), r.enter(bob.ID), "", 2); !errors.Is(err, access.ErrForbidden) {
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

func TestSealer(t *testing.T) {
	sealer, err := NewSealer(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	sealed := sealer.Seal("secret", "a")
	if again := sealer.Seal("secret", "a"); again == sealed || strings.Contains(sealed, "secret") {
		t.Errorf("%q, %q", sealed, again)
	}
	if plain, err := sealer.Open(sealed, "a"); plain != "secret" || err != nil {
		t.Errorf("%q, %v", plain, err)
	}
	other, err := NewSealer([]byte(strings.Repeat("x", 32)))
	if err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"about another": func() error { _, err := sealer.Open(sealed, "b"); return err }(),
		"another key":   func() error { _, err := other.Open(sealed, "a"); return err }(),
		"cut":           func() error { _, err := sealer.Open(sealed[:8], "a"); return err }(),
		"garbled":       func() error { _, err := sealer.Open("!", "a"); return err }(),
		"empty":         func() error { _, err := sealer.Open("", "a"); return err }(),
	} {
		if err == nil {
			t.Errorf("%s: it opens", name)
		}
	}
	if _, err := NewSealer([]byte("short")); err == nil {
		t.Error("a short key is taken")
	}
}

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
