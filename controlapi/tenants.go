package controlapi

import (
	"context"
	"net/http"
	"time"

	"switchyard/access"
	"switchyard/services/accounts"
)

func (a *API) tenantRoutes() {
	const tag = "administration"
	register(a, op{id: "list-tenants", method: http.MethodGet, path: "/tenants", tag: tag, need: access.TenantList, summary: "The organisations on the appliance"}, a.listTenants)
	register(a, op{id: "create-tenant", method: http.MethodPost, path: "/tenants", tag: tag, need: access.TenantEdit, status: http.StatusCreated, summary: "Add an organisation and its first administrator"}, a.createTenant)
	register(a, op{id: "update-tenant", method: http.MethodPatch, path: "/tenants/{id}", tag: tag, need: access.TenantEdit, summary: "Rename an organisation, suspend it or let it go on",
		detail: "Of a suspended organisation nobody can sign in, its keys open nothing and its meetings end; nothing of it is lost.",
		errors: []int{http.StatusPreconditionFailed, http.StatusPreconditionRequired}}, a.updateTenant)
	register(a, op{id: "get-settings", method: http.MethodGet, path: "/settings", tag: tag, need: access.SettingsRead, summary: "The tenant's settings"}, a.getSettings)
	register(a, op{id: "set-settings", method: http.MethodPut, path: "/settings", tag: tag, need: access.SettingsEdit, summary: "Replace the tenant's settings",
		errors: []int{http.StatusPreconditionFailed, http.StatusPreconditionRequired}}, a.setSettings)
	register(a, op{id: "get-sso", method: http.MethodGet, path: "/settings/sso", tag: tag, need: access.SettingsEdit, summary: "How the tenant's identity provider is reached"}, a.getSSO)
	register(a, op{id: "set-sso", method: http.MethodPut, path: "/settings/sso", tag: tag, need: access.SecurityEdit, status: http.StatusNoContent, summary: "Change it", detail: "An empty secret keeps the one that is there."}, a.setSSO)
	register(a, op{id: "list-flags", method: http.MethodGet, path: "/flags", tag: tag, need: access.SettingsEdit, summary: "Feature flags that were set"}, a.listFlags)
	register(a, op{id: "set-flag", method: http.MethodPut, path: "/flags", tag: tag, need: access.SettingsEdit, status: http.StatusNoContent, summary: "Set a feature flag for the tenant or one user"}, a.setFlag)
	register(a, op{id: "list-api-keys", method: http.MethodGet, path: "/api-keys", tag: tag, need: access.KeyList, summary: "The keys that let other services in"}, a.listKeys)
	register(a, op{id: "create-api-key", method: http.MethodPost, path: "/api-keys", tag: tag, need: access.KeyEdit, status: http.StatusCreated, summary: "Make a key"}, a.createKey)
	register(a, op{id: "revoke-api-key", method: http.MethodDelete, path: "/api-keys/{id}", tag: tag, need: access.KeyEdit, status: http.StatusNoContent, summary: "End a key"}, a.revokeKey)
	register(a, op{id: "list-audit", method: http.MethodGet, path: "/audit", tag: tag, need: access.AuditRead, summary: "Who did what, the newest first"}, a.listAudit)
}

func (a *API) listTenants(ctx context.Context, c *caller, _ *none) (*only[list[accounts.Tenant]], error) {
	all, err := a.deps.Accounts.Tenants(ctx, c.Caller)
	return listed(all, "", 0), err
}

func (a *API) createTenant(ctx context.Context, c *caller, in *struct {
	Body struct {
		Name           string `json:"name" minLength:"1" maxLength:"100"`
		AdminEmail     string `json:"admin_email" minLength:"3" maxLength:"254"`
		AdminFirstName string `json:"admin_first_name,omitempty" maxLength:"80"`
		AdminLastName  string `json:"admin_last_name,omitempty" maxLength:"80"`
	}
}) (*one[accounts.Tenant], error) {
	t, err := a.deps.Accounts.CreateTenant(ctx, c.Caller, in.Body.Name, accounts.NewUser{Email: in.Body.AdminEmail, FirstName: in.Body.AdminFirstName, LastName: in.Body.AdminLastName})
	return versioned(t, t.Version), err
}

func (a *API) updateTenant(ctx context.Context, c *caller, in *struct {
	ByID
	Match
	Body struct {
		Name   *string `json:"name,omitempty" minLength:"1" maxLength:"100"`
		Active *bool   `json:"active,omitempty" doc:"false suspends it."`
	}
}) (*one[accounts.Tenant], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	t, err := a.deps.Accounts.UpdateTenant(ctx, c.Caller, in.ID, accounts.TenantChange{Name: in.Body.Name, Active: in.Body.Active}, version)
	return versioned(t, t.Version), err
}

func (a *API) getSettings(ctx context.Context, c *caller, _ *none) (*one[accounts.Settings], error) {
	settings, version, err := a.deps.Accounts.Settings(ctx, c.Caller)
	return versioned(settings, version), err
}

func (a *API) setSettings(ctx context.Context, c *caller, in *struct {
	Match
	Body accounts.Settings
}) (*one[accounts.Settings], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	version, err = a.deps.Accounts.ChangeSettings(ctx, c.Caller, in.Body, version)
	return versioned(in.Body, version), err
}

func (a *API) getSSO(ctx context.Context, c *caller, _ *none) (*only[accounts.SSO], error) {
	cfg, err := a.deps.Accounts.SSO(ctx, c.Caller)
	return &only[accounts.SSO]{cfg}, err
}

func (a *API) setSSO(ctx context.Context, c *caller, in *struct{ Body accounts.SSO }) (*none, error) {
	return nil, a.deps.Accounts.ChangeSSO(ctx, c.Caller, in.Body)
}

func (a *API) listFlags(ctx context.Context, c *caller, _ *none) (*only[list[accounts.Flag]], error) {
	flags, err := a.deps.Accounts.AllFlags(ctx, c.Caller)
	return listed(flags, "", 0), err
}

func (a *API) setFlag(ctx context.Context, c *caller, in *struct{ Body accounts.Flag }) (*none, error) {
	return nil, a.deps.Accounts.SetFlag(ctx, c.Caller, in.Body)
}

func (a *API) listKeys(ctx context.Context, c *caller, _ *none) (*only[list[accounts.APIKey]], error) {
	keys, err := a.deps.Accounts.APIKeys(ctx, c.Caller)
	return listed(keys, "", 0), err
}

type createdKey struct {
	accounts.APIKey
	Secret string `json:"secret" doc:"For the Authorization header; shown this once."`
}

func (a *API) createKey(ctx context.Context, c *caller, in *struct {
	Body struct {
		Name    string         `json:"name" minLength:"1" maxLength:"100"`
		Scopes  []access.Scope `json:"scopes" minItems:"1" maxItems:"20"`
		Expires *time.Time     `json:"expires,omitempty"`
	}
}) (*only[createdKey], error) {
	expires := time.Time{}
	if in.Body.Expires != nil {
		expires = *in.Body.Expires
	}
	key, secret, err := a.deps.Accounts.CreateAPIKey(ctx, c.Caller, in.Body.Name, in.Body.Scopes, expires)
	return &only[createdKey]{createdKey{key, secret}}, err
}

func (a *API) revokeKey(ctx context.Context, c *caller, in *ByID) (*none, error) {
	return nil, a.deps.Accounts.RevokeAPIKey(ctx, c.Caller, in.ID)
}

func (a *API) listAudit(ctx context.Context, c *caller, in *struct{ Page }) (*only[list[accounts.AuditEntry]], error) {
	before, err := decodeCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	entries, err := a.deps.Accounts.AuditLog(ctx, c.Caller, before, in.Limit)
	next := ""
	if len(entries) == in.Limit {
		next = entries[len(entries)-1].ID
	}
	return listed(entries, next, 0), err
}
