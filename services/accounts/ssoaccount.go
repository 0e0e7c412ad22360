package accounts

import (
	"context"
	"errors"
	"strings"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

// accountOf matches by issuer and subject, which never change. An address links once, and only where the tenant says
// so. session stays if the account is linked; others do not.
func (s *Service) accountOf(ctx context.Context, tx *db.Tx, tenant, session string, who identity) (*userRow, error) {
	if err := lockTenant(ctx, tx, tenant); err != nil {
		return nil, err
	}
	cfg, err := tenantSSO(ctx, tx, tenant)
	if errors.Is(err, db.ErrNone) || err == nil && (!cfg.Enabled || cfg.Issuer != who.Issuer) {
		return nil, ErrNoSSO // it was changed meanwhile
	}
	if err != nil {
		return nil, err
	}
	r, err := oneUser(ctx, tx, `u.tenant = $1 AND u.sso_issuer = $2 AND u.sso_subject = $3`, tenant, who.Issuer, who.Subject)
	switch {
	case err == nil && !r.Active:
		return nil, ErrNoAccount
	case err == nil:
		return lockUser(ctx, tx, r.ID)
	case !errors.Is(err, db.ErrNone):
		return nil, err
	}
	if r, err = s.accountToLink(ctx, tx, tenant, &cfg, who); err != nil {
		return nil, err
	}
	// From now on the provider alone decides: a password would be a second door, and so is who came in by it.
	_, err = tx.Exec(ctx, `UPDATE user_account SET sso_issuer = $2, sso_subject = $3, password = '', version = version + 1 WHERE id = $1`, r.ID, who.Issuer, who.Subject)
	if err != nil {
		return nil, err
	}
	if r, err = oneUser(ctx, tx, `u.id = $1`, r.ID); err != nil {
		return nil, err
	}
	by := Caller{Principal: principalOf(r)}
	if err := errors.Join(dropLinks(ctx, tx, r.ID), s.endSessions(ctx, tx, by, r.ID, session)); err != nil {
		return nil, err
	}
	if err := s.emit(tx, by, tenant, "user.updated", r.subject(), eventlog.Everybody, r.public()); err != nil {
		return nil, err
	}
	return r, s.audit(ctx, tx, by, tenant, access.SelfSecurity, r.subject(), map[string]string{"sso": who.Issuer})
}

// accountToLink is that which has the identity's address, or a new one.
func (s *Service) accountToLink(ctx context.Context, tx *db.Tx, tenant string, cfg *SSO, who identity) (*userRow, error) {
	settings, err := tenantSettings(ctx, tx, tenant)
	if err != nil {
		return nil, err
	}
	email, err := checkEmail("email", who.Email)
	switch {
	case err != nil && who.unasked != nil:
		return nil, who.unasked
	case err != nil, !bool(who.Verified):
		return nil, ErrNoAccount
	}
	r, err := oneUser(ctx, tx, `u.email_key = $1`, db.Fold(email))
	switch {
	case errors.Is(err, db.ErrNone) && settings.SSOProvision:
		return s.insertUser(ctx, tx, Caller{}, tenant, NewUser{Email: email, FirstName: clip(who.First, maxName), LastName: clip(who.Last, maxName), Role: access.RoleUser}, "")
	case errors.Is(err, db.ErrNone):
		return nil, ErrNoAccount
	case err != nil:
		return nil, err
	}
	if r, err = lockUser(ctx, tx, r.ID); err != nil {
		return nil, err
	}
	switch {
	case !settings.SSOLinkByEmail, r.Tenant != tenant, !r.Active, cfg.binds(r), !sameAddress(r.Email, email):
		return nil, ErrNoAccount
	case r.SecondFactor:
		return nil, ErrState
	}
	return r, nil
}

// sameAddress leaves alone what only looks alike: an address in other letters belongs to somebody else.
func sameAddress(a, b string) bool {
	small := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r >= 'A' && r <= 'Z' {
				r += 'a' - 'A'
			}
			return r
		}, s)
	}
	return small(a) == small(b)
}
