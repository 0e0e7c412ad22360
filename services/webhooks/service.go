package webhooks

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/client_golang/prometheus"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables of webhooks. They refer to no other part's.
func Migrations() db.Migrations {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the path is a constant
	}
	return db.Migrations{Owner: "webhooks", Files: sub}
}

// Sealer encrypts what has to be read again; about ties it to its row.
type Sealer interface {
	Seal(plain, about string) string
	Open(sealed, about string) (string, error)
}

// Deps are what a Service is built of.
type Deps struct {
	DB       *db.DB
	Events   *eventlog.Log // whose Run feeds it
	Sealer   Sealer
	Outbound *http.Client // decides which addresses may be reached; its redirects and its time limit are not used
	Log      *slog.Logger
	Metrics  prometheus.Registerer
	Now      func() time.Time
}

// Service is the webhooks of all tenants. Its methods may be called from any
// goroutine; their errors are those of access.Allow, *FieldError, ErrVersion,
// db.ErrUnavailable and what each names.
type Service struct {
	deps    Deps
	client  *http.Client
	metrics *metrics
	nudge   chan struct{} // 1: endpoints were changed in this process
	idle    time.Duration // how long Run and couriers wait before they look by themselves
	limit   time.Duration // of an answer
	bound   int           // maxPending
	every   time.Duration // recordEvery
}

// New builds a Service; Run delivers.
func New(deps Deps) *Service {
	client := *deps.Outbound
	client.Timeout = 0 // each request has its own
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Service{
		deps: deps, client: &client, metrics: newMetrics(deps.Metrics), nudge: make(chan struct{}, 1),
		idle: lookAgain, limit: answerLimit, bound: maxPending, every: recordEvery,
	}
}

// Errors of methods.
var (
	ErrVersion   = errors.New("it was changed by somebody else meanwhile")
	ErrTooMany   = fmt.Errorf("a tenant has at most %d webhooks", MaxEndpoints)
	ErrForgotten = errors.New("the event is not kept any more")
)

// FieldError says what is wrong with one field of a request.
type FieldError struct {
	Field  string // as the API calls it
	Value  string // at most 64 bytes of it; never a secret
	Reason string // what is allowed
}

func (e *FieldError) Error() string { return fmt.Sprintf("%s: %q %s", e.Field, e.Value, e.Reason) }

func fault(field, value, reason string, args ...any) error {
	if len(value) > 64 {
		value = value[:64] + "…"
	}
	return &FieldError{field, value, fmt.Sprintf(reason, args...)}
}

// Caller is who asks and from where.
type Caller struct {
	access.Principal
	Address netip.Addr
}

func (s *Service) now() time.Time { return s.deps.Now() }

// allow asks for an operation on what belongs to the caller's own tenant.
func (s *Service) allow(c Caller, op access.Operation) error {
	return access.Allow(c.Principal, op, access.Target{}, s.now())
}

// emit announces a change of an endpoint to those who may see all events. actor is "" for the server itself.
func (s *Service) emit(tx *db.Tx, tenant, actor, what, id string, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return s.deps.Events.Emit(tx, eventlog.Event{
		Tenant: tenant, Type: what, Subject: subjectOf(id), Actor: actor, At: s.now(), Body: text,
	})
}

// changed tells Run, once the change is durable, that endpoints have to be looked at.
func (s *Service) changed(tx *db.Tx) {
	tx.AfterCommit(func() {
		select {
		case s.nudge <- struct{}{}:
		default:
		}
	})
}

func subjectOf(id string) string { return "webhook:" + id }

func newID() string { return ulid.Make().String() }

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func optional(micro int64) *time.Time {
	if micro == 0 {
		return nil
	}
	t := time.UnixMicro(micro).UTC()
	return &t
}

func micro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicro(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}
