package accounts

import (
	"context"
	"maps"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

// Flag turns something on or off for a tenant or one of its users.
type Flag struct {
	Name    string     `json:"name"`
	User    string     `json:"user,omitempty"` // none: for the whole tenant
	Enabled bool       `json:"enabled"`
	Expires *time.Time `json:"expires,omitempty"` // then it counts no more
}

// FlagNames are the flags that there are, with what holds where nobody has chosen.
var FlagNames = map[string]bool{
	"meetings": true, "guests": true, "calendars": true, "profile_edit": true, "password_change": true, "labs": false, "blur": false,
}

type flagRow struct {
	Flag
	enabled, expires int64
}

func (r *flagRow) columns() []any { return []any{&r.Name, &r.User, &r.enabled, &r.expires} }

func (r *flagRow) complete() Flag {
	r.Enabled, r.Expires = r.enabled != 0, optional(r.expires)
	return r.Flag
}

// Flags are what the caller has, by name: its own choice before the tenant's before the built-in one.
func (s *Service) Flags(ctx context.Context, c Caller) (flags map[string]bool, err error) {
	if err := s.allow(c, access.SelfRead, access.Target{Owner: c.ID}); err != nil {
		return nil, err
	}
	err = s.deps.DB.Read(ctx, func(q db.Querier) error {
		flags, err = s.flags(ctx, q, c)
		return err
	})
	return flags, err
}

func (s *Service) flags(ctx context.Context, q db.Querier, c Caller) (map[string]bool, error) {
	flags := maps.Clone(FlagNames)
	rows, err := db.All(ctx, q, (*flagRow).columns, `SELECT name, user_id, enabled, expires FROM feature_flag
		WHERE tenant = $1 AND user_id IN ('', $2) AND (expires = 0 OR expires > $3) ORDER BY user_id`, c.Tenant, c.ID, s.now().UnixMicro())
	for i := range rows {
		f := rows[i].complete()
		flags[f.Name] = f.Enabled
	}
	return flags, err
}

// needFlag refuses what a flag does not let the caller do to itself. Administrators could turn it on anyway.
func (s *Service) needFlag(ctx context.Context, c Caller, name string, op access.Operation) error {
	return s.deps.DB.Read(ctx, func(q db.Querier) error { return s.needFlagIn(ctx, q, c, name, op) })
}

func (s *Service) needFlagIn(ctx context.Context, q db.Querier, c Caller, name string, op access.Operation) error {
	if s.allow(c, access.SettingsEdit, access.Target{}) == nil {
		return nil
	}
	flags, err := s.flags(ctx, q, c)
	if err == nil && !flags[name] {
		err = &access.ForbiddenError{Operation: op}
	}
	return err
}

// AllFlags lists what was chosen in the caller's tenant.
func (s *Service) AllFlags(ctx context.Context, c Caller) ([]Flag, error) {
	if err := s.allow(c, access.SettingsEdit, access.Target{}); err != nil {
		return nil, err
	}
	var flags []Flag
	err := s.deps.DB.Read(ctx, func(q db.Querier) error {
		rows, err := db.All(ctx, q, (*flagRow).columns, `SELECT name, user_id, enabled, expires FROM feature_flag WHERE tenant = $1 ORDER BY name, user_id`, c.Tenant)
		for i := range rows {
			flags = append(flags, rows[i].complete())
		}
		return err
	})
	return flags, err
}

// SetFlag chooses.
func (s *Service) SetFlag(ctx context.Context, c Caller, f Flag) error {
	if err := s.allow(c, access.SettingsEdit, access.Target{}); err != nil {
		return err
	}
	if _, known := FlagNames[f.Name]; !known {
		return fault("name", f.Name, "is not a flag")
	}
	expires := int64(0)
	if f.Expires != nil {
		expires = f.Expires.UnixMicro()
	}
	return s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		audience, subject := eventlog.Everybody, "flag:"+f.Name
		if f.User != "" {
			if _, err := lockUserOf(ctx, tx, c, f.User); err != nil {
				return err
			}
			audience, subject = eventlog.Audience{Users: []string{f.User}}, "user:"+f.User
		}
		_, err := tx.Exec(ctx, `INSERT INTO feature_flag (tenant, name, user_id, enabled, expires) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (tenant, name, user_id) DO UPDATE SET enabled = excluded.enabled, expires = excluded.expires`,
			c.Tenant, f.Name, f.User, bit(f.Enabled), expires)
		if err != nil {
			return err
		}
		if err := s.emit(tx, c, c.Tenant, "flag.updated", "flag:"+f.Name, audience, f); err != nil {
			return err
		}
		return s.audit(ctx, tx, c, c.Tenant, access.SettingsEdit, subject, map[string]any{"flag": f.Name, "enabled": f.Enabled, "expires": f.Expires})
	})
}
