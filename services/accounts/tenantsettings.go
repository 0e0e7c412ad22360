package accounts

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

// Settings are what a tenant's administrators choose.
type Settings struct {
	Language        string `json:"language"`          // of new accounts and of mails to guests
	PublicByDefault bool   `json:"public_by_default"` // new meetings let everybody in who has the link
	Lobby           bool   `json:"lobby"`             // guests knock even at public meetings
	MuteOnEntry     bool   `json:"mute_on_entry"`
	Announce        bool   `json:"announce"` // a sound when somebody joins or leaves
	RecordByDefault bool   `json:"record_by_default"`
	SSOLinkByEmail  bool   `json:"sso_link_by_email"` // an identity with a verified address takes over the account that has it
	SSOProvision    bool   `json:"sso_provision"`     // an unknown identity gets an account
	PasswordSignIn  bool   `json:"password_sign_in"`  // administrators can always: a provider that fails must not lock out everybody
}

// DefaultSettings are those of a new tenant.
func DefaultSettings() Settings {
	return Settings{Language: "en", Lobby: true, Announce: true, PasswordSignIn: true}
}

// passwordFor reports whether a user may sign in with a password.
func (t *Settings) passwordFor(r *userRow) bool {
	return t.PasswordSignIn || r.Role == access.RoleAdmin
}

// PasswordsTaken reports whether ordinary users of some tenant may sign in with a password: whoever signs in has not said yet of which
// tenant it is.
func (s *Service) PasswordsTaken(ctx context.Context) (taken bool, err error) {
	err = s.deps.DB.Read(ctx, func(q db.Querier) error {
		all, err := db.Values[string](ctx, q, `SELECT settings FROM tenant WHERE active = 1`)
		for _, text := range all {
			settings := DefaultSettings()
			if err := json.Unmarshal([]byte(text), &settings); err != nil {
				return err
			}
			taken = taken || settings.PasswordSignIn
		}
		return err
	})
	return taken, err
}

func tenantSettings(ctx context.Context, q db.Querier, tenant string) (Settings, error) {
	text, err := db.Value[string](ctx, q, `SELECT settings FROM tenant WHERE id = $1`, tenant)
	if err != nil {
		return Settings{}, err
	}
	settings := DefaultSettings()
	return settings, json.Unmarshal([]byte(text), &settings)
}

// Settings are those of the caller's tenant, with their version.
func (s *Service) Settings(ctx context.Context, c Caller) (settings Settings, version int64, err error) {
	if err := s.allow(c, access.SettingsRead, access.Target{}); err != nil {
		return settings, 0, err
	}
	err = s.deps.DB.Read(ctx, func(q db.Querier) error {
		if settings, err = tenantSettings(ctx, q, c.Tenant); err != nil {
			return err
		}
		version, err = db.Value[int64](ctx, q, `SELECT version FROM tenant WHERE id = $1`, c.Tenant)
		return err
	})
	return settings, version, err
}

// ChangeSettings replaces them. ErrVersion if they are not as the caller read them; 0 is any.
func (s *Service) ChangeSettings(ctx context.Context, c Caller, settings Settings, ifVersion int64) (version int64, err error) {
	if err := s.allow(c, access.SettingsEdit, access.Target{}); err != nil {
		return 0, err
	}
	if err := oneOf("language", settings.Language, Languages); err != nil {
		return 0, err
	}
	err = s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		if err := lockTenant(ctx, tx, c.Tenant); err != nil {
			return err
		}
		old, err := tenantSettings(ctx, tx, c.Tenant)
		if err != nil {
			return err
		}
		// How people sign in is security: it takes more than the other settings.
		if old.SSOLinkByEmail != settings.SSOLinkByEmail || old.SSOProvision != settings.SSOProvision || old.PasswordSignIn != settings.PasswordSignIn {
			if err := s.allow(c, access.SecurityEdit, access.Target{}); err != nil {
				return err
			}
		}
		if !settings.PasswordSignIn {
			if cfg, err := tenantSSO(ctx, tx, c.Tenant); err != nil || !cfg.Enabled {
				return cmp.Or(err, fault("password_sign_in", "false", "needs single sign-on, which is not set up"))
			}
		}
		text, err := json.Marshal(settings)
		if err != nil {
			return err
		}
		version, err = db.Value[int64](ctx, tx, `UPDATE tenant SET settings = $2, version = version + 1
			WHERE id = $1 AND ($3 = 0 OR version = $3) RETURNING version`, c.Tenant, string(text), ifVersion)
		if errors.Is(err, db.ErrNone) {
			return ErrVersion
		}
		if err != nil {
			return err
		}
		if err := s.emit(tx, c, c.Tenant, "settings.updated", "tenant:"+c.Tenant, eventlog.Everybody, settings); err != nil {
			return err
		}
		return s.audit(ctx, tx, c, c.Tenant, access.SettingsEdit, "tenant:"+c.Tenant, settings)
	})
	return version, err
}
