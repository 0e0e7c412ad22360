package controlapi

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"switchyard/access"
	"switchyard/services/accounts"
)

// cookieName holds a session's secret. Over HTTPS browsers take it only with the prefix that pins it to this host.
const (
	cookieName       = "switchyard"
	secureCookieName = "__Host-switchyard"
	cookieAge        = 90 * 24 * time.Hour
)

// caller is who asks, as the edge found out.
type caller struct {
	accounts.Caller
	user     *accounts.User // of a session
	byCookie bool
	secure   bool   // the browser reaches the server by https
	agent    string // User-Agent
}

type callerKey struct{}

func withCaller(ctx context.Context, c *caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

func callerOf(ctx context.Context) *caller {
	if c, ok := ctx.Value(callerKey{}).(*caller); ok {
		return c
	}
	return &caller{Caller: accounts.Caller{Principal: access.Principal{Kind: access.Anonymous, Tenant: access.DefaultTenant}}}
}

// identify finds out who asks: by API key, by cookie, or nobody. A key that is worth nothing is an error; a cookie
// that is worth nothing is nobody, so that signing in anew works.
func (a *API) identify(r *http.Request) (*caller, error) {
	c := &caller{secure: a.secure(r), agent: r.UserAgent()}
	c.Address = clientAddress(r, a.deps.Proxies)
	c.Principal = access.Principal{Kind: access.Anonymous, Tenant: access.DefaultTenant}
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, secret, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return nil, access.ErrUnauthenticated
		}
		p, err := a.deps.Accounts.AuthenticateKey(r.Context(), strings.TrimSpace(secret))
		if err != nil {
			return nil, err
		}
		c.Principal = p
		return c, nil
	}
	cookie, err := r.Cookie(a.cookieName(r))
	if err != nil || cookie.Value == "" {
		return c, nil
	}
	known, err := a.deps.Accounts.Authenticate(r.Context(), cookie.Value)
	switch {
	case errors.Is(err, access.ErrUnauthenticated):
		return c, nil
	case err != nil:
		return nil, err
	}
	c.Principal, c.user, c.byCookie = known.Principal, known.User, true
	return c, nil
}

func (a *API) secure(r *http.Request) bool { return r.TLS != nil || a.deps.Secure }

func (a *API) cookieName(r *http.Request) string {
	if a.secure(r) {
		return secureCookieName
	}
	return cookieName
}

// sessionCookie is what a browser keeps; an empty secret takes it away. remember keeps it when the browser ends.
func sessionCookie(secure bool, secret string, remember bool) http.Cookie {
	cookie := http.Cookie{Name: cookieName, Value: secret, Path: "/", HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode}
	if secure {
		cookie.Name = secureCookieName
	}
	switch {
	case secret == "":
		cookie.MaxAge = -1
	case remember:
		cookie.MaxAge = int(cookieAge / time.Second)
	}
	return cookie
}

// deviceName makes a name for the list of sessions of what a browser says of itself.
func deviceName(agent string) string {
	part := func(names ...[2]string) string {
		for _, n := range names {
			if strings.Contains(agent, n[0]) {
				return n[1]
			}
		}
		return ""
	}
	browser := part([2]string{"Edg/", "Edge"}, [2]string{"Firefox/", "Firefox"}, [2]string{"Chrome/", "Chrome"}, [2]string{"Safari/", "Safari"})
	system := part([2]string{"Android", "Android"}, [2]string{"iPhone", "iPhone"}, [2]string{"iPad", "iPad"}, [2]string{"Windows", "Windows"},
		[2]string{"Mac OS X", "macOS"}, [2]string{"CrOS", "ChromeOS"}, [2]string{"Linux", "Linux"})
	switch {
	case browser == "" && system == "":
		return "unknown device"
	case browser == "" || system == "":
		return browser + system
	}
	return browser + ", " + system
}
