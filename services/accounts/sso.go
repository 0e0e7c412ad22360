package accounts

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"switchyard/access"
	"switchyard/internal/db"
)

// Errors of single sign-on.
var (
	ErrNoSSO     = errors.New("single sign-on is not set up")
	ErrSSOState  = errors.New("the sign-in was begun in another browser, or too long ago")
	ErrNoAccount = errors.New("the identity provider knows you, but there is no account here for you")
	ErrSSOFailed = errors.New("the identity provider did not confirm who you are")
)

const (
	ssoAge  = 10 * time.Minute // from going to the provider until coming back
	ssoSkew = time.Minute      // by which the provider's clock may be slow
)

// ssoState travels in a sealed cookie, so that only the browser that began can finish.
type ssoState struct {
	Tenant, State, Nonce, Verifier, Return string
	Session                                string // to be proved again; "" for a new one
	Expires                                int64
}

// BeginSSO returns where the browser has to go and what its cookie has to hold until it is back. ret is the page
// of ours to show then. For a caller who is signed in it is proof anew, which the provider is asked to demand.
func (s *Service) BeginSSO(ctx context.Context, c Caller, tenant, ret string) (address, cookie string, err error) {
	if c.Kind == access.User {
		tenant = c.Tenant
	}
	if !plain(tenant, maxID) {
		return "", "", ErrNoSSO
	}
	cfg, _, err := s.oauth(ctx, tenant)
	if err != nil {
		return "", "", err
	}
	st := ssoState{Tenant: tenant, State: newSecret(), Nonce: newSecret(), Verifier: oauth2.GenerateVerifier(),
		Return: ownPage(ret), Session: c.Session, Expires: s.now().Add(ssoAge).Unix()}
	text, err := json.Marshal(st)
	if err != nil {
		return "", "", err
	}
	options := []oauth2.AuthCodeOption{oidc.Nonce(st.Nonce), oauth2.S256ChallengeOption(st.Verifier)}
	if c.Kind == access.User {
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	return cfg.AuthCodeURL(st.State, options...), s.deps.Sealer.Seal(string(text), "sso"), nil
}

// ownPage keeps a redirect on our own pages: a path, not another host.
func ownPage(ret string) string {
	if !plain(ret, 500) || !strings.HasPrefix(ret, "/") || strings.HasPrefix(ret, "//") || strings.Contains(ret, "\\") || strings.ContainsFunc(ret, unprintable) {
		return "/"
	}
	return ret
}

// FinishSSO takes what the provider sent the browser back with. It returns the page to show. ErrSSOState, ErrSSOFailed, ErrNoAccount, ErrNoSSO;
// ErrState for an account that has a second factor of its own.
func (s *Service) FinishSSO(ctx context.Context, c Caller, code, state, cookie, device string) (SignedIn, string, error) {
	var st ssoState
	text, err := s.deps.Sealer.Open(cookie, "sso")
	if err != nil || json.Unmarshal([]byte(text), &st) != nil || s.now().Unix() > st.Expires ||
		subtle.ConstantTimeCompare([]byte(st.State), []byte(state)) != 1 || st.Session != c.Session {
		return SignedIn{}, "/", ErrSSOState
	}
	who, err := s.identify(ctx, st, code)
	if err != nil {
		return SignedIn{}, st.Return, err
	}
	out, err := s.enterBySSO(ctx, c, st, who, device)
	var conflict *db.ConflictError
	if errors.As(err, &conflict) { // the same new person twice at once: now it is there
		out, err = s.enterBySSO(ctx, c, st, who, device)
	}
	if err != nil {
		return SignedIn{}, st.Return, err
	}
	return out, st.Return, nil
}

func (s *Service) enterBySSO(ctx context.Context, c Caller, st ssoState, who identity, device string) (out SignedIn, err error) {
	err = s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		out = SignedIn{}
		r, err := s.accountOf(ctx, tx, st.Tenant, st.Session, who)
		if err != nil {
			return err
		}
		out.User = r.User
		if st.Session != "" {
			if r.ID != c.ID || who.AuthTime != 0 && time.Unix(who.AuthTime, 0).Before(st.begun().Add(-ssoSkew)) {
				return ErrSSOFailed
			}
			out.Session = st.Session
			return s.proveAgain(ctx, tx, r.ID, st.Session)
		}
		if out.Secret, out.Session, err = s.startSession(ctx, tx, c, r, device, true, s.provedAt(who)); err != nil {
			return err
		}
		return s.audit(ctx, tx, Caller{principalOf(r), c.Address}, r.Tenant, access.SignIn, r.subject(), map[string]string{"device": clip(device, maxDevice), "by": "sso"})
	})
	return out, err
}

func (st *ssoState) begun() time.Time { return time.Unix(st.Expires, 0).Add(-ssoAge) }

// provedAt is when the provider saw the person itself, not only its own cookie. One that does not tell may not have for
// weeks: then what wants a fresh proof asks for it.
func (s *Service) provedAt(who identity) time.Time {
	if at := time.Unix(who.AuthTime, 0); at.Before(s.now()) {
		return at
	}
	return s.now()
}

func (s *Service) identify(ctx context.Context, st ssoState, code string) (identity, error) {
	if code == "" { // it was refused there
		return identity{}, fmt.Errorf("%w: it sent no code", ErrSSOFailed)
	}
	cfg, provider, err := s.oauth(ctx, st.Tenant)
	if err != nil {
		return identity{}, err
	}
	ctx = oidc.ClientContext(ctx, s.providers.client)
	token, err := cfg.Exchange(ctx, code, oauth2.VerifierOption(st.Verifier))
	if err != nil {
		return identity{}, fmt.Errorf("%w: exchange the code: %w", ErrSSOFailed, err)
	}
	raw, _ := token.Extra("id_token").(string)
	verified, err := provider.Verifier(&oidc.Config{ClientID: cfg.ClientID, Now: s.deps.Now}).Verify(ctx, raw)
	if err != nil {
		return identity{}, fmt.Errorf("%w: %w", ErrSSOFailed, err)
	}
	var who identity
	if err := verified.Claims(&who); err != nil {
		return identity{}, fmt.Errorf("%w: %w", ErrSSOFailed, err)
	}
	if subtle.ConstantTimeCompare([]byte(verified.Nonce), []byte(st.Nonce)) != 1 {
		return identity{}, fmt.Errorf("%w: another nonce", ErrSSOFailed)
	}
	if who.Email == "" { // many providers tell it only when asked
		s.ask(ctx, provider, token, verified.Subject, &who)
	}
	who.Issuer, who.Subject = verified.Issuer, verified.Subject
	if !who.valid() {
		return identity{}, fmt.Errorf("%w: it names no subject, or one that is too long", ErrSSOFailed)
	}
	return who, nil
}

// ask takes the address and the name from the provider's page about the user. Who is known by its subject needs
// neither, so that a fault is only noted.
func (s *Service) ask(ctx context.Context, provider *oidc.Provider, token *oauth2.Token, subject string, who *identity) {
	info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err == nil && info.Subject != subject {
		err = errors.New("it tells of somebody else")
	}
	told := identity{}
	if err == nil {
		err = info.Claims(&told)
	}
	if err != nil {
		who.unasked = fmt.Errorf("%w: ask for the address: %w", ErrSSOFailed, err)
		return
	}
	told.AuthTime = who.AuthTime
	*who = told
}
