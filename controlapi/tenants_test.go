package controlapi

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"switchyard/access"
	"switchyard/services/accounts"
)

// elsewhere makes another organisation and signs an administrator of it in.
func (r *rig) elsewhere(t *testing.T) (accounts.Tenant, *client) {
	t.Helper()
	var other accounts.Tenant
	r.admin.must(http.StatusCreated, "POST", "/tenants", `{"name":"Other","admin_email":"first@other.example"}`, &other)
	its := accounts.Caller{Principal: access.Principal{Kind: access.User, Tenant: other.ID, ID: "x", Role: access.RoleAdmin, AuthenticatedAt: time.Now()}}
	u, err := r.accounts.CreateUser(t.Context(), its, accounts.NewUser{Email: "zoe@other.example", FirstName: "Zoe", Role: access.RoleAdmin, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	zoe := r.stranger(t)
	zoe.user = u
	zoe.must(http.StatusOK, "POST", "/auth/login", fmt.Sprintf(`{"email":%q,"password":%q}`, u.Email, password), nil)
	return other, zoe
}

// TestSuspendedTenant: its people and keys are out at once, streams that are open end, and all of it is there again when it goes on.
func TestSuspendedTenant(t *testing.T) {
	r := newRig(t, "sqlite")
	other, zoe := r.elsewhere(t)
	var key createdKey
	zoe.must(http.StatusCreated, "POST", "/api-keys", `{"name":"k","scopes":["rooms:write","rooms:read"]}`, &key)
	service := r.stranger(t)
	service.key = key.Secret
	stream := zoe.listen("?after=0")

	path := "/tenants/" + other.ID
	r.admin.refused(http.StatusPreconditionRequired, "version_needed", "PATCH", path, `{"active":false}`)
	r.admin.refused(http.StatusPreconditionFailed, "version", "PATCH", path, `{"active":false}`, "If-Match", `"7"`)
	r.admin.refused(http.StatusUnprocessableEntity, "invalid", "PATCH", "/tenants/default", `{"active":false}`, "If-Match", "*")
	zoe.refused(http.StatusForbidden, "forbidden", "PATCH", path, `{"active":false}`, "If-Match", "*")
	var now accounts.Tenant
	r.admin.must(http.StatusOK, "PATCH", path, `{"active":false,"name":"Others"}`, &now, "If-Match", fmt.Sprintf("%q", "1"))
	if now.Active || now.Name != "Others" || now.Version != other.Version+1 {
		t.Errorf("%+v", now)
	}

	zoe.refused(http.StatusUnauthorized, "unauthenticated", "GET", "/me", "")
	service.refused(http.StatusUnauthorized, "unauthenticated", "GET", "/rooms", "")
	r.stranger(t).refused(http.StatusUnauthorized, "wrong", "POST", "/auth/login", fmt.Sprintf(`{"email":%q,"password":%q}`, zoe.user.Email, password))
	ended := false
	for e := range stream {
		ended = ended || e.kind == "end" && strings.Contains(string(e.Data), "unauthenticated")
	}
	if !ended {
		t.Error("its stream ended without a reason")
	}

	r.admin.must(http.StatusOK, "PATCH", path, `{"active":true}`, nil, "If-Match", "*")
	zoe.must(http.StatusOK, "GET", "/me", "", nil)
	service.must(http.StatusOK, "GET", "/rooms", "", nil)
}
