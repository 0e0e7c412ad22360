package accounts

import (
	"context"
	"errors"
	"slices"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

// Department groups users of a tenant.
type Department struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Members int64  `json:"members"`
	Version int64  `json:"version"`
}

func (d *Department) columns() []any { return []any{&d.ID, &d.Name, &d.Members, &d.Version} }

const departmentColumns = `d.id, d.name, (SELECT count(*) FROM department_member m WHERE m.department = d.id), d.version`

func (d *Department) subject() string { return "department:" + d.ID }

// Departments lists those of the caller's tenant by name, and how far the event log had come.
func (s *Service) Departments(ctx context.Context, c Caller) (all []Department, seq int64, err error) {
	if err := s.allow(c, access.DepartmentList, access.Target{}); err != nil {
		return nil, 0, err
	}
	err = s.deps.DB.Read(ctx, func(q db.Querier) error {
		all, err = db.All(ctx, q, (*Department).columns, `SELECT `+departmentColumns+` FROM department d WHERE d.tenant = $1 ORDER BY d.name_key, d.id`, c.Tenant)
		if err != nil {
			return err
		}
		head, err := eventlog.ReadHead(ctx, q, c.Tenant)
		seq = head.Seq
		return err
	})
	return all, seq, err
}

// CreateDepartment adds one. A *FieldError if the name is taken.
func (s *Service) CreateDepartment(ctx context.Context, c Caller, name string) (Department, error) {
	return s.changeDepartment(ctx, c, name, "department.created", func(ctx context.Context, tx *db.Tx) (string, error) {
		n, err := db.Value[int64](ctx, tx, `SELECT count(*) FROM department WHERE tenant = $1`, c.Tenant)
		if err != nil {
			return "", err
		}
		if n >= maxTenantDepartments {
			return "", fault("name", name, "is the next of too many; at most %d departments are allowed", maxTenantDepartments)
		}
		id := newID()
		_, err = tx.Exec(ctx, `INSERT INTO department (id, tenant, name, name_key, created, version) VALUES ($1, $2, $3, $4, $5, 1)`,
			id, c.Tenant, name, db.Fold(name), s.now().UnixMicro())
		return id, err
	})
}

// RenameDepartment gives it another name. ErrVersion if it is not as the caller read it; 0 is any.
func (s *Service) RenameDepartment(ctx context.Context, c Caller, id, name string, ifVersion int64) (Department, error) {
	return s.changeDepartment(ctx, c, name, "department.updated", func(ctx context.Context, tx *db.Tx) (string, error) {
		if err := departmentVersion(ctx, tx, c, id, ifVersion); err != nil {
			return "", err
		}
		_, err := tx.Exec(ctx, `UPDATE department SET name = $2, name_key = $3, version = version + 1 WHERE id = $1`, id, name, db.Fold(name))
		return id, err
	})
}

func (s *Service) changeDepartment(ctx context.Context, c Caller, name, what string, change func(context.Context, *db.Tx) (id string, err error)) (Department, error) {
	if err := s.allow(c, access.DepartmentEdit, access.Target{}); err != nil {
		return Department{}, err
	}
	if err := checkText("name", name, 1, 100); err != nil {
		return Department{}, err
	}
	var d Department
	err := s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		if err := lockTenant(ctx, tx, c.Tenant); err != nil {
			return err
		}
		id, err := change(ctx, tx)
		if err != nil {
			return err
		}
		if d, err = db.One(ctx, tx, (*Department).columns, `SELECT `+departmentColumns+` FROM department d WHERE d.id = $1`, id); err != nil {
			return err
		}
		if err := s.emit(tx, c, c.Tenant, what, d.subject(), eventlog.Everybody, d); err != nil {
			return err
		}
		return s.audit(ctx, tx, c, c.Tenant, access.DepartmentEdit, d.subject(), map[string]string{"name": name})
	})
	switch {
	case db.Conflicts(err, "department__tenant__name_key"):
		return Department{}, fault("name", name, "is the name of another department")
	case err != nil:
		return Department{}, err
	}
	return d, nil
}

func departmentVersion(ctx context.Context, q db.Querier, c Caller, id string, ifVersion int64) error {
	if !plain(id, maxID) {
		return access.ErrNotFound
	}
	version, err := db.Value[int64](ctx, q, `SELECT version FROM department WHERE id = $1 AND tenant = $2`, id, c.Tenant)
	switch {
	case errors.Is(err, db.ErrNone):
		return access.ErrNotFound
	case err != nil:
		return err
	case ifVersion != 0 && ifVersion != version:
		return ErrVersion
	}
	return nil
}

// DeleteDepartment removes one; its members stay.
func (s *Service) DeleteDepartment(ctx context.Context, c Caller, id string) error {
	if err := s.allow(c, access.DepartmentEdit, access.Target{}); err != nil {
		return err
	}
	return s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		if err := lockTenant(ctx, tx, c.Tenant); err != nil {
			return err
		}
		if err := departmentVersion(ctx, tx, c, id, 0); err != nil {
			return err
		}
		members, err := db.Values[string](ctx, tx, `DELETE FROM department_member WHERE department = $1 RETURNING user_id`, id)
		if err != nil {
			return err
		}
		slices.Sort(members)
		for _, member := range members {
			r, err := lockUser(ctx, tx, member)
			if err != nil {
				return err
			}
			if _, err := s.store(ctx, tx, c, r, r.User); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `DELETE FROM department WHERE id = $1`, id); err != nil {
			return err
		}
		subject := "department:" + id
		if err := s.emit(tx, c, c.Tenant, "department.deleted", subject, eventlog.Everybody, map[string]string{"id": id}); err != nil {
			return err
		}
		return s.audit(ctx, tx, c, c.Tenant, access.DepartmentEdit, subject, map[string]string{"what": "deleted"})
	})
}

const (
	maxDepartments       = 50 // of one user
	maxTenantDepartments = 1000
)

// setDepartments replaces what departments a user belongs to. A *FieldError if one does not exist.
func setDepartments(ctx context.Context, tx *db.Tx, tenant, user string, departments []string) error {
	if len(departments) > maxDepartments {
		return fault("departments", "", "has %d entries; at most %d are allowed", len(departments), maxDepartments)
	}
	if _, err := tx.Exec(ctx, `DELETE FROM department_member WHERE user_id = $1`, user); err != nil {
		return err
	}
	for _, d := range departments {
		if !plain(d, maxID) {
			return fault("departments", "", "is not a department")
		}
		n, err := tx.Exec(ctx, `INSERT INTO department_member (department, user_id)
			SELECT id, $2 FROM department WHERE id = $1 AND tenant = $3 ON CONFLICT DO NOTHING`, d, user, tenant)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault("departments", d, "is not a department, or is there twice")
		}
	}
	return nil
}
