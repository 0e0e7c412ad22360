package controlapi

import (
	"context"
	"net/http"
	"time"

	"switchyard/access"
	"switchyard/services/webhooks"
)

func (a *API) webhookRoutes() {
	const tag = "webhooks"
	register(a, op{id: "list-webhooks", method: http.MethodGet, path: "/webhooks", tag: tag, need: access.WebhookList, summary: "The addresses that are told of events"}, a.listWebhooks)
	register(a, op{id: "create-webhook", method: http.MethodPost, path: "/webhooks", tag: tag, need: access.WebhookEdit, status: http.StatusCreated,
		summary: "Add an address", detail: "It is told of what happens from now on. The secret that signs deliveries is in the answer, this once."}, a.createWebhook)
	register(a, op{id: "get-webhook", method: http.MethodGet, path: "/webhooks/{id}", tag: tag, need: access.WebhookList, summary: "One address and how deliveries to it fare"}, a.getWebhook)
	register(a, op{id: "update-webhook", method: http.MethodPatch, path: "/webhooks/{id}", tag: tag, need: access.WebhookEdit, summary: "Change an address, or switch it off or on",
		errors: []int{http.StatusPreconditionFailed, http.StatusPreconditionRequired}}, a.updateWebhook)
	register(a, op{id: "delete-webhook", method: http.MethodDelete, path: "/webhooks/{id}", tag: tag, need: access.WebhookEdit, status: http.StatusNoContent, summary: "Remove an address and all that waits for it"}, a.deleteWebhook)
	register(a, op{id: "rotate-webhook-secret", method: http.MethodPost, path: "/webhooks/{id}/secret", tag: tag, need: access.WebhookEdit, summary: "Another secret",
		detail: "For overlap seconds the old one signs, too."}, a.rotateWebhook)
	register(a, op{id: "test-webhook", method: http.MethodPost, path: "/webhooks/{id}/test", tag: tag, need: access.WebhookEdit, summary: "Send an event to try it"}, a.testWebhook)
	register(a, op{id: "list-dead-letters", method: http.MethodGet, path: "/webhooks/{id}/dead-letters", tag: tag, need: access.WebhookList, summary: "Events that could not be delivered in three days"}, a.deadLetters)
	register(a, op{id: "redeliver-dead-letters", method: http.MethodPost, path: "/webhooks/{id}/dead-letters/redeliver", tag: tag, need: access.WebhookEdit, summary: "Send them again", errors: []int{http.StatusGone}}, a.redeliver)
	register(a, op{id: "drop-dead-letters", method: http.MethodPost, path: "/webhooks/{id}/dead-letters/drop", tag: tag, need: access.WebhookEdit, summary: "Give them up"}, a.dropDead)
}

func (c *caller) webhooks() webhooks.Caller {
	return webhooks.Caller{Principal: c.Principal, Address: c.Address}
}

func (a *API) listWebhooks(ctx context.Context, c *caller, _ *none) (*only[list[webhooks.Endpoint]], error) {
	all, seq, err := a.deps.Webhooks.List(ctx, c.webhooks())
	return listed(all, "", seq), err
}

// newWebhook is an endpoint with its secret.
type newWebhook struct {
	webhooks.Endpoint
	Secret string `json:"secret" doc:"Signs deliveries; shown this once."`
}

func (a *API) createWebhook(ctx context.Context, c *caller, in *struct {
	Body struct {
		URL         string   `json:"url" maxLength:"2000"`
		Events      []string `json:"events" minItems:"1" maxItems:"50" doc:"*, or beginnings of types like meeting."`
		Description string   `json:"description,omitempty" maxLength:"200"`
	}
}) (*one[newWebhook], error) {
	e, secret, err := a.deps.Webhooks.Create(ctx, c.webhooks(), webhooks.NewEndpoint{URL: in.Body.URL, Events: in.Body.Events, Description: in.Body.Description})
	return versioned(newWebhook{e, secret}, e.Version), err
}

type watchedWebhook struct {
	webhooks.Endpoint
	Status webhooks.Status `json:"status"`
}

func (a *API) getWebhook(ctx context.Context, c *caller, in *ByID) (*one[watchedWebhook], error) {
	e, status, err := a.deps.Webhooks.Get(ctx, c.webhooks(), in.ID)
	return versioned(watchedWebhook{e, status}, e.Version), err
}

func (a *API) updateWebhook(ctx context.Context, c *caller, in *struct {
	ByID
	Match
	Body struct {
		URL         *string   `json:"url,omitempty" maxLength:"2000"`
		Events      *[]string `json:"events,omitempty" minItems:"1" maxItems:"50"`
		Description *string   `json:"description,omitempty" maxLength:"200"`
		Active      *bool     `json:"active,omitempty"`
	}
}) (*one[webhooks.Endpoint], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	e, err := a.deps.Webhooks.Update(ctx, c.webhooks(), in.ID, webhooks.Change{
		URL: in.Body.URL, Events: in.Body.Events, Description: in.Body.Description, Active: in.Body.Active,
	}, version)
	return versioned(e, e.Version), err
}

func (a *API) deleteWebhook(ctx context.Context, c *caller, in *ByID) (*none, error) {
	return nil, a.deps.Webhooks.Delete(ctx, c.webhooks(), in.ID)
}

func (a *API) rotateWebhook(ctx context.Context, c *caller, in *struct {
	ByID
	Body struct {
		Overlap int `json:"overlap,omitempty" minimum:"0" maximum:"604800" default:"86400" doc:"Seconds."`
	}
}) (*one[newWebhook], error) {
	e, secret, err := a.deps.Webhooks.RotateSecret(ctx, c.webhooks(), in.ID, time.Duration(in.Body.Overlap)*time.Second)
	return versioned(newWebhook{e, secret}, e.Version), err
}

func (a *API) testWebhook(ctx context.Context, c *caller, in *ByID) (*only[webhooks.TestResult], error) {
	result, err := a.deps.Webhooks.Test(ctx, c.webhooks(), in.ID)
	return &only[webhooks.TestResult]{result}, err
}

func (a *API) deadLetters(ctx context.Context, c *caller, in *struct {
	ByID
	After int64 `query:"after" minimum:"0" doc:"seq of the last one of the page before."`
	Limit int   `query:"limit" minimum:"1" maximum:"200" default:"50"`
}) (*only[list[webhooks.DeadLetter]], error) {
	all, err := a.deps.Webhooks.DeadLetters(ctx, c.webhooks(), in.ID, in.After, in.Limit)
	return listed(all, "", 0), err
}

// Letters is which dead letters are meant.
type Letters struct {
	ByID
	Body struct {
		Seq int64 `json:"seq,omitempty" minimum:"0" doc:"One of them; 0 or missing: all."`
	}
}

type counted struct {
	Count int64 `json:"count"`
}

func (a *API) redeliver(ctx context.Context, c *caller, in *Letters) (*only[counted], error) {
	n, err := a.deps.Webhooks.Redeliver(ctx, c.webhooks(), in.ID, in.Body.Seq)
	return &only[counted]{counted{n}}, err
}

func (a *API) dropDead(ctx context.Context, c *caller, in *Letters) (*only[counted], error) {
	n, err := a.deps.Webhooks.DropDead(ctx, c.webhooks(), in.ID, in.Body.Seq)
	return &only[counted]{counted{n}}, err
}
