package accounts

import (
	"context"
	"errors"
	"time"

	"switchyard/internal/db"
)

// What a one-time link is for.
const (
	forSetup    = "setup"
	forPassword = "password"
	forEmail    = "email"
	forNobody   = "nobody" // costs as much as the others
)

const (
	passwordLinkAge = 30 * time.Minute
	welcomeLinkAge  = 7 * 24 * time.Hour
	emailLinkAge    = 24 * time.Hour
	setupLinkAge    = 24 * time.Hour
	maxLinks        = 5 // of one purpose that a user has at once; further ones are not mailed
)

// ErrLink: a one-time link that is not known, was used, or is too old.
var ErrLink = errors.New("the link was used already or is too old")

type link struct{ purpose, user, detail string }

func (l *link) columns() []any { return []any{&l.purpose, &l.user, &l.detail} }

// newLink stores a link and returns its secret; "" if the user has too many.
func (s *Service) newLink(ctx context.Context, tx *db.Tx, purpose, user, detail string, age time.Duration) (string, error) {
	now := s.now()
	if _, err := tx.Exec(ctx, `DELETE FROM one_time_link WHERE expires < $1`, now.UnixMicro()); err != nil {
		return "", err
	}
	n, err := db.Value[int64](ctx, tx, `SELECT count(*) FROM one_time_link WHERE user_id = $1 AND purpose = $2`, user, purpose)
	if err != nil || n >= maxLinks && purpose != forNobody {
		return "", err
	}
	secret := newSecret()
	_, err = tx.Exec(ctx, `INSERT INTO one_time_link (secret_hash, purpose, user_id, detail, expires) VALUES ($1, $2, $3, $4, $5)`,
		secretHash(secret), purpose, user, detail, now.Add(age).UnixMicro())
	return secret, err
}

// linkUser looks at a link and does not use it: what costs much is done only for who has one. ErrLink, which counts as a
// wrong guess of the caller's address; *WaitError.
func (s *Service) linkUser(ctx context.Context, c Caller, purpose, secret string) (user string, err error) {
	if c.Address.IsValid() {
		if err := s.guesses.address(c.Address, s.now()); err != nil {
			return "", err
		}
	}
	err = s.deps.DB.Read(ctx, func(q db.Querier) error {
		user, err = db.Value[string](ctx, q, `SELECT user_id FROM one_time_link WHERE secret_hash = $1 AND purpose = $2 AND expires >= $3`,
			secretHash(secret), purpose, s.now().UnixMicro())
		return err
	})
	if errors.Is(err, db.ErrNone) {
		if c.Address.IsValid() {
			s.guesses.addresses.Wrong(c.Address, s.now())
		}
		return "", ErrLink
	}
	return user, err
}

// useLink takes a link out, so that it works once.
func (s *Service) useLink(ctx context.Context, tx *db.Tx, purpose, secret string) (link, error) {
	l, err := db.One(ctx, tx, (*link).columns, `DELETE FROM one_time_link WHERE secret_hash = $1 AND purpose = $2 AND expires >= $3
		RETURNING purpose, user_id, detail`, secretHash(secret), purpose, s.now().UnixMicro())
	if errors.Is(err, db.ErrNone) {
		return link{}, ErrLink
	}
	return l, err
}

// linkedUser is useLink and the user whom the link is for, whom nobody else changes until tx ends.
func (s *Service) linkedUser(ctx context.Context, tx *db.Tx, purpose, user, secret string) (*userRow, link, error) {
	tenant, err := db.Value[string](ctx, tx, `SELECT tenant FROM user_account WHERE id = $1`, user)
	if err == nil {
		err = lockTenant(ctx, tx, tenant)
	}
	if err == nil { // neither is suspended: the tenant is locked
		_, err = db.Value[string](ctx, tx, `SELECT u.id FROM user_account u WHERE u.id = $1 AND `+mayEnter, user)
	}
	var r *userRow
	if err == nil {
		r, err = lockUser(ctx, tx, user)
	}
	switch {
	case errors.Is(err, db.ErrNone), err == nil && !r.Active:
		return nil, link{}, ErrLink
	case err != nil:
		return nil, link{}, err
	}
	l, err := s.useLink(ctx, tx, purpose, secret)
	return r, l, err
}

// dropLinks makes all links of a user worthless.
func dropLinks(ctx context.Context, tx *db.Tx, user string) error {
	_, err := tx.Exec(ctx, `DELETE FROM one_time_link WHERE user_id = $1`, user)
	return err
}

// address is what a mail or a console shows. The secret is in the fragment, which browsers
// send to nobody and servers do not log.
func (s *Service) address(page, secret string) string {
	return s.deps.PublicURL() + page + "#" + secret
}

// mail queues a text in the user's language.
func (s *Service) mail(ctx context.Context, tx *db.Tx, r *userRow, to string, t text, args ...any) error {
	return s.deps.Mail.Enqueue(ctx, tx, t.in(r.Language).message(to, r.Name, r.Language, args...))
}
