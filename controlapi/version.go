package controlapi

import (
	"context"
	"net/http"

	"switchyard/access"
)

const (
	// MinClient is the oldest version of the web client (web/package.json) that this server works with.
	// A change that older ones do not understand raises it; open pages then have to be loaded again.
	MinClient = "0.1.0"
	// Notes is where the web client shows what is new (CHANGELOG.md).
	Notes = "/release-notes"
)

func (a *API) versionRoutes() {
	register(a, op{id: "get-version", method: http.MethodGet, path: "/version", tag: "appliance", need: access.SignIn, public: true, summary: "Which version runs"}, a.version)
}

type versionInfo struct {
	Version   string `json:"version" doc:"Of the server."`
	MinClient string `json:"min_client" doc:"The oldest version of the web client that works with it; older ones have to be loaded again."`
	Notes     string `json:"notes" format:"uri-reference" doc:"Where it is said what is new."`
}

func (a *API) version(context.Context, *caller, *none) (*only[versionInfo], error) {
	return &only[versionInfo]{versionInfo{a.deps.Version, MinClient, Notes}}, nil
}
