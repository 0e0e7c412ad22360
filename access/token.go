package access

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"switchyard/sfu"
)

// Limits of tokens.
const (
	MaxToken = 8 << 10          // bytes
	Leeway   = 30 * time.Second // by which clocks may differ
)

// Errors of Verify. They are wrapped with what was wrong; no error holds any
// part of the token.
var (
	ErrNoToken = errors.New("no token")
	ErrInvalid = errors.New("the token is not valid") // forged, garbled, of another key or algorithm, or with bad claims
	ErrExpired = errors.New("the token has expired")
	ErrEarly   = errors.New("the token is not valid yet")
)

// body is the JSON of a token's claims. The grants are a pointer, since an
// empty list (nothing at all) differs from none (the defaults).
type body struct {
	Room      string           `json:"room"`
	Subject   string           `json:"sub,omitempty"`
	Name      string           `json:"name,omitempty"`
	Grants    *[]string        `json:"grants,omitempty"`
	Expires   *jwt.NumericDate `json:"exp"`
	NotBefore *jwt.NumericDate `json:"nbf,omitempty"`
	ID        string           `json:"jti,omitempty"`
}

func (b *body) GetExpirationTime() (*jwt.NumericDate, error) { return b.Expires, nil }
func (b *body) GetNotBefore() (*jwt.NumericDate, error)      { return b.NotBefore, nil }
func (b *body) GetIssuedAt() (*jwt.NumericDate, error)       { return nil, nil }
func (b *body) GetIssuer() (string, error)                   { return "", nil }
func (b *body) GetSubject() (string, error)                  { return b.Subject, nil }
func (b *body) GetAudience() (jwt.ClaimStrings, error)       { return nil, nil }

// Sign makes a token of c with the first key.
func (k *Keys) Sign(c Claims) (string, error) {
	if err := c.Validate(); err != nil {
		return "", fmt.Errorf("sign a token: %w", err)
	}
	names := c.Grants.Names()
	b := &body{Room: c.Room, Subject: c.Identity, Name: c.Name, Grants: &names, Expires: jwt.NewNumericDate(c.Expires), ID: c.ID}
	if !c.NotBefore.IsZero() {
		b.NotBefore = jwt.NewNumericDate(c.NotBefore)
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, b).SignedString(k.secrets[0])
	if err != nil {
		return "", fmt.Errorf("sign a token: %w", err)
	}
	return token, nil
}

// Verify returns the claims of a token that one of the keys signed and that is
// valid at now. ErrNoToken, ErrInvalid, ErrExpired or ErrEarly.
func (k *Keys) Verify(token string, now time.Time) (Claims, error) {
	return k.verify(token, jwt.WithExpirationRequired(), jwt.WithLeeway(Leeway), jwt.WithTimeFunc(func() time.Time { return now }))
}

// VerifyAgain is Verify for somebody who was let in with a valid token before
// and proves it otherwise, by an unguessable session handle: the token may have
// expired since.
func (k *Keys) VerifyAgain(token string) (Claims, error) {
	return k.verify(token, jwt.WithoutClaimsValidation())
}

func (k *Keys) verify(token string, options ...jwt.ParserOption) (Claims, error) {
	switch {
	case token == "":
		return Claims{}, ErrNoToken
	case len(token) > MaxToken:
		return Claims{}, fmt.Errorf("%w: %d bytes is more than %d", ErrInvalid, len(token), MaxToken)
	}
	options = append(options, jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}))
	var b body
	_, err := jwt.NewParser(options...).ParseWithClaims(token, &b, func(*jwt.Token) (any, error) { return k.set, nil })
	switch {
	case err == nil:
	case errors.Is(err, jwt.ErrTokenExpired):
		return Claims{}, ErrExpired
	case errors.Is(err, jwt.ErrTokenNotValidYet):
		return Claims{}, ErrEarly
	default:
		return Claims{}, fmt.Errorf("%w: %s", ErrInvalid, describe(err))
	}
	c := Claims{Room: b.Room, Identity: b.Subject, Name: b.Name, ID: b.ID, Grants: sfu.DefaultGrants}
	if b.Expires != nil {
		c.Expires = b.Expires.Time
	}
	if b.NotBefore != nil {
		c.NotBefore = b.NotBefore.Time
	}
	if b.Grants != nil {
		if c.Grants, err = sfu.ParseGrants(*b.Grants); err != nil {
			return Claims{}, fmt.Errorf("%w: claim grants: %w", ErrInvalid, err)
		}
	}
	if err := c.Validate(); err != nil {
		return Claims{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return c, nil
}

// describe says what is wrong with a token without repeating any of it.
func describe(err error) string {
	var typeError *json.UnmarshalTypeError
	switch {
	case errors.As(err, &typeError) && typeError.Field != "":
		return fmt.Sprintf("claim %.40s has the wrong type", typeError.Field)
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return "its signature or algorithm is wrong (only HS256 with this server's key is accepted)"
	case errors.Is(err, jwt.ErrTokenRequiredClaimMissing):
		return "claim exp: missing"
	case errors.Is(err, jwt.ErrTokenUnverifiable):
		return "its algorithm is unknown (only HS256 is accepted)"
	}
	return "it is not a JSON Web Token"
}
