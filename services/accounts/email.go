package accounts

import (
	"context"
	"errors"

	"switchyard/access"
	"switchyard/internal/db"
)

// mailNewAddress asks whoever reads a new address whether it is the user's. That somebody of another tenant has the
// address is not told: nothing is mailed.
func (s *Service) mailNewAddress(ctx context.Context, tx *db.Tx, r *userRow, address string) error {
	address, err := checkEmail("email", address)
	if err != nil {
		return err
	}
	owner, err := db.Value[string](ctx, tx, `SELECT tenant FROM user_account WHERE email_key = $1`, db.Fold(address))
	switch {
	case err == nil && owner == r.Tenant:
		return fault("email", address, "is the address of another account")
	case err == nil:
		return nil
	case !errors.Is(err, db.ErrNone):
		return err
	}
	secret, err := s.newLink(ctx, tx, forEmail, r.ID, address, emailLinkAge)
	if err != nil {
		return err
	}
	if secret == "" {
		return fault("email", address, "is the next of too many; wait a day")
	}
	return s.mail(ctx, tx, r, address, newAddressText, r.Name, s.address("/confirm-email", secret))
}

// ConfirmEmail takes the new address that a link was mailed to. ErrLink; *WaitError.
func (s *Service) ConfirmEmail(ctx context.Context, c Caller, secret string) (User, error) {
	user, err := s.linkUser(ctx, c, forEmail, secret)
	if err != nil {
		return User{}, err
	}
	var u User
	address := ""
	err = s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		r, l, err := s.linkedUser(ctx, tx, forEmail, user, secret)
		if err != nil {
			return err
		}
		by := Caller{principalOf(r), c.Address}
		address = l.detail
		before := r.User
		r.Email = l.detail
		if u, err = s.store(ctx, tx, by, r, before); err != nil {
			return err
		}
		return s.audit(ctx, tx, by, r.Tenant, access.SelfUpdate, r.subject(), map[string]string{"email": l.detail})
	})
	if err != nil {
		return User{}, takenEmail(err, address)
	}
	return u, nil
}
