package accounts

import (
	"context"
	"slices"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

// NewUser is what an account begins with. Without a password the person gets a link
// by mail with which to choose one.
type NewUser struct {
	Email       string
	FirstName   string
	LastName    string
	Role        access.Role // "" is a user
	Language    string      // "" is the tenant's
	Departments []string
	Password    string // "" sends a link
}

// CreateUser adds a user to the caller's tenant. A *FieldError if the address is taken.
func (s *Service) CreateUser(ctx context.Context, c Caller, n NewUser) (User, error) {
	if n.Role == "" {
		n.Role = access.RoleUser
	}
	if err := s.mayAssign(c, n.Role, n.Departments); err != nil {
		return User{}, err
	}
	if err := s.allow(c, access.UserCreate, access.Target{Departments: n.Departments}); err != nil {
		return User{}, err
	}
	hash, err := s.hashNew(ctx, n.Password, n.user())
	if err != nil {
		return User{}, err
	}
	var u User
	err = s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		if err := lockTenant(ctx, tx, c.Tenant); err != nil {
			return err
		}
		r, err := s.insertUser(ctx, tx, c, c.Tenant, n, hash)
		if err != nil {
			return err
		}
		u = r.User
		if n.Password == "" {
			if err := s.mailWelcome(ctx, tx, r); err != nil {
				return err
			}
		}
		return s.audit(ctx, tx, c, u.Tenant, access.UserCreate, u.subject(), map[string]any{"email": u.Email, "role": u.Role})
	})
	if err != nil {
		return User{}, takenEmail(err, n.Email)
	}
	return u, nil
}

func (n *NewUser) user() *User {
	return &User{Email: n.Email, FirstName: n.FirstName, LastName: n.LastName}
}

// insertUser checks and writes a new account and announces it.
func (s *Service) insertUser(ctx context.Context, tx *db.Tx, c Caller, tenant string, n NewUser, hash string) (*userRow, error) {
	settings, err := tenantSettings(ctx, tx, tenant)
	if err != nil {
		return nil, err
	}
	if n.Language == "" {
		n.Language = settings.Language
	}
	r := &userRow{User: User{
		ID: newID(), Tenant: tenant, Email: n.Email, FirstName: n.FirstName, LastName: n.LastName, Role: n.Role, Language: n.Language,
		Active: true, Version: 1, Departments: n.Departments,
	}, password: hash, active: 1, created: s.now().UnixMicro()}
	if err := r.check(); err != nil {
		return nil, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO user_account (id, tenant, email, email_key, first_name, last_name, search_key, role, language,
			preferences, avatar, active, password, totp_secret, totp_on, totp_step, sso_issuer, sso_subject, created, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '{}', '', 1, $10, '', 0, 0, '', '', $11, 1)`,
		r.ID, tenant, r.Email, db.Fold(r.Email), r.FirstName, r.LastName, searchKey(&r.User), string(r.Role), r.Language, hash, r.created)
	if err != nil {
		return nil, err
	}
	if err := setDepartments(ctx, tx, tenant, r.ID, n.Departments); err != nil {
		return nil, err
	}
	r, err = oneUser(ctx, tx, `u.id = $1`, r.ID)
	if err != nil {
		return nil, err
	}
	return r, s.emit(tx, c, tenant, "user.created", r.subject(), eventlog.Everybody, r.public())
}

// public is what the event log tells of a user: what others may see.
func (u *User) public() any {
	return struct {
		ID          string   `json:"id"`
		Name        string   `json:"name"`
		Email       string   `json:"email"`
		Language    string   `json:"language"`
		Avatar      string   `json:"avatar,omitempty"`
		Active      bool     `json:"active"`
		Departments []string `json:"departments"`
		Version     int64    `json:"version"`
	}{u.ID, u.Name, u.Email, u.Language, u.Avatar, u.Active, u.Departments, u.Version}
}

func (r *userRow) check() error {
	email, err := checkEmail("email", r.Email)
	if err != nil {
		return err
	}
	r.Email = email
	if err := checkText("first_name", r.FirstName, 0, maxName); err != nil {
		return err
	}
	if err := checkText("last_name", r.LastName, 0, maxName); err != nil {
		return err
	}
	if !slices.Contains(access.Roles, r.Role) {
		return fault("role", string(r.Role), "is not one of user, department_admin, admin")
	}
	return oneOf("language", r.Language, Languages)
}

// mayAssign: a department administrator makes ordinary users of its own departments, no more; and who cannot give
// somebody a role cannot make somebody who has it.
func (s *Service) mayAssign(c Caller, role access.Role, departments []string) error {
	if role != access.RoleUser {
		return s.allow(c, access.UserRole, access.Target{})
	}
	if len(departments) == 0 {
		return s.allow(c, access.UserCreate, access.Target{}) // in the tenant, not only in a department
	}
	for _, d := range departments {
		if err := s.allow(c, access.UserCreate, access.Target{Departments: []string{d}}); err != nil {
			return err
		}
	}
	return nil
}

func takenEmail(err error, email string) error {
	if db.Conflicts(err, "user_account__email_key") {
		return fault("email", email, "is the address of another account")
	}
	return err
}
