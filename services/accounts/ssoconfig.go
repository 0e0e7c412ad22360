package accounts

import (
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"net/url"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/outbound"
)

// SSO is how a tenant's people sign in with its identity provider: OpenID Connect, authorization code with PKCE
// (RFC 7636).
type SSO struct {
	Enabled  bool   `json:"enabled"`
	Issuer   string `json:"issuer"`
	ClientID string `json:"client_id"`
	Secret   string `json:"secret,omitempty"` // given to change it, never told
	Label    string `json:"label"`            // what the button says
}

// binds reports whether a user signs in with this provider and so in no other way.
func (cfg *SSO) binds(r *userRow) bool {
	return r.SSO && cfg.Enabled && cfg.Issuer == r.ssoIssuer
}

func (cfg *SSO) check() error {
	if err := errors.Join(checkText("label", cfg.Label, 0, 60), checkText("client_id", cfg.ClientID, 0, 300)); err != nil {
		return err
	}
	if len(cfg.Secret) > 1000 {
		return fault("secret", "", "has more than 1000 bytes")
	}
	if cfg.Issuer == "" && !cfg.Enabled {
		return nil
	}
	if err := outbound.CheckURL(cfg.Issuer); err != nil {
		return fault("issuer", cfg.Issuer, "%v", err)
	}
	u, err := url.Parse(cfg.Issuer)
	if err != nil || u.Scheme != "https" && !loopback(u.Hostname()) {
		return fault("issuer", cfg.Issuer, "does not begin with https://: anybody on the way could sign in as anybody")
	}
	if cfg.Enabled && cfg.ClientID == "" {
		return fault("client_id", "", "is needed")
	}
	return nil
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// tenantSSO is that of an active tenant; db.ErrNone.
func tenantSSO(ctx context.Context, q db.Querier, tenant string) (SSO, error) {
	text, err := db.Value[string](ctx, q, `SELECT sso FROM tenant WHERE id = $1 AND active = 1`, tenant)
	if err != nil {
		return SSO{}, err
	}
	var cfg SSO
	return cfg, json.Unmarshal([]byte(text), &cfg)
}

// SSO is the caller's tenant's, without the secret.
func (s *Service) SSO(ctx context.Context, c Caller) (cfg SSO, err error) {
	if err := s.allow(c, access.SettingsEdit, access.Target{}); err != nil {
		return SSO{}, err
	}
	err = s.deps.DB.Read(ctx, func(q db.Querier) error {
		cfg, err = tenantSSO(ctx, q, c.Tenant)
		return err
	})
	cfg.Secret = ""
	return cfg, err
}

// ChangeSSO replaces it after asking the provider. An empty secret keeps the old one, which goes to no other issuer
// than it was given for. Who is bound to an issuer that the tenant has no more can choose a password by mail.
func (s *Service) ChangeSSO(ctx context.Context, c Caller, cfg SSO) error {
	if err := s.allow(c, access.SecurityEdit, access.Target{}); err != nil {
		return err
	}
	if err := cfg.check(); err != nil {
		return err
	}
	if cfg.Enabled {
		if _, err := s.providers.get(ctx, cfg.Issuer, s.now()); err != nil {
			return fault("issuer", cfg.Issuer, "does not answer as an OpenID provider")
		}
	}
	return s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		if err := lockTenant(ctx, tx, c.Tenant); err != nil {
			return err
		}
		old, err := tenantSSO(ctx, tx, c.Tenant)
		if err != nil {
			return err
		}
		settings, err := tenantSettings(ctx, tx, c.Tenant)
		if err != nil {
			return err
		}
		if !cfg.Enabled && !settings.PasswordSignIn {
			return fault("enabled", "false", "would let nobody in: passwords are not taken (password_sign_in)")
		}
		kept := cfg
		switch {
		case cfg.Secret != "":
			kept.Secret = s.deps.Sealer.Seal(cfg.Secret, "sso:"+c.Tenant)
		case cfg.Issuer == old.Issuer:
			kept.Secret = old.Secret
		}
		text, err := json.Marshal(kept)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE tenant SET sso = $2, version = version + 1 WHERE id = $1`, c.Tenant, string(text)); err != nil {
			return err
		}
		return s.audit(ctx, tx, c, c.Tenant, access.SecurityEdit, "tenant:"+c.Tenant, map[string]any{"issuer": cfg.Issuer, "client_id": cfg.ClientID, "enabled": cfg.Enabled})
	})
}

// SSOLabel is what the button of a tenant says; ErrNoSSO if there is none.
func (s *Service) SSOLabel(ctx context.Context, tenant string) (label string, err error) {
	cfg, err := s.enabledSSO(ctx, tenant)
	return cfg.Label, err
}

func (s *Service) enabledSSO(ctx context.Context, tenant string) (cfg SSO, err error) {
	err = s.deps.DB.Read(ctx, func(q db.Querier) error {
		cfg, err = tenantSSO(ctx, q, tenant)
		return err
	})
	switch {
	case errors.Is(err, db.ErrNone), err == nil && !cfg.Enabled:
		return SSO{}, ErrNoSSO
	case err != nil:
		return SSO{}, err
	}
	return cfg, nil
}

func (s *Service) oauth(ctx context.Context, tenant string) (*oauth2.Config, *oidc.Provider, error) {
	cfg, err := s.enabledSSO(ctx, tenant)
	if err != nil {
		return nil, nil, err
	}
	secret := ""
	if cfg.Secret != "" {
		if secret, err = s.deps.Sealer.Open(cfg.Secret, "sso:"+tenant); err != nil {
			return nil, nil, err
		}
	}
	provider, err := s.providers.get(ctx, cfg.Issuer, s.now())
	if err != nil {
		return nil, nil, err
	}
	return &oauth2.Config{
		ClientID: cfg.ClientID, ClientSecret: secret, Endpoint: provider.Endpoint(),
		RedirectURL: s.deps.PublicURL() + "/api/v1/auth/sso/callback", Scopes: []string{oidc.ScopeOpenID, "profile", "email"},
	}, provider, nil
}
