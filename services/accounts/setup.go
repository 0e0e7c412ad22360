package accounts

import (
	"context"
	"fmt"

	"switchyard/access"
	"switchyard/internal/db"
)

// SetupLink returns the address with which the first administrator makes its account, or "" if there is an
// account already. Each call makes the links of earlier ones worthless.
func (s *Service) SetupLink(ctx context.Context) (string, error) {
	address := ""
	err := s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		address = ""
		if err := s.ensureDefaultTenant(ctx, tx); err != nil {
			return err
		}
		if err := lockTenant(ctx, tx, access.DefaultTenant); err != nil {
			return err
		}
		n, err := db.Value[int64](ctx, tx, `SELECT count(*) FROM user_account`)
		if err != nil || n > 0 {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM one_time_link WHERE purpose = $1`, forSetup); err != nil {
			return err
		}
		secret, err := s.newLink(ctx, tx, forSetup, "", "", setupLinkAge)
		address = s.address("/setup", secret)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("make the link for the first administrator: %w", err)
	}
	return address, nil
}

// Setup makes the first administrator and signs it in. ErrLink.
func (s *Service) Setup(ctx context.Context, c Caller, secret string, n NewUser, device string) (SignedIn, error) {
	if _, err := s.linkUser(ctx, c, forSetup, secret); err != nil {
		return SignedIn{}, err
	}
	n.Role, n.Departments = access.RoleAdmin, nil
	if err := checkPassword("password", n.Password, n.user()); err != nil {
		return SignedIn{}, err
	}
	hash, err := s.hasher.hash(ctx, n.Password)
	if err != nil {
		return SignedIn{}, err
	}
	var out SignedIn
	err = s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		if err := lockTenant(ctx, tx, access.DefaultTenant); err != nil {
			return err
		}
		if _, err := s.useLink(ctx, tx, forSetup, secret); err != nil {
			return err
		}
		if there, err := db.Value[int64](ctx, tx, `SELECT count(*) FROM user_account`); err != nil || there > 0 {
			if err == nil {
				err = ErrLink
			}
			return err
		}
		r, err := s.insertUser(ctx, tx, Caller{}, access.DefaultTenant, n, hash)
		if err != nil {
			return err
		}
		out.User = r.User
		out.Secret, out.Session, err = s.startSession(ctx, tx, c, r, device, true, s.now())
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, Caller{principalOf(r), c.Address}, r.Tenant, access.UserCreate, r.subject(), map[string]string{"by": "setup"})
	})
	if err != nil {
		return SignedIn{}, takenEmail(err, n.Email)
	}
	return out, nil
}

// Empty reports whether there is no account yet.
func (s *Service) Empty(ctx context.Context) (empty bool, err error) {
	err = s.deps.DB.Read(ctx, func(q db.Querier) error {
		n, err := db.Value[int64](ctx, q, `SELECT count(*) FROM user_account`)
		empty = n == 0
		return err
	})
	return empty, err
}
