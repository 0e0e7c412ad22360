package controlapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"switchyard/access"
)

// op describes an operation for register.
type op struct {
	id      string // operationId, a verb and a noun
	method  string
	path    string // below /api/v1
	tag     string
	summary string
	detail  string
	need    access.Operation // what the service will ask for
	status  int              // of success; 0: 200, or 204 without a body
	errors  []int            // besides those that every operation has
	body    int64            // bytes; 0: 1 MB
	public  bool             // works without signing in
}

// register adds an operation. An error of f that asProblem does not know is a fault of ours: it is logged, not told.
func register[I, O any](a *API, o op, f func(context.Context, *caller, *I) (*O, error)) {
	if o.need == "" {
		panic("controlapi: " + o.id + " declares no access.Operation")
	}
	if _, twice := a.needs[o.id]; twice {
		panic("controlapi: " + o.id + " is registered twice")
	}
	a.needs[o.id] = string(o.need)
	operation := huma.Operation{
		OperationID: o.id, Method: o.method, Path: base + o.path, Tags: []string{o.tag}, Summary: o.summary,
		Description:   strings.TrimSpace(o.detail + "\n\nAccess: `" + string(o.need) + "`."),
		DefaultStatus: o.status, MaxBodyBytes: o.body, BodyReadTimeout: bodyTimeout,
		Errors:     append([]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable}, o.errors...),
		Extensions: map[string]any{"x-access": string(o.need)},
	}
	operation.Middlewares = huma.Middlewares{a.guard(o)}
	if o.body == 0 {
		operation.MaxBodyBytes = 1 << 20
	}
	if o.method != http.MethodGet {
		operation.Errors = append(operation.Errors, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	if strings.Contains(o.path, "{") {
		operation.Errors = append(operation.Errors, http.StatusNotFound)
	}
	if !o.public {
		operation.Security = []map[string][]string{{"session": {}}, {"key": {}}}
	} else {
		operation.Security = []map[string][]string{{}, {"session": {}}}
	}
	huma.Register(a.huma, operation, func(ctx context.Context, in *I) (*O, error) {
		out, err := f(ctx, callerOf(ctx), in)
		if err == nil {
			return out, nil
		}
		return nil, a.told(ctx, o.id, err)
	})
}

// guard turns away, before anything is read of a request, who cannot be meant by an operation. Services decide
// everything else.
func (a *API) guard(o op) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		var err error
		switch c := callerOf(ctx.Context()); {
		case !o.public && c.Kind == access.Anonymous:
			err = access.ErrUnauthenticated
		case strings.HasPrefix(string(o.need), "self.") && c.Kind != access.User: // a service has no self
			err = &access.ForbiddenError{Operation: o.need}
		}
		if p := asProblem(err); p != nil {
			for name, values := range p.GetHeaders() {
				ctx.SetHeader(name, values[0])
			}
			ctx.SetHeader("Content-Type", "application/problem+json")
			ctx.SetStatus(p.Status)
			_ = json.NewEncoder(ctx.BodyWriter()).Encode(p) // a client that has gone needs no answer
			return
		}
		next(ctx)
	}
}

// told is the problem that a caller gets.
func (a *API) told(ctx context.Context, where string, err error) error {
	if p := asProblem(err); p != nil {
		return p
	}
	if ctx.Err() != nil || errors.Is(err, context.Canceled) {
		return problem(http.StatusServiceUnavailable, "", "the request was given up")
	}
	a.deps.Log.Error("an operation failed", "operation", where, "error", err)
	return problem(http.StatusInternalServerError, "", "something went wrong in the server")
}

// Match is in the input of operations that change something that has a version.
type Match struct {
	IfMatch string `header:"If-Match" doc:"The ETag that was read; * changes whatever is there."`
}

// version is what If-Match says, 0 for any.
func (m Match) version() (int64, error) {
	switch text := strings.TrimPrefix(strings.TrimSpace(m.IfMatch), "W/"); {
	case text == "":
		return 0, problem(http.StatusPreconditionRequired, "", "If-Match with the ETag that was read is needed, so that nobody's change is lost")
	case text == "*":
		return 0, nil
	case strings.HasPrefix(text, `"`) && strings.HasSuffix(text, `"`) && len(text) > 2:
		if v, err := strconv.ParseInt(text[1:len(text)-1], 10, 64); err == nil && v > 0 {
			return v, nil
		}
	}
	return 0, problem(http.StatusPreconditionFailed, "", "If-Match is no ETag of this")
}

func etag(version int64) string { return fmt.Sprintf(`"%d"`, version) }

// Page is in the input of lists.
type Page struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many at most."`
	Cursor string `query:"cursor" maxLength:"1000" doc:"Where the list goes on: next of the page before."`
}

// none is the input or output of operations that have none.
type none struct{}

// one is an output that is one thing with a version.
type one[T any] struct {
	ETag string `header:"ETag" doc:"For If-Match."`
	Body T
}

func versioned[T any](v T, version int64) *one[T] { return &one[T]{etag(version), v} }

// only is an output that is one thing without a version.
type only[T any] struct{ Body T }
