package controlapi

import (
	"context"
	"net/http"

	"switchyard/access"
	"switchyard/services/accounts"
)

func (a *API) termsRoutes() {
	register(a, op{id: "get-own-terms", method: http.MethodGet, path: "/me/terms", tag: "self", need: access.SelfRead, summary: "The terms of use, and whether one has accepted them"}, a.ownTerms)
	register(a, op{id: "accept-terms", method: http.MethodPost, path: "/me/terms", tag: "self", need: access.SelfUpdate, status: http.StatusNoContent,
		summary: "Accept the terms of use", detail: "409 if they have changed since they were read.", errors: []int{http.StatusConflict}}, a.acceptTerms)
	register(a, op{id: "get-terms", method: http.MethodGet, path: "/settings/terms", tag: "administration", need: access.SettingsEdit, summary: "The tenant's terms of use, and how many have accepted them"}, a.getTerms)
	register(a, op{id: "set-terms", method: http.MethodPut, path: "/settings/terms", tag: "administration", need: access.SettingsEdit, summary: "Replace the terms of use",
		detail: "Everybody has to accept them anew. An empty text takes them away.", errors: []int{http.StatusPreconditionFailed, http.StatusPreconditionRequired}}, a.setTerms)
}

func (a *API) ownTerms(ctx context.Context, c *caller, _ *none) (*only[accounts.OwnTerms], error) {
	terms, err := a.deps.Accounts.OwnTerms(ctx, c.Caller)
	return &only[accounts.OwnTerms]{terms}, err
}

func (a *API) acceptTerms(ctx context.Context, c *caller, in *struct {
	Body struct {
		Version int64 `json:"version" minimum:"1" doc:"The version that was read."`
	}
}) (*none, error) {
	return nil, a.deps.Accounts.AcceptTerms(ctx, c.Caller, in.Body.Version)
}

func (a *API) getTerms(ctx context.Context, c *caller, _ *none) (*one[accounts.TermsState], error) {
	state, err := a.deps.Accounts.Terms(ctx, c.Caller)
	return versioned(state, state.Version), err
}

func (a *API) setTerms(ctx context.Context, c *caller, in *struct {
	Match
	Body struct {
		Text string `json:"text" maxLength:"50000" doc:"Plain text; paragraphs are separated by empty lines."`
	}
}) (*one[accounts.TermsState], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	state, err := a.deps.Accounts.ChangeTerms(ctx, c.Caller, in.Body.Text, version)
	return versioned(state, state.Version), err
}
