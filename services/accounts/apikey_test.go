package accounts

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"switchyard/access"
)

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

// TestKeysFollowTheirMaker: a key is worth nothing while who made it is no active administrator.
func TestKeysFollowTheirMaker(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		amy := r.fresh(r.user("amy", access.RoleAdmin))
		key, secret, err := r.CreateAPIKey(t.Context(), amy, "CRM", access.Scopes, time.Time{})
		if err != nil || key.MakerRole != access.RoleAdmin {
			t.Fatalf("%+v, %v", key, err)
		}
		r.secret(secret)
		change := func(c UserChange) {
			t.Helper()
			if _, err := r.UpdateUser(t.Context(), r.fresh(r.admin), amy.ID, c, 0); err != nil {
				t.Fatal(err)
			}
		}
		is := func(what string, role access.Role, works bool) {
			t.Helper()
			if _, err := r.AuthenticateKey(t.Context(), secret); (err == nil) != works || err != nil && !errors.Is(err, access.ErrUnauthenticated) {
				t.Errorf("%s: %v", what, err)
			}
			if keys, err := r.APIKeys(t.Context(), r.admin); err != nil || len(keys) != 1 || keys[0].MakerRole != role {
				t.Errorf("%s: %+v, %v", what, keys, err)
			}
		}
		asUser, asLead, asAdmin := access.RoleUser, access.RoleDepartmentAdmin, access.RoleAdmin
		is("made", asAdmin, true)
		change(UserChange{Role: &asLead})
		is("demoted", asLead, false)
		change(UserChange{Role: &asUser})
		is("demoted again", asUser, false)
		change(UserChange{Role: &asAdmin})
		is("promoted", asAdmin, true)
		change(UserChange{Active: new(false)})
		is("deactivated", "", false)
		change(UserChange{Active: new(true)})
		is("activated", asAdmin, true)
		if err := r.DeleteUser(t.Context(), r.fresh(r.admin), amy.ID); err != nil {
			t.Fatal(err)
		}
		is("deleted", "", false)
	})
}
