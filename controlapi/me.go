package controlapi

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"switchyard/access"
	"switchyard/services/accounts"
)

// me is who has signed in and what is shown to it.
type me struct {
	accounts.User
	Features []string `json:"features" doc:"What this user has; what is not named is not shown."`
	Fresh    bool     `json:"fresh" doc:"It proved lately who it is: security settings can be changed now."`
	Session  string   `json:"session" doc:"Id of this session."`
	TermsDue bool     `json:"terms_due" doc:"The terms of use wait to be read and accepted."`
}

func (a *API) meRoutes() {
	const tag = "self"
	register(a, op{id: "get-me", method: http.MethodGet, path: "/me", tag: tag, need: access.SelfRead, summary: "Who has signed in"}, a.getMe)
	register(a, op{id: "update-me", method: http.MethodPatch, path: "/me", tag: tag, need: access.SelfUpdate,
		summary: "Change one's own profile", detail: "Fields that are left out stay. A new e-mail address counts once the mail that goes to it was answered.",
		errors: []int{http.StatusPreconditionFailed}}, a.updateMe)
	register(a, op{id: "change-password", method: http.MethodPut, path: "/me/password", tag: tag, need: access.SelfPassword, status: http.StatusNoContent,
		summary: "Change one's own password", errors: []int{http.StatusConflict}}, a.changePassword)
	register(a, op{id: "list-sessions", method: http.MethodGet, path: "/me/sessions", tag: tag, need: access.SelfSessions, summary: "Where one is signed in"}, a.sessions)
	register(a, op{id: "revoke-session", method: http.MethodDelete, path: "/me/sessions/{id}", tag: tag, need: access.SelfSessions, status: http.StatusNoContent, summary: "Sign a device out"}, a.revokeSession)
	register(a, op{id: "revoke-other-sessions", method: http.MethodDelete, path: "/me/sessions", tag: tag, need: access.SelfSessions, status: http.StatusNoContent, summary: "Sign all other devices out"}, a.revokeSessions)
	register(a, op{id: "begin-second-factor", method: http.MethodPost, path: "/me/second-factor", tag: tag, need: access.SelfSecurity, status: http.StatusCreated,
		summary: "Begin to set up an authenticator app", errors: []int{http.StatusConflict}}, a.beginSecondFactor)
	register(a, op{id: "confirm-second-factor", method: http.MethodPost, path: "/me/second-factor/confirm", tag: tag, need: access.SelfSecurity,
		summary: "Turn the second factor on with a code of the app", errors: []int{http.StatusConflict}}, a.confirmSecondFactor)
	register(a, op{id: "drop-second-factor", method: http.MethodDelete, path: "/me/second-factor", tag: tag, need: access.SelfSecurity, status: http.StatusNoContent, summary: "Turn the second factor off"}, a.dropSecondFactor)
	register(a, op{id: "renew-recovery-codes", method: http.MethodPost, path: "/me/second-factor/recovery-codes", tag: tag, need: access.SelfSecurity,
		summary: "New recovery codes; the old ones are void", errors: []int{http.StatusConflict}}, a.renewRecoveryCodes)
	register(a, op{id: "get-preferences", method: http.MethodGet, path: "/me/preferences", tag: tag, need: access.SelfRead, summary: "What the web client keeps for the user"}, a.preferences)
	register(a, op{id: "set-preferences", method: http.MethodPut, path: "/me/preferences", tag: tag, need: access.SelfUpdate, status: http.StatusNoContent, summary: "Replace it"}, a.setPreferences)
	register(a, op{id: "get-flags", method: http.MethodGet, path: "/me/flags", tag: tag, need: access.SelfRead, summary: "Feature flags of the user"}, a.myFlags)
}

func (a *API) getMe(ctx context.Context, c *caller, _ *none) (*one[me], error) {
	u, err := a.deps.Accounts.User(ctx, c.Caller, c.ID)
	if err != nil {
		return nil, err
	}
	return a.meOf(ctx, c, u)
}

func (a *API) meOf(ctx context.Context, c *caller, u accounts.User) (*one[me], error) {
	flags, err := a.deps.Accounts.Flags(ctx, c.Caller)
	if err != nil {
		return nil, err
	}
	due, err := a.deps.Accounts.TermsDue(ctx, c.Caller)
	if err != nil {
		return nil, err
	}
	m := me{User: u, Session: c.Session, TermsDue: due, Fresh: access.Allow(c.Principal, access.SelfSecurity, access.Target{Owner: c.ID}, a.now()) == nil, Features: []string{}}
	for name, on := range flags {
		if on {
			m.Features = append(m.Features, name)
		}
	}
	for name, op := range map[string]access.Operation{
		"administration": access.SettingsEdit, "users": access.UserCreate, "audit": access.AuditRead, "tenants": access.TenantList,
	} {
		t := access.Target{Tenant: c.Tenant}
		if name == "users" {
			t.Departments = c.Departments
		}
		if access.Allow(c.Principal, op, t, a.now()) == nil {
			m.Features = append(m.Features, name)
		}
	}
	slices.Sort(m.Features)
	return versioned(m, u.Version), nil
}

// Profile are the fields that a user may change of itself.
type Profile struct {
	FirstName *string `json:"first_name,omitempty" maxLength:"80"`
	LastName  *string `json:"last_name,omitempty" maxLength:"80"`
	Email     *string `json:"email,omitempty" minLength:"3" maxLength:"254"`
	Language  *string `json:"language,omitempty" enum:"en,nl,fr,de,ja"`
}

func (a *API) updateMe(ctx context.Context, c *caller, in *struct{ Body Profile }) (*one[me], error) {
	u, err := a.deps.Accounts.UpdateUser(ctx, c.Caller, c.ID, accounts.UserChange{
		FirstName: in.Body.FirstName, LastName: in.Body.LastName, Email: in.Body.Email, Language: in.Body.Language,
	}, 0) // one's own fields save by themselves, one at a time
	if err != nil {
		return nil, err
	}
	return a.meOf(ctx, c, u)
}

func (a *API) changePassword(ctx context.Context, c *caller, in *struct {
	Body struct {
		Old     string `json:"old_password" minLength:"1" maxLength:"800"`
		New     string `json:"new_password" minLength:"1" maxLength:"800"`
		SignOut bool   `json:"sign_out_others,omitempty" doc:"End all other sessions."`
	}
}) (*none, error) {
	return nil, a.deps.Accounts.ChangePassword(ctx, c.Caller, in.Body.Old, in.Body.New, in.Body.SignOut)
}

type list[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty" doc:"Cursor of the next page; none: this is the last."`
	Seq   int64  `json:"seq,omitempty" doc:"How far the event log had come: an event stream after it misses nothing and repeats nothing."`
}

// listed is the output of lists. An empty one is [], not null.
func listed[T any](items []T, next string, seq int64) *only[list[T]] {
	if items == nil {
		items = []T{}
	}
	if next != "" {
		next = encodeCursor(next)
	}
	return &only[list[T]]{list[T]{items, next, seq}}
}

func (a *API) sessions(ctx context.Context, c *caller, _ *none) (*only[list[accounts.Session]], error) {
	all, err := a.deps.Accounts.Sessions(ctx, c.Caller)
	return listed(all, "", 0), err
}

// ByID is in the input of operations about one thing.
type ByID struct {
	ID string `path:"id" minLength:"1" maxLength:"64"`
}

func (a *API) revokeSession(ctx context.Context, c *caller, in *ByID) (*none, error) {
	return nil, a.deps.Accounts.RevokeSession(ctx, c.Caller, in.ID)
}

func (a *API) revokeSessions(ctx context.Context, c *caller, _ *none) (*none, error) {
	return nil, a.deps.Accounts.RevokeOtherSessions(ctx, c.Caller)
}

type authenticatorURL struct {
	URL string `json:"url" doc:"otpauth:// address for a QR code; it holds the secret and is shown this once."`
}

func (a *API) beginSecondFactor(ctx context.Context, c *caller, _ *none) (*only[authenticatorURL], error) {
	url, err := a.deps.Accounts.BeginSecondFactor(ctx, c.Caller)
	return &only[authenticatorURL]{authenticatorURL{url}}, err
}

type recoveryCodes struct {
	Codes []string `json:"recovery_codes" doc:"Each works once; shown this once."`
}

func (a *API) confirmSecondFactor(ctx context.Context, c *caller, in *struct {
	Body struct {
		Code string `json:"code" minLength:"6" maxLength:"10"`
	}
}) (*only[recoveryCodes], error) {
	codes, err := a.deps.Accounts.ConfirmSecondFactor(ctx, c.Caller, in.Body.Code)
	return &only[recoveryCodes]{recoveryCodes{codes}}, err
}

func (a *API) dropSecondFactor(ctx context.Context, c *caller, _ *none) (*none, error) {
	return nil, a.deps.Accounts.DropSecondFactor(ctx, c.Caller, c.ID)
}

func (a *API) renewRecoveryCodes(ctx context.Context, c *caller, _ *none) (*only[recoveryCodes], error) {
	codes, err := a.deps.Accounts.RenewRecoveryCodes(ctx, c.Caller)
	return &only[recoveryCodes]{recoveryCodes{codes}}, err
}

func (a *API) preferences(ctx context.Context, c *caller, _ *none) (*only[map[string]any], error) {
	text, err := a.deps.Accounts.Preferences(ctx, c.Caller)
	if err != nil {
		return nil, err
	}
	out := &only[map[string]any]{}
	return out, json.Unmarshal(text, &out.Body)
}

func (a *API) setPreferences(ctx context.Context, c *caller, in *struct{ Body map[string]any }) (*none, error) {
	return nil, a.deps.Accounts.SetPreferences(ctx, c.Caller, in.Body)
}

func (a *API) myFlags(ctx context.Context, c *caller, _ *none) (*only[map[string]bool], error) {
	flags, err := a.deps.Accounts.Flags(ctx, c.Caller)
	return &only[map[string]bool]{flags}, err
}
