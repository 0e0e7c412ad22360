package accounts

import (
	"context"
	"errors"

	"switchyard/access"
	"switchyard/internal/db"
)

// Errors of signing in.
var (
	ErrWrong        = errors.New("the e-mail address or the password is wrong")
	ErrSecondFactor = errors.New("a code of the second factor is needed")
	ErrWrongCode    = errors.New("the code is wrong or was used before")
	ErrUseSSO       = errors.New("this account signs in with the organisation's identity provider")
)

// SignIn is what somebody offers as proof.
type SignIn struct {
	Email    string
	Password string
	Code     string // of the second factor or a recovery code; "" if it was not asked for yet
	Device   string // what the device calls itself
	Remember bool   // keep it signed in
}

// SignedIn is a session that has begun.
type SignedIn struct {
	Secret  string // for the cookie
	Session string
	User    User
}

// SignIn begins a session. ErrWrong, which does not tell whether there is such an account; once the password was
// right ErrSecondFactor, ErrWrongCode or, where passwords are not taken, ErrUseSSO; *WaitError; ErrBusy.
func (s *Service) SignIn(ctx context.Context, c Caller, in SignIn) (SignedIn, error) {
	if err := checkText("device", in.Device, 0, maxDevice); err != nil {
		return SignedIn{}, err
	}
	account := ""
	if plain(in.Email, maxEmail) {
		account = db.Fold(in.Email)
	}
	if account == "" || len(account) > maxEmail || len(in.Password) > maxTyped {
		return SignedIn{}, ErrWrong
	}
	try, err := s.tryAccount(ctx, c, account)
	if err != nil {
		return SignedIn{}, err
	}
	seen, err := s.userByEmail(ctx, account)
	out := SignedIn{}
	if err == nil {
		out, err = s.signIn(ctx, c, seen, in)
	}
	try.end(err)
	if err != nil {
		s.auditFailure(ctx, c, seen, err)
	}
	return out, err
}

func (s *Service) signIn(ctx context.Context, c Caller, seen *userRow, in SignIn) (SignedIn, error) {
	right, err := s.hasher.matches(ctx, in.Password, seen.password)
	if err != nil {
		return SignedIn{}, err
	}
	if !right {
		return SignedIn{}, ErrWrong
	}
	var out SignedIn
	err = s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		r, err := lockUser(ctx, tx, seen.ID)
		switch {
		case errors.Is(err, db.ErrNone), err == nil && (r.password != seen.password || !r.Active):
			return ErrWrong // it was changed since
		case err != nil:
			return err
		}
		settings, err := tenantSettings(ctx, tx, r.Tenant)
		if err != nil {
			return err
		}
		if !settings.passwordFor(r) {
			return ErrUseSSO
		}
		detail := map[string]string{"device": in.Device}
		if r.SecondFactor {
			if detail["second_factor"], err = s.checkCode(ctx, tx, r, in.Code); err != nil {
				return err
			}
		}
		if out.Secret, out.Session, err = s.startSession(ctx, tx, c, r, in.Device, in.Remember, s.now()); err != nil {
			return err
		}
		out.User = r.User
		return s.audit(ctx, tx, Caller{principalOf(r), c.Address}, r.Tenant, access.SignIn, r.subject(), detail)
	})
	if err != nil {
		return SignedIn{}, err
	}
	return out, nil
}

// userByEmail returns an empty row if there is none, so that what follows takes as long.
func (s *Service) userByEmail(ctx context.Context, key string) (*userRow, error) {
	var r *userRow
	err := s.deps.DB.Read(ctx, func(q db.Querier) (err error) {
		r, err = oneUser(ctx, q, `u.email_key = $1 AND `+mayEnter, key)
		return err
	})
	if errors.Is(err, db.ErrNone) {
		return &userRow{}, nil
	}
	return r, err
}

// Reauthenticate takes a fresh proof for the caller's session: the password and, with a second factor, a code. For an
// account without a password it is ErrUseSSO.
func (s *Service) Reauthenticate(ctx context.Context, c Caller, password, code string) error {
	seen, err := s.self(ctx, c, access.SelfRead)
	if err != nil {
		return err
	}
	return s.trySession(ctx, c, seen, func() error {
		if err := s.checkPasswordOf(ctx, seen, password); err != nil {
			return err
		}
		return s.deps.DB.Write(ctx, func(tx *db.Tx) error {
			r, err := lockUserOf(ctx, tx, c, c.ID)
			switch {
			case err != nil:
				return err
			case r.password != seen.password:
				return ErrWrong
			case r.SecondFactor:
				if _, err := s.checkCode(ctx, tx, r, code); err != nil {
					return err
				}
			}
			return s.proveAgain(ctx, tx, c.ID, c.Session)
		})
	})
}

// trySession is for guesses of who is signed in, as r: strangers who guess at the same account must not be in its way.
func (s *Service) trySession(ctx context.Context, c Caller, r *userRow, f func() error) error {
	try, err := s.guesses.begin("\x00session "+c.Session, c.Address, s.now(), false)
	if err != nil {
		return err
	}
	err = f()
	try.end(err)
	s.auditFailure(ctx, c, r, err)
	return err
}

// self reads the caller's own row.
func (s *Service) self(ctx context.Context, c Caller, op access.Operation) (*userRow, error) {
	if err := s.allow(c, op, access.Target{Owner: c.ID}); err != nil {
		return nil, err
	}
	var r *userRow
	err := s.deps.DB.Read(ctx, func(q db.Querier) (err error) {
		r, err = userOf(ctx, q, c, c.ID)
		return err
	})
	return r, err
}

func (s *Service) checkPasswordOf(ctx context.Context, r *userRow, password string) error {
	if r.password == "" {
		return ErrUseSSO
	}
	if len(password) > maxTyped {
		return ErrWrong
	}
	right, err := s.hasher.matches(ctx, password, r.password)
	if err == nil && !right {
		err = ErrWrong
	}
	return err
}
