package meetings

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"math/big"
	"time"

	"switchyard/internal/db"
)

const (
	numberDigits = 9
	codeDigits   = 6
	numberTries  = 20
	numberRest   = 400 * 24 * time.Hour // for which a number is given to nobody else
)

// digits is a random text of n of them; zeros in front count.
func digits(n int) string {
	most := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
	v, err := rand.Int(rand.Reader, most)
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	return fmt.Sprintf("%0*d", n, v)
}

// takeNumber gives a meeting a number that no other has or had lately.
func (s *Service) takeNumber(ctx context.Context, tx *db.Tx, meeting string) (string, error) {
	for range numberTries {
		number := s.digits(numberDigits)
		n, err := tx.Exec(ctx, `INSERT INTO meeting_number (number, meeting, freed) VALUES ($1, $2, 0)
			ON CONFLICT (number) DO UPDATE SET meeting = excluded.meeting, freed = 0
			WHERE meeting_number.freed <> 0 AND meeting_number.freed < $3`, number, meeting, s.now().Add(-numberRest).UnixMicro())
		if err != nil || n == 1 {
			return number, err
		}
	}
	return "", errors.New("no free number was found: nearly all are in use")
}

// freeNumber lets a meeting's number rest.
func (s *Service) freeNumber(ctx context.Context, tx *db.Tx, meeting string) error {
	_, err := tx.Exec(ctx, `UPDATE meeting_number SET freed = $2 WHERE meeting = $1 AND freed = 0`, meeting, s.now().UnixMicro())
	return err
}

func validNumber(number string) bool {
	if len(number) != numberDigits {
		return false
	}
	for _, r := range number {
		if r < '0' || r > '9' {
			return false
		}
	}
	return true
}

// newCodes gives a meeting two passcodes, which differ.
func (s *Service) newCodes(r *meetingRow) {
	host, guest := digits(codeDigits), digits(codeDigits)
	for guest == host {
		guest = digits(codeDigits)
	}
	r.hostCode, r.guestCode = s.deps.Sealer.Seal(host, r.codePlace("host")), s.deps.Sealer.Seal(guest, r.codePlace("guest"))
}

func (r *meetingRow) codePlace(whose string) string { return "meeting:" + r.ID + ":" + whose }

func (s *Service) codes(r *meetingRow) (host, guest string, err error) {
	if host, err = s.deps.Sealer.Open(r.hostCode, r.codePlace("host")); err != nil {
		return "", "", fmt.Errorf("the host's passcode: %w", err)
	}
	if guest, err = s.deps.Sealer.Open(r.guestCode, r.codePlace("guest")); err != nil {
		return "", "", fmt.Errorf("the guests' passcode: %w", err)
	}
	return host, guest, nil
}

// checkCode wants either passcode; both comparisons take the same time whatever was given.
func (s *Service) checkCode(r *meetingRow, code string) error {
	host, guest, err := s.codes(r)
	if err != nil {
		return err
	}
	isHost := subtle.ConstantTimeCompare([]byte(code), []byte(host))
	isGuest := subtle.ConstantTimeCompare([]byte(code), []byte(guest))
	if isHost|isGuest == 0 {
		return ErrPasscode
	}
	return nil
}

// guess runs what tells whether a secret is right; being wrong too often is a *WaitError.
func (s *Service) guess(c Caller, try func() error, wrong ...error) error {
	if wait := s.guesses.Wait(c.Address, s.now()); wait > 0 {
		return &WaitError{wait}
	}
	err := try()
	for _, w := range wrong {
		if errors.Is(err, w) {
			s.guesses.Wrong(c.Address, s.now())
		}
	}
	return err
}
