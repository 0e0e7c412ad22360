package accounts

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"strings"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

const (
	totpPeriod    = 30 // seconds, RFC 6238 section 5.2
	recoveryCodes = 10
)

// ErrSSOAccount: a second factor is the identity provider's business.
var ErrSSOAccount = errors.New("this account signs in with the organisation's identity provider, which has its own second factor")

// ErrState: the second factor is on already, or was not begun, or is off.
var ErrState = errors.New("the second factor is not in the state for that")

// BeginSecondFactor makes a new secret for an authenticator app, as an otpauth:// URL. It counts once
// ConfirmSecondFactor has seen a code of it.
func (s *Service) BeginSecondFactor(ctx context.Context, c Caller) (url string, err error) {
	r, err := s.self(ctx, c, access.SelfSecurity)
	switch {
	case err != nil:
		return "", err
	case r.SSO:
		return "", ErrSSOAccount
	case r.SecondFactor:
		return "", ErrState
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "Switchyard", AccountName: r.Email, Period: totpPeriod, SecretSize: 20, Rand: rand.Reader})
	if err != nil {
		return "", err
	}
	sealed := s.deps.Sealer.Seal(key.Secret(), r.ID)
	err = s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE user_account SET totp_secret = $2, totp_step = 0 WHERE id = $1 AND totp_on = 0 AND sso_subject = ''`, r.ID, sealed)
		if err == nil && n == 0 {
			err = ErrState
		}
		return err
	})
	if err != nil {
		return "", err
	}
	return key.URL(), nil
}

// ConfirmSecondFactor turns it on and returns the recovery codes, which are shown this once.
func (s *Service) ConfirmSecondFactor(ctx context.Context, c Caller, code string) (recovery []string, err error) {
	if err := s.allow(c, access.SelfSecurity, access.Target{Owner: c.ID}); err != nil {
		return nil, err
	}
	err = s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		r, err := lockUserOf(ctx, tx, c, c.ID)
		switch {
		case err != nil:
			return err
		case r.SSO:
			return ErrSSOAccount
		case r.SecondFactor, r.totpSecret == "":
			return ErrState
		}
		if err := s.checkTOTP(ctx, tx, r, bare(code)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE user_account SET totp_on = 1, version = version + 1 WHERE id = $1`, r.ID); err != nil {
			return err
		}
		if recovery, err = newRecoveryCodes(ctx, tx, r.ID); err != nil {
			return err
		}
		if err := s.notify(ctx, tx, c, r, r.Email, secondFactorOnText); err != nil {
			return err
		}
		return s.securityChanged(ctx, tx, c, r, "on")
	})
	if err != nil {
		return nil, err
	}
	return recovery, nil
}

// RenewRecoveryCodes makes the old ones worthless.
func (s *Service) RenewRecoveryCodes(ctx context.Context, c Caller) (recovery []string, err error) {
	if err := s.allow(c, access.SelfSecurity, access.Target{Owner: c.ID}); err != nil {
		return nil, err
	}
	err = s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		r, err := lockUserOf(ctx, tx, c, c.ID)
		if err != nil {
			return err
		}
		if !r.SecondFactor {
			return ErrState
		}
		if recovery, err = newRecoveryCodes(ctx, tx, r.ID); err != nil {
			return err
		}
		return s.securityChanged(ctx, tx, c, r, "recovery codes renewed")
	})
	if err != nil {
		return nil, err
	}
	return recovery, nil
}

// DropSecondFactor turns it off, for the caller itself or, if it may, for another user who has lost it.
func (s *Service) DropSecondFactor(ctx context.Context, c Caller, user string) error {
	return s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		r, err := lockUserOf(ctx, tx, c, user)
		if err != nil {
			return err
		}
		told := secondFactorOffText
		if c.Kind == access.User && user == c.ID {
			err = s.allow(c, access.SelfSecurity, r.target())
		} else {
			told = secondFactorResetText
			err = s.allowOn(c, access.UserResetSafe, r)
		}
		if err != nil {
			return err
		}
		if r.totpSecret == "" {
			return nil
		}
		if _, err := tx.Exec(ctx, `UPDATE user_account SET totp_secret = '', totp_on = 0, totp_step = 0, version = version + 1 WHERE id = $1`, r.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM recovery_code WHERE user_id = $1`, r.ID); err != nil {
			return err
		}
		if r.SecondFactor { // not one that was only begun
			if err := s.notify(ctx, tx, c, r, r.Email, told); err != nil {
				return err
			}
		}
		return s.securityChanged(ctx, tx, c, r, "off")
	})
}

func (s *Service) securityChanged(ctx context.Context, tx *db.Tx, c Caller, r *userRow, state string) error {
	err := s.emit(tx, c, r.Tenant, "user.security", r.subject(), eventlog.Audience{Users: []string{r.ID}}, map[string]string{"id": r.ID, "second_factor": state})
	return errors.Join(err, s.audit(ctx, tx, c, r.Tenant, access.SelfSecurity, r.subject(), map[string]string{"second_factor": state}))
}

// bare is a code without what people put between its parts.
func bare(code string) string {
	if len(code) > 4*recoveryLength {
		return ""
	}
	return strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(code))
}

// checkCode accepts a code of the authenticator or a recovery code, each once, and returns which it was.
func (s *Service) checkCode(ctx context.Context, tx *db.Tx, r *userRow, code string) (which string, err error) {
	if code == "" {
		return "", ErrSecondFactor
	}
	code = bare(code)
	if len(code) != recoveryLength {
		return "code", s.checkTOTP(ctx, tx, r, code)
	}
	n, err := tx.Exec(ctx, `DELETE FROM recovery_code WHERE user_id = $1 AND code_hash = $2`, r.ID, secretHash(code))
	if err == nil && n == 0 {
		err = ErrWrongCode
	}
	return "recovery code", err
}

// checkTOTP accepts the codes of this moment and one step before and after it, RFC 6238 section 5.2, and none that is not newer
// than the last one.
func (s *Service) checkTOTP(ctx context.Context, tx *db.Tx, r *userRow, code string) error {
	secret, err := s.deps.Sealer.Open(r.totpSecret, r.ID)
	if err != nil {
		return err
	}
	now := s.now().Unix() / totpPeriod
	for step := now - 1; step <= now+1; step++ {
		want, err := hotp.GenerateCodeCustom(secret, uint64(step), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err != nil {
			return err
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) != 1 {
			continue
		}
		// In the row, so that of two at once one is refused.
		n, err := tx.Exec(ctx, `UPDATE user_account SET totp_step = $2 WHERE id = $1 AND totp_step < $2`, r.ID, step)
		if err == nil && n == 0 {
			err = ErrWrongCode
		}
		return err
	}
	return ErrWrongCode
}

const recoveryLength = 12

func newRecoveryCodes(ctx context.Context, tx *db.Tx, user string) ([]string, error) {
	if _, err := tx.Exec(ctx, `DELETE FROM recovery_code WHERE user_id = $1`, user); err != nil {
		return nil, err
	}
	var codes []string
	for range recoveryCodes {
		code := rand.Text()[:recoveryLength]
		if _, err := tx.Exec(ctx, `INSERT INTO recovery_code (user_id, code_hash) VALUES ($1, $2)`, user, secretHash(code)); err != nil {
			return nil, err
		}
		codes = append(codes, code[:4]+"-"+code[4:8]+"-"+code[8:])
	}
	return codes, nil
}
