package controlapi

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"switchyard/access"
	"switchyard/services/accounts"
)

// signedIn is the answer to who has signed in: the cookie and who it is.
type signedIn struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      accounts.User
}

type signInInput struct {
	Body struct {
		Email    string `json:"email" minLength:"1" maxLength:"254"`
		Password string `json:"password" minLength:"1" maxLength:"800"`
		Code     string `json:"code,omitempty" maxLength:"20" doc:"Of the second factor, or a recovery code. Needed when the answer without it has the code second_factor."`
		Device   string `json:"device,omitempty" maxLength:"200" doc:"What the device calls itself in the list of sessions."`
		Remember bool   `json:"remember,omitempty" doc:"Keep the device signed in."`
	}
}

func (a *API) authRoutes() {
	register(a, op{id: "sign-in", method: http.MethodPost, path: "/auth/login", tag: "sign-in", need: access.SignIn, public: true,
		summary: "Sign in with a password", detail: "Begins a session, whose secret is in a cookie."}, a.signIn)
	register(a, op{id: "sign-out", method: http.MethodPost, path: "/auth/logout", tag: "sign-in", need: access.SelfSessions, status: http.StatusNoContent,
		summary: "End the session"}, a.signOut)
	register(a, op{id: "reauthenticate", method: http.MethodPost, path: "/auth/reauthenticate", tag: "sign-in", need: access.SelfRead, status: http.StatusNoContent,
		summary: "Prove again who you are", detail: "For five minutes operations work that want a fresh proof.", errors: []int{http.StatusConflict}}, a.reauthenticate)
	register(a, op{id: "forgot-password", method: http.MethodPost, path: "/auth/reset", tag: "sign-in", need: access.SignIn, public: true, status: http.StatusAccepted,
		summary: "Ask for a link to choose a new password", detail: "The answer is the same whether there is such an account or not."}, a.forgot)
	register(a, op{id: "reset-password", method: http.MethodPost, path: "/auth/reset/confirm", tag: "sign-in", need: access.SignIn, public: true, status: http.StatusNoContent,
		summary: "Choose a new password with a link", errors: []int{http.StatusGone, http.StatusConflict}}, a.reset)
	register(a, op{id: "confirm-email", method: http.MethodPost, path: "/auth/email/confirm", tag: "sign-in", need: access.SignIn, public: true,
		summary: "Take a new e-mail address with the link that was mailed to it", errors: []int{http.StatusGone}}, a.confirmEmail)
	register(a, op{id: "set-up", method: http.MethodPost, path: "/setup", tag: "sign-in", need: access.SignIn, public: true, status: http.StatusCreated,
		summary: "Make the first administrator", detail: "With the link that a server without accounts prints when it starts.", errors: []int{http.StatusGone}}, a.setUp)
	register(a, op{id: "get-sign-in-methods", method: http.MethodGet, path: "/auth/methods", tag: "sign-in", need: access.SignIn, public: true,
		summary: "How people can sign in"}, a.methods)
	register(a, op{id: "begin-sso", method: http.MethodPost, path: "/auth/sso", tag: "sign-in", need: access.SignIn, public: true,
		summary: "Begin to sign in with the organisation's identity provider", detail: "The browser then goes to the address in the answer."}, a.beginSSO)
	register(a, op{id: "finish-sso", method: http.MethodGet, path: "/auth/sso/callback", tag: "sign-in", need: access.SignIn, public: true, status: http.StatusSeeOther,
		summary: "Where the identity provider sends the browser back to"}, a.finishSSO)
}

func (a *API) began(in accounts.SignedIn, secure, remember bool) *signedIn {
	return &signedIn{SetCookie: sessionCookie(secure, in.Secret, remember), Body: in.User}
}

func (a *API) signIn(ctx context.Context, c *caller, in *signInInput) (*signedIn, error) {
	device := in.Body.Device
	if device == "" {
		device = deviceName(c.agent)
	}
	out, err := a.deps.Accounts.SignIn(ctx, c.Caller, accounts.SignIn{
		Email: in.Body.Email, Password: in.Body.Password, Code: in.Body.Code, Device: device, Remember: in.Body.Remember,
	})
	if err != nil {
		return nil, err
	}
	return a.began(out, c.secure, in.Body.Remember), nil
}

type signedOut struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

func (a *API) signOut(ctx context.Context, c *caller, _ *none) (*signedOut, error) {
	if err := a.deps.Accounts.RevokeSession(ctx, c.Caller, c.Session); err != nil && !errors.Is(err, access.ErrNotFound) {
		return nil, err
	}
	return &signedOut{sessionCookie(c.secure, "", false)}, nil
}

func (a *API) reauthenticate(ctx context.Context, c *caller, in *struct {
	Body struct {
		Password string `json:"password" minLength:"1" maxLength:"800"`
		Code     string `json:"code,omitempty" maxLength:"20"`
	}
}) (*none, error) {
	return nil, a.deps.Accounts.Reauthenticate(ctx, c.Caller, in.Body.Password, in.Body.Code)
}

func (a *API) forgot(ctx context.Context, c *caller, in *struct {
	Body struct {
		Email string `json:"email" minLength:"3" maxLength:"254"`
	}
}) (*none, error) {
	return nil, a.deps.Accounts.ForgotPassword(ctx, c.Caller, in.Body.Email)
}

func (a *API) reset(ctx context.Context, c *caller, in *struct {
	Body struct {
		Secret   string `json:"secret" minLength:"1" maxLength:"200" doc:"What the link has after #."`
		Password string `json:"password" minLength:"1" maxLength:"800"`
	}
}) (*none, error) {
	return nil, a.deps.Accounts.ResetPassword(ctx, c.Caller, in.Body.Secret, in.Body.Password)
}

func (a *API) confirmEmail(ctx context.Context, c *caller, in *struct {
	Body struct {
		Secret string `json:"secret" minLength:"1" maxLength:"200" doc:"What the link has after #."`
	}
}) (*only[accounts.User], error) {
	u, err := a.deps.Accounts.ConfirmEmail(ctx, c.Caller, in.Body.Secret)
	return &only[accounts.User]{u}, err
}

func (a *API) setUp(ctx context.Context, c *caller, in *struct {
	Body struct {
		Secret    string `json:"secret" minLength:"1" maxLength:"200" doc:"What the link has after #."`
		Email     string `json:"email" minLength:"3" maxLength:"254"`
		FirstName string `json:"first_name,omitempty" maxLength:"80"`
		LastName  string `json:"last_name,omitempty" maxLength:"80"`
		Language  string `json:"language,omitempty" enum:"en,nl,fr,de,ja"`
		Password  string `json:"password" minLength:"1" maxLength:"800"`
	}
}) (*signedIn, error) {
	b := in.Body
	out, err := a.deps.Accounts.Setup(ctx, c.Caller, b.Secret, accounts.NewUser{
		Email: b.Email, FirstName: b.FirstName, LastName: b.LastName, Language: b.Language, Password: b.Password,
	}, deviceName(c.agent))
	if err != nil {
		return nil, err
	}
	return a.began(out, c.secure, true), nil
}

type methods struct {
	Password bool   `json:"password" doc:"With e-mail address and password. False: only administrators can, in case the identity provider fails."`
	SSO      bool   `json:"sso" doc:"With the organisation's identity provider."`
	SSOLabel string `json:"sso_label,omitempty" doc:"What its button says."`
	SetUp    bool   `json:"set_up" doc:"There is no account yet: the link that the server printed makes the first."`
}

func (a *API) methods(ctx context.Context, _ *caller, _ *none) (*only[methods], error) {
	var m methods
	label, err := a.deps.Accounts.SSOLabel(ctx, access.DefaultTenant)
	switch {
	case err == nil:
		m.SSO, m.SSOLabel = true, label
	case !errors.Is(err, accounts.ErrNoSSO):
		return nil, err
	}
	if m.SetUp, err = a.deps.Accounts.Empty(ctx); err != nil {
		return nil, err
	}
	m.Password, err = a.deps.Accounts.PasswordsTaken(ctx)
	return &only[methods]{m}, err
}

// ssoCookie lives while the browser is at the identity provider. SameSite=Lax: it comes back by a link from there.
const ssoCookie = "switchyard-sso"

type ssoBegun struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      struct {
		Address string `json:"address" format:"uri" doc:"Where the browser has to go."`
	}
}

func (a *API) beginSSO(ctx context.Context, c *caller, in *struct {
	Body struct {
		Return string `json:"return,omitempty" maxLength:"500" doc:"The page of this server to show afterwards."`
	}
}) (*ssoBegun, error) {
	address, cookie, err := a.deps.Accounts.BeginSSO(ctx, c.Caller, access.DefaultTenant, in.Body.Return)
	if err != nil {
		return nil, err
	}
	out := &ssoBegun{SetCookie: http.Cookie{Name: ssoCookie, Value: cookie, Path: base + "/auth/sso", MaxAge: 600, HttpOnly: true, Secure: c.secure, SameSite: http.SameSiteLaxMode}}
	out.Body.Address = address
	return out, nil
}

type redirected struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Location  string        `header:"Location"`
}

// finishSSO answers a browser, not a program: faults are told by the page.
func (a *API) finishSSO(ctx context.Context, c *caller, in *struct {
	Code  string `query:"code" maxLength:"4000"`
	State string `query:"state" maxLength:"200"`
	Error string `query:"error" maxLength:"200"`
	About string `query:"error_description" maxLength:"2000"`
	Iss   string `query:"iss" maxLength:"500"`
	Sess  string `query:"session_state" maxLength:"500"`
	Scope string `query:"scope" maxLength:"2000"`
	Kept  string `cookie:"switchyard-sso"`
}) (*redirected, error) {
	gone := http.Cookie{Name: ssoCookie, Path: base + "/auth/sso", MaxAge: -1, HttpOnly: true, Secure: c.secure}
	out, page, err := a.deps.Accounts.FinishSSO(ctx, c.Caller, in.Code, in.State, in.Kept, deviceName(c.agent))
	if err != nil {
		code := "internal"
		if p := asProblem(err); p != nil {
			code = p.Code
		}
		a.deps.Log.Info("a sign-in by the identity provider failed", "error", err)
		return &redirected{SetCookie: []http.Cookie{gone}, Location: "/signin?" + url.Values{"sso": {code}}.Encode()}, nil
	}
	cookies := []http.Cookie{gone}
	if out.Secret != "" {
		cookies = append(cookies, sessionCookie(c.secure, out.Secret, true))
	}
	return &redirected{SetCookie: cookies, Location: page}, nil
}
