package accounts

import (
	"context"
	"errors"

	"switchyard/access"
	"switchyard/internal/db"
)

// passwordAllowed reports whether a user may have a password at all: not who signs in with the identity provider,
// as long as the tenant has that one. Without it a password by mail is the only way back.
func passwordAllowed(ctx context.Context, q db.Querier, r *userRow) (bool, error) {
	settings, err := tenantSettings(ctx, q, r.Tenant)
	if err != nil {
		return false, err
	}
	cfg, err := tenantSSO(ctx, q, r.Tenant)
	if errors.Is(err, db.ErrNone) { // the tenant is not active
		return false, nil
	}
	return settings.passwordFor(r) && !cfg.binds(r), err
}

func (s *Service) mailWelcome(ctx context.Context, tx *db.Tx, r *userRow) error {
	allowed, err := passwordAllowed(ctx, tx, r)
	if err != nil || !allowed {
		return err
	}
	secret, err := s.newLink(ctx, tx, forPassword, r.ID, "", welcomeLinkAge)
	if err != nil || secret == "" {
		return err
	}
	return s.mail(ctx, tx, r, r.Email, welcomeText, r.Name, s.address("/reset", secret))
}

// ForgotPassword mails a link to who has an account with that address and may have a password. It
// tells nobody whether there is one. *WaitError if too many were asked for from an address.
func (s *Service) ForgotPassword(ctx context.Context, c Caller, email string) error {
	if _, err := checkEmail("email", email); err != nil {
		return err
	}
	if err := s.guesses.address(c.Address, s.now()); err != nil {
		return err
	}
	s.guesses.addresses.Wrong(c.Address, s.now()) // it counts, right or wrong
	return s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		allowed := false
		r, err := oneUser(ctx, tx, `u.email_key = $1 AND `+mayEnter, db.Fold(email))
		if err == nil {
			r, err = lockUser(ctx, tx, r.ID)
		}
		if err == nil {
			allowed, err = passwordAllowed(ctx, tx, r)
		}
		switch {
		case err != nil && !errors.Is(err, db.ErrNone):
			return err
		case !allowed: // it takes as long: it is written, too
			_, err := s.newLink(ctx, tx, forNobody, "", "", 0)
			return err
		}
		return s.mailPasswordLink(ctx, tx, r)
	})
}

func (s *Service) mailPasswordLink(ctx context.Context, tx *db.Tx, r *userRow) error {
	secret, err := s.newLink(ctx, tx, forPassword, r.ID, "", passwordLinkAge)
	if err != nil || secret == "" {
		return err
	}
	return s.mail(ctx, tx, r, r.Email, forgotText, r.Name, s.address("/reset", secret))
}

// SendPasswordLink mails another user a link to choose a new password, in place of those mailed before. ErrUseSSO.
func (s *Service) SendPasswordLink(ctx context.Context, c Caller, user string) error {
	return s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		r, err := lockUserOf(ctx, tx, c, user)
		if err != nil {
			return err
		}
		if err := s.allowOn(c, access.UserResetSafe, r); err != nil {
			return err
		}
		if !r.Active {
			return fault("user", user, "is not active")
		}
		allowed, err := passwordAllowed(ctx, tx, r)
		if err != nil {
			return err
		}
		if !allowed {
			return ErrUseSSO
		}
		if _, err := tx.Exec(ctx, `DELETE FROM one_time_link WHERE user_id = $1 AND purpose = $2`, r.ID, forPassword); err != nil {
			return err
		}
		if err := s.mailPasswordLink(ctx, tx, r); err != nil {
			return err
		}
		return s.audit(ctx, tx, c, r.Tenant, access.UserResetSafe, r.subject(), map[string]string{"what": "password"})
	})
}

// ResetPassword sets the password that a link allows and ends all sessions of the user. ErrLink.
func (s *Service) ResetPassword(ctx context.Context, c Caller, secret, password string) error {
	user, err := s.linkUser(ctx, c, forPassword, secret)
	if err != nil {
		return err
	}
	var seen *userRow
	err = s.deps.DB.Read(ctx, func(q db.Querier) (err error) {
		seen, err = oneUser(ctx, q, `u.id = $1`, user)
		return err
	})
	switch {
	case errors.Is(err, db.ErrNone):
		return ErrLink
	case err != nil:
		return err
	}
	if err := checkPassword("password", password, &seen.User); err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		r, _, err := s.linkedUser(ctx, tx, forPassword, user, secret)
		if err != nil {
			return err
		}
		allowed, err := passwordAllowed(ctx, tx, r)
		if err != nil {
			return err
		}
		if !allowed {
			return ErrUseSSO
		}
		if r.SSO { // with a provider that the tenant does not have any more
			if _, err := tx.Exec(ctx, `UPDATE user_account SET sso_issuer = '', sso_subject = '' WHERE id = $1`, r.ID); err != nil {
				return err
			}
		}
		by := Caller{principalOf(r), c.Address}
		if err := s.setPassword(ctx, tx, by, r, hash); err != nil {
			return err
		}
		if err := s.endSessions(ctx, tx, by, r.ID, ""); err != nil {
			return err
		}
		return s.audit(ctx, tx, by, r.Tenant, access.SelfPassword, r.subject(), map[string]string{"by": "link"})
	})
}
