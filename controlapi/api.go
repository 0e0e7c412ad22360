package controlapi

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/prometheus/client_golang/prometheus"

	"switchyard/internal/db"
	"switchyard/internal/eventlog"
	"switchyard/services/accounts"
	"switchyard/services/calendars"
	"switchyard/services/meetings"
	"switchyard/services/webhooks"
)

// Bus carries what is only of the moment.
type Bus interface {
	Publish(subject string, data []byte) error
	Subscribe(subject string, f func(subject string, data []byte)) (cancel func(), err error)
}

// Deps are what an API is built of.
type Deps struct {
	DB         *db.DB
	Events     *eventlog.Log
	Bus        Bus
	Accounts   *accounts.Service
	Meetings   *meetings.Service
	Webhooks   *webhooks.Service
	Calendars  *calendars.Service
	Tokens     Tokens
	Rooms      Rooms
	Version    string
	Proxies    []netip.Prefix // of reverse proxies, whose X-Forwarded-For is believed
	Secure     bool           // people reach the server by https only, whatever a proxy makes of it
	Log        *slog.Logger
	Registerer prometheus.Registerer
	Now        func() time.Time
}

// API serves /api/v1 and its description.
type API struct {
	deps      Deps
	huma      huma.API
	mux       *http.ServeMux
	limits    *limits
	metrics   *metrics
	csrf      *http.CrossOriginProtection
	needs     map[string]string // operation id -> access.Operation, for the matrix
	listeners *listeners
	live      *listeners
	closing   chan struct{} // closed by Close
	closed    sync.Once
}

const base = "/api/v1"

// New builds the API; Register makes it reachable.
func New(deps Deps) *API {
	huma.DefaultArrayNullable = false
	huma.NewError = newProblem
	huma.NewErrorWithContext = func(_ huma.Context, status int, message string, faults ...error) huma.StatusError {
		return newProblem(status, message, faults...)
	}
	a := &API{
		deps: deps, mux: http.NewServeMux(), limits: newLimits(deps.Now), metrics: newMetrics(deps.Registerer),
		csrf: http.NewCrossOriginProtection(), needs: map[string]string{}, listeners: newListeners(maxListeners), live: newListeners(0), closing: make(chan struct{}),
	}
	cfg := huma.DefaultConfig("Switchyard", deps.Version)
	cfg.Info.Description = "People, meetings, rooms, and the event stream of a Switchyard appliance."
	cfg.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	cfg.Info.Contact = &huma.Contact{Name: "The operator of this appliance"}
	cfg.Tags = tags
	cfg.DocsPath, cfg.SchemasPath = "", ""
	cfg.CreateHooks = nil // no $schema in answers
	cfg.NoFormatFallback = false
	cfg.Formats = map[string]huma.Format{"application/json": strictJSON, "json": strictJSON}
	cfg.RejectUnknownQueryParameters = true
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"session": {Type: "apiKey", In: "cookie", Name: cookieName, Description: "The cookie of a browser that has signed in."},
		"key":     {Type: "http", Scheme: "bearer", Description: "An API key with scopes."},
	}
	cfg.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	cfg.Servers = []*huma.Server{{URL: "/"}}
	a.huma = humago.New(a.mux, cfg)
	a.routes()
	delete(a.huma.OpenAPI().Components.Schemas.Map(), "FormFile") // huma's, of uploads; nothing refers to it
	return a
}

// Register puts the API on a mux.
func (a *API) Register(mux *http.ServeMux) {
	mux.Handle(base+"/", a.edge(a.mux))
	for _, path := range []string{"GET /openapi.json", "GET /openapi.yaml"} {
		mux.Handle(path, a.mux)
	}
	mux.Handle("GET /docs", a.serveReference())
	mux.Handle("GET /ics/{file}", a.edge(http.HandlerFunc(a.serveICS)))
}

// Run does what the API has to do by itself until ctx ends.
func (a *API) Run(ctx context.Context) error {
	ticker := time.NewTicker(time.Hour)
	defer ticker.Stop()
	for {
		if err := a.forgetIdempotent(ctx); err != nil && ctx.Err() == nil {
			a.deps.Log.Warn("old idempotency keys could not be removed", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func (a *API) now() time.Time { return a.deps.Now() }

// Close ends all event streams; their clients come again elsewhere or later.
func (a *API) Close() { a.closed.Do(func() { close(a.closing) }) }
