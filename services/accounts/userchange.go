package accounts

import (
	"context"
	"slices"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

// UserChange changes the fields that are not nil.
type UserChange struct {
	Email       *string
	FirstName   *string
	LastName    *string
	Role        *access.Role
	Language    *string
	Departments *[]string
	Active      *bool
}

// UpdateUser changes a user, who may be the caller. ifVersion is that of the user as the caller read it; 0 is any.
// ErrVersion. A new address of one's own wants a fresh proof and is not taken until the mail that goes to it is answered.
func (s *Service) UpdateUser(ctx context.Context, c Caller, id string, change UserChange, ifVersion int64) (User, error) {
	var u User
	err := s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		r, err := lockUserOf(ctx, tx, c, id)
		if err != nil {
			return err
		}
		change := change // this may run again
		if err := s.mayChange(ctx, tx, c, r, change); err != nil {
			return err
		}
		if ifVersion != 0 && ifVersion != r.Version {
			return ErrVersion
		}
		self := c.Kind == access.User && c.ID == id
		if change.Email != nil && self && db.Fold(*change.Email) != db.Fold(r.Email) {
			if err := s.mailNewAddress(ctx, tx, r, *change.Email); err != nil {
				return err
			}
			change.Email = nil
		}
		before := r.User
		if err := s.apply(ctx, tx, c, r, change); err != nil {
			return err
		}
		if u, err = s.store(ctx, tx, c, r, before); err != nil {
			return err
		}
		diff := changed(before, u)
		_, onlyName := diff["name"]
		if self && (len(diff) == 0 || onlyName && len(diff) == 1) {
			return nil
		}
		return s.audit(ctx, tx, c, u.Tenant, access.UserUpdate, u.subject(), diff)
	})
	if err != nil {
		email := ""
		if change.Email != nil {
			email = *change.Email
		}
		return User{}, takenEmail(err, email)
	}
	return u, nil
}

func (s *Service) mayChange(ctx context.Context, q db.Querier, c Caller, r *userRow, change UserChange) error {
	self := c.Kind == access.User && c.ID == r.ID
	others := r.target() // what r is to everybody but itself
	others.Owner = ""
	switch {
	case self:
		if err := s.allow(c, access.SelfUpdate, r.target()); err != nil {
			return err
		}
		if err := s.mayChangeSelf(ctx, q, c, r, change); err != nil {
			return err
		}
	case r.Role != access.RoleUser && (change.Email != nil || change.Active != nil || change.Departments != nil):
		if err := s.allowOn(c, access.UserUpdate, r); err != nil {
			return err
		}
	case !change.onlyLeaves(r): // who only leaves is a matter of the departments concerned, which are asked about below
		if err := s.allow(c, access.UserUpdate, others); err != nil {
			return err
		}
	}
	if change.Role != nil && *change.Role != r.Role {
		if err := s.allow(c, access.UserRole, r.target()); err != nil {
			return err
		}
	}
	if change.Active != nil {
		if err := s.allow(c, access.UserUpdate, others); err != nil {
			return err
		}
	}
	if change.Departments != nil {
		for _, d := range difference(r.Departments, *change.Departments) {
			if err := s.allow(c, access.UserUpdate, access.Target{Tenant: r.Tenant, Departments: []string{d}}); err != nil {
				return err
			}
		}
	}
	return nil
}

// onlyLeaves reports whether nothing happens to a user but that it is taken out of departments. To be put into one is another
// matter: whose people it belongs to then has power over its account.
func (change UserChange) onlyLeaves(r *userRow) bool {
	if change.Departments == nil || change != (UserChange{Departments: change.Departments}) {
		return false
	}
	joins := func(d string) bool { return !slices.Contains(r.Departments, d) }
	leaves := func(d string) bool { return !slices.Contains(*change.Departments, d) }
	return !slices.ContainsFunc(*change.Departments, joins) && slices.ContainsFunc(r.Departments, leaves)
}

func (s *Service) mayChangeSelf(ctx context.Context, q db.Querier, c Caller, r *userRow, change UserChange) error {
	if change.Active != nil && !*change.Active {
		return fault("active", "false", "would lock out the one who asks; somebody else has to do it")
	}
	// To whom an address belongs belongs the account.
	if change.Email != nil && *change.Email != r.Email {
		if err := s.allow(c, access.SelfSecurity, r.target()); err != nil {
			return err
		}
	}
	if change.Email == nil && change.FirstName == nil && change.LastName == nil {
		return nil
	}
	return s.needFlagIn(ctx, q, c, "profile_edit", access.SelfUpdate)
}

// difference is what only one of the two has: what is added and what is taken away.
func difference(a, b []string) []string {
	var only []string
	for _, x := range a {
		if !slices.Contains(b, x) {
			only = append(only, x)
		}
	}
	for _, x := range b {
		if !slices.Contains(a, x) {
			only = append(only, x)
		}
	}
	return only
}

func (s *Service) apply(ctx context.Context, tx *db.Tx, c Caller, r *userRow, change UserChange) error {
	set(&r.Email, change.Email)
	set(&r.FirstName, change.FirstName)
	set(&r.LastName, change.LastName)
	set(&r.Language, change.Language)
	set(&r.Active, change.Active)
	demoted := change.Role != nil && r.Role == access.RoleAdmin && *change.Role != access.RoleAdmin
	set(&r.Role, change.Role)
	if demoted || !r.Active && r.Role == access.RoleAdmin {
		if err := anotherAdmin(ctx, tx, r); err != nil {
			return err
		}
	}
	if change.Departments != nil {
		if err := setDepartments(ctx, tx, r.Tenant, r.ID, *change.Departments); err != nil {
			return err
		}
	}
	if !r.Active {
		if err := dropLinks(ctx, tx, r.ID); err != nil {
			return err
		}
		return s.endSessions(ctx, tx, c, r.ID, "")
	}
	return nil
}

func set[T any](into *T, from *T) {
	if from != nil {
		*into = *from
	}
}

// store writes what a user's row may change in and announces it. The row is locked. Links that went to another address
// than the user has now are worthless; one that is only written otherwise is the same.
func (s *Service) store(ctx context.Context, tx *db.Tx, c Caller, r *userRow, before User) (User, error) {
	if err := r.check(); err != nil {
		return User{}, err
	}
	if db.Fold(r.Email) != db.Fold(before.Email) {
		if err := dropLinks(ctx, tx, r.ID); err != nil {
			return User{}, err
		}
		if err := s.notify(ctx, tx, c, r, before.Email, addressChangedText); err != nil {
			return User{}, err
		}
	}
	_, err := tx.Exec(ctx, `UPDATE user_account SET email = $2, email_key = $3, first_name = $4, last_name = $5, search_key = $6, role = $7,
			language = $8, active = $9, avatar = $10, version = version + 1 WHERE id = $1`,
		r.ID, r.Email, db.Fold(r.Email), r.FirstName, r.LastName, searchKey(&r.User), string(r.Role), r.Language, bit(r.Active), r.Avatar)
	if err != nil {
		return User{}, err
	}
	after, err := oneUser(ctx, tx, `u.id = $1`, r.ID)
	if err != nil {
		return User{}, err
	}
	return after.User, s.emit(tx, c, after.Tenant, "user.updated", after.subject(), eventlog.Everybody, after.public())
}

// changed names the fields that differ.
func changed(before, after User) map[string]any {
	diff := map[string]any{}
	add := func(name string, a, b any) {
		if a != b {
			diff[name] = b
		}
	}
	add("email", before.Email, after.Email)
	add("name", before.Name, after.Name)
	add("role", before.Role, after.Role)
	add("active", before.Active, after.Active)
	if !slices.Equal(before.Departments, after.Departments) {
		diff["departments"] = after.Departments
	}
	return diff
}
