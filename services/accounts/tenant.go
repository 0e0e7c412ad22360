package accounts

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

// Tenant is an organisation on the appliance.
type Tenant struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Active  bool      `json:"active"`
	Created time.Time `json:"created"`
	Version int64     `json:"version"`
}

type tenantRow struct {
	Tenant
	active, created int64
	settings, sso   string
}

const tenantColumns = `id, name, settings, sso, active, created, version`

func (r *tenantRow) columns() []any {
	return []any{&r.ID, &r.Name, &r.settings, &r.sso, &r.active, &r.created, &r.Version}
}

func (r *tenantRow) complete() *tenantRow {
	r.Active, r.Created = r.active != 0, time.UnixMicro(r.created).UTC()
	return r
}

func (s *Service) ensureDefaultTenant(ctx context.Context, tx *db.Tx) error {
	_, err := s.insertTenant(ctx, tx, access.DefaultTenant, "Switchyard")
	return err
}

func (s *Service) insertTenant(ctx context.Context, tx *db.Tx, id, name string) (bool, error) {
	settings, err := json.Marshal(DefaultSettings())
	if err != nil {
		return false, err
	}
	n, err := tx.Exec(ctx, `INSERT INTO tenant (id, name, settings, sso, active, created, version) VALUES ($1, $2, $3, '{}', 1, $4, 1)
		ON CONFLICT (id) DO NOTHING`, id, name, string(settings), s.now().UnixMicro())
	return n > 0, err
}

// oneTenant reads a tenant. access.ErrNotFound.
func oneTenant(ctx context.Context, q db.Querier, id string) (Tenant, error) {
	r, err := db.One(ctx, q, (*tenantRow).columns, `SELECT `+tenantColumns+` FROM tenant WHERE id = $1`, id)
	if errors.Is(err, db.ErrNone) {
		return Tenant{}, access.ErrNotFound
	}
	return r.complete().Tenant, err
}

// Tenants lists all tenants of the appliance, the oldest first.
func (s *Service) Tenants(ctx context.Context, c Caller) ([]Tenant, error) {
	if err := s.allow(c, access.TenantList, access.Target{}); err != nil {
		return nil, err
	}
	var all []Tenant
	err := s.deps.DB.Read(ctx, func(q db.Querier) error {
		rows, err := db.All(ctx, q, (*tenantRow).columns, `SELECT `+tenantColumns+` FROM tenant ORDER BY created, id`)
		for i := range rows {
			all = append(all, rows[i].complete().Tenant)
		}
		return err
	})
	return all, err
}

// CreateTenant makes an organisation and its first administrator, who gets a link by mail.
func (s *Service) CreateTenant(ctx context.Context, c Caller, name string, admin NewUser) (Tenant, error) {
	if err := s.allow(c, access.TenantEdit, access.Target{}); err != nil {
		return Tenant{}, err
	}
	if err := checkText("name", name, 1, 100); err != nil {
		return Tenant{}, err
	}
	admin.Role, admin.Departments, admin.Password = access.RoleAdmin, nil, ""
	var t Tenant
	err := s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		id := newID()
		if _, err := s.insertTenant(ctx, tx, id, name); err != nil {
			return err
		}
		r, err := s.insertUser(ctx, tx, c, id, admin, "")
		if err != nil {
			return err
		}
		if err := s.mailWelcome(ctx, tx, r); err != nil {
			return err
		}
		if t, err = oneTenant(ctx, tx, id); err != nil {
			return err
		}
		if err := s.emit(tx, c, id, "tenant.created", "tenant:"+id, eventlog.Audience{}, t); err != nil {
			return err
		}
		return s.audit(ctx, tx, c, c.Tenant, access.TenantEdit, "tenant:"+id, map[string]string{"name": name})
	})
	if err != nil {
		return Tenant{}, takenEmail(err, admin.Email)
	}
	return t, nil
}

// TenantChange changes the fields that are not nil.
type TenantChange struct {
	Name   *string
	Active *bool
}

// UpdateTenant renames an organisation, suspends it or lets it go on. Of one that is suspended nobody gets in, its keys open nothing
// and its meetings end; nothing of it is lost. ErrVersion if it is not as the caller read it; 0 is any.
func (s *Service) UpdateTenant(ctx context.Context, c Caller, id string, change TenantChange, ifVersion int64) (Tenant, error) {
	if err := s.allow(c, access.TenantEdit, access.Target{}); err != nil {
		return Tenant{}, err
	}
	if change.Name != nil {
		if err := checkText("name", *change.Name, 1, 100); err != nil {
			return Tenant{}, err
		}
	}
	if change.Active != nil && !*change.Active && id == access.DefaultTenant {
		return Tenant{}, fault("active", "false", "would lock out those who look after the server")
	}
	if !plain(id, maxID) {
		return Tenant{}, access.ErrNotFound
	}
	var t Tenant
	err := s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		err := lockTenant(ctx, tx, id)
		if err != nil {
			return err
		}
		if t, err = oneTenant(ctx, tx, id); err != nil {
			return err
		}
		if ifVersion != 0 && ifVersion != t.Version {
			return ErrVersion
		}
		before := t
		set(&t.Name, change.Name)
		set(&t.Active, change.Active)
		if t == before {
			return nil
		}
		t.Version++
		if _, err := tx.Exec(ctx, `UPDATE tenant SET name = $2, active = $3, version = $4 WHERE id = $1`, id, t.Name, bit(t.Active), t.Version); err != nil {
			return err
		}
		if err := s.emit(tx, c, id, "tenant.updated", "tenant:"+id, eventlog.Audience{}, t); err != nil {
			return err
		}
		detail := map[string]any{"name": t.Name, "active": t.Active}
		if id != c.Tenant { // the organisation can read that it was done, and not from where
			if err := s.audit(ctx, tx, Caller{Principal: c.Principal}, id, access.TenantEdit, "tenant:"+id, detail); err != nil {
				return err
			}
		}
		return s.audit(ctx, tx, c, c.Tenant, access.TenantEdit, "tenant:"+id, detail)
	})
	return t, err
}

// SuspendedTenants are the ids of those that are.
func (s *Service) SuspendedTenants(ctx context.Context) (ids []string, err error) {
	err = s.deps.DB.Glance(ctx, func(q db.Querier) (err error) {
		ids, err = db.Values[string](ctx, q, `SELECT id FROM tenant WHERE active = 0`)
		return err
	})
	return ids, err
}

// TenantActive reports whether an organisation is there and not suspended.
func (s *Service) TenantActive(ctx context.Context, id string) (active bool, err error) {
	if !plain(id, maxID) {
		return false, nil
	}
	err = s.deps.DB.Glance(ctx, func(q db.Querier) error {
		n, err := db.Value[int64](ctx, q, `SELECT active FROM tenant WHERE id = $1`, id)
		active = n != 0
		if errors.Is(err, db.ErrNone) {
			return nil
		}
		return err
	})
	return active, err
}
