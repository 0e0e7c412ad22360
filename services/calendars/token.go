package calendars

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

const (
	graphScope = "offline_access Calendars.Read"
	maxTokens  = 10_000
)

// token lets one in for about an hour.
type token struct {
	text string
	ends time.Time
}

// oauthTokens gets tokens of Microsoft for the refresh token that is stored, and stores the new one that it may
// get with it.
type oauthTokens struct {
	s   *Service
	id  string // of the calendar
	own *credentials
}

func (t *oauthTokens) Token(ctx context.Context) (string, error) {
	t.s.mu.Lock()
	known := t.s.tokens[t.id]
	t.s.mu.Unlock()
	if known.text != "" && t.s.now().Before(known.ends) {
		return known.text, nil
	}
	directory := t.own.Directory
	if directory == "" {
		directory = "common"
	}
	config := oauth2.Config{
		ClientID: t.own.ClientID, ClientSecret: t.own.ClientSecret, Scopes: strings.Fields(graphScope),
		Endpoint: oauth2.Endpoint{TokenURL: strings.ReplaceAll(t.s.deps.GraphTokenURL, "{directory}", directory), AuthStyle: oauth2.AuthStyleInParams},
	}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, t.s.deps.Outbound)
	got, err := config.TokenSource(ctx, &oauth2.Token{RefreshToken: t.own.RefreshToken}).Token()
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused) && refused.Response != nil && refused.Response.StatusCode < http.StatusInternalServerError:
		return "", problem(ProblemSignIn, err, "Microsoft does not accept the sign-in any more (%s); connect the calendar again", short(errors.New(refused.ErrorCode)))
	case errors.As(err, &refused):
		return "", problem(ProblemServer, err, "Microsoft's sign-in does not work at the moment")
	case err != nil:
		return "", unreachable(err)
	}
	if got.RefreshToken != "" && got.RefreshToken != t.own.RefreshToken {
		t.own.RefreshToken = got.RefreshToken
		if err := t.s.reseal(ctx, t.id, *t.own); err != nil {
			return "", err
		}
	}
	// What is left of its life by the clock that it was made with, less a minute.
	ends := t.s.now().Add(time.Until(got.Expiry) - time.Minute)
	t.s.mu.Lock()
	defer t.s.mu.Unlock()
	if len(t.s.tokens) >= maxTokens {
		clear(t.s.tokens) // they are got again
	}
	t.s.tokens[t.id] = token{got.AccessToken, ends}
	return got.AccessToken, nil
}

func (t *oauthTokens) Refused() {
	t.s.mu.Lock()
	defer t.s.mu.Unlock()
	delete(t.s.tokens, t.id)
}
