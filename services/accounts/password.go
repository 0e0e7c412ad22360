package accounts

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"switchyard/access"
	"switchyard/internal/db"
)

const (
	minPassword = 10 // characters
	maxPassword = 200
	maxTyped    = 16 * maxPassword // bytes of a password as it is typed: a character may be several, of up to four bytes
	fewest      = 5                // different characters
)

// ChangePassword replaces the caller's password; signOut also ends all its other sessions.
func (s *Service) ChangePassword(ctx context.Context, c Caller, old, new string, signOut bool) error {
	seen, err := s.self(ctx, c, access.SelfPassword)
	if err != nil {
		return err
	}
	if err := s.needFlag(ctx, c, "password_change", access.SelfPassword); err != nil {
		return err
	}
	if err := s.trySession(ctx, c, seen, func() error { return s.checkPasswordOf(ctx, seen, old) }); err != nil {
		return err
	}
	if err := checkPassword("new_password", new, &seen.User); err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, new)
	if err != nil {
		return err
	}
	return s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		r, err := lockUserOf(ctx, tx, c, c.ID)
		switch {
		case err != nil:
			return err
		case r.password != seen.password:
			return ErrWrong // the old one is another one by now
		}
		if err := s.setPassword(ctx, tx, c, r, hash); err != nil {
			return err
		}
		if signOut {
			if err := s.endSessions(ctx, tx, c, r.ID, c.Session); err != nil {
				return err
			}
		}
		return s.audit(ctx, tx, c, r.Tenant, access.SelfPassword, r.subject(), struct{}{})
	})
}

// setPassword makes links that were mailed before worthless: whoever asked for them may be who it is changed against. That a new
// account has its first password is news to nobody.
func (s *Service) setPassword(ctx context.Context, tx *db.Tx, c Caller, r *userRow, hash string) error {
	if err := dropLinks(ctx, tx, r.ID); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE user_account SET password = $2, version = version + 1 WHERE id = $1`, r.ID, hash); err != nil {
		return err
	}
	if r.password == "" && !r.SSO {
		return nil
	}
	return s.notify(ctx, tx, c, r, r.Email, passwordChangedText)
}

// hashNew checks and hashes a new password; "" stays "".
func (s *Service) hashNew(ctx context.Context, password string, u *User) (string, error) {
	if password == "" {
		return "", nil
	}
	if err := checkPassword("password", password, u); err != nil {
		return "", err
	}
	return s.hasher.hash(ctx, password)
}

// checkPassword says what is wrong without repeating it (NIST SP 800-63B section 5.1.1: length, no rules of composition,
// nothing that is guessed first).
func checkPassword(field, password string, of *User) error {
	if !utf8.ValidString(password) {
		return &FieldError{field, "", "is not text"}
	}
	password = opaque(password)
	switch n := utf8.RuneCountInString(password); {
	case n < minPassword || n > maxPassword:
		return &FieldError{field, "", fmt.Sprintf("has %d characters; %d to %d are allowed", n, minPassword, maxPassword)}
	case common[strings.ToLower(password)] || monotonous(password):
		return &FieldError{field, "", "is one of the passwords that are tried first; choose another"}
	case namesItself(password, of):
		return &FieldError{field, "", "is the name or the address of its owner; choose another"}
	}
	return nil
}

// monotonous: few different characters, or each is the next or the last of the one before.
func monotonous(password string) bool {
	different := map[rune]bool{}
	steps, before := 0, rune(0)
	for _, r := range password {
		different[r] = true
		if r-before == 1 || before-r == 1 {
			steps++
		}
		before = r
	}
	return len(different) < fewest || steps >= utf8.RuneCountInString(password)-2
}

func namesItself(password string, u *User) bool {
	if u == nil {
		return false
	}
	letters := func(s string) string { return strings.ReplaceAll(db.Fold(s), " ", "") }
	local, _, _ := strings.Cut(u.Email, "@")
	for _, own := range []string{u.Email, local, u.FirstName + u.LastName, u.LastName + u.FirstName} {
		if own != "" && letters(password) == letters(own) {
			return true
		}
	}
	return false
}

// common are passwords long enough that lists of leaks have at their head, in small letters.
var common = map[string]bool{
	"1234567890": true, "0123456789": true, "12345678910": true, "1q2w3e4r5t": true, "qwertyuiop": true, "password12": true,
	"password123": true, "password1234": true, "passw0rd123": true, "iloveyou123": true, "administrator": true, "welcome123": true,
	"changeme123": true, "letmein1234": true, "qwerty12345": true, "qwerty123456": true, "1111111111": true, "0000000000": true,
	"abcdefghij": true, "abc1234567": true, "football123": true, "switchyard": true, "switchyard1": true, "asdfghjkl1": true, "zaq12wsxcde3": true,
	"1q2w3e4r5t6y": true, "qazwsxedcrfv": true, "password1!": true, "p@ssw0rd123": true, "sommer2026": true, "qwertyuiop123": true, "azertyuiop": true,
}
