package calendars

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables of calendars. They refer to no other part's.
func Migrations() db.Migrations {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the path is a constant
	}
	return db.Migrations{Owner: "calendars", Files: sub}
}

// Sealer encrypts what has to be read again; about ties it to its row.
type Sealer interface {
	Seal(plain, about string) string
	Open(sealed, about string) (string, error)
}

// Where Microsoft's servers are.
const (
	GraphURL      = "https://graph.microsoft.com/v1.0"
	GraphTokenURL = "https://login.microsoftonline.com/{directory}/oauth2/v2.0/token"
)

// Deps are what a Service is built of.
type Deps struct {
	DB            *db.DB
	Events        *eventlog.Log
	Sealer        Sealer
	Outbound      *http.Client  // decides which addresses may be reached
	PublicURL     func() string // of our web client, without a slash at its end: what links to it is "own"
	GraphURL      string        // "" is GraphURL
	GraphTokenURL string        // "" is GraphTokenURL
	Log           *slog.Logger
	Now           func() time.Time
}

// Service is the external calendars of all users. Its methods may be called from any
// goroutine; their errors are those of access.Allow, *FieldError, db.ErrUnavailable and
// what each names.
type Service struct {
	deps     Deps
	slots    chan struct{} // one for each fetch
	results  *cache[result]
	files    *cache[file]
	statuses *cache[Status]
	began    *cache[time.Time] // when a reading that was asked for began the last time

	mu      sync.Mutex
	tokens  map[string]token         // of Graph, by calendar
	reading map[string]chan struct{} // calendars that are being read since somebody asked for it
}

// New builds a Service; it starts nothing.
func New(deps Deps) *Service {
	if deps.GraphURL == "" {
		deps.GraphURL = GraphURL
	}
	if deps.GraphTokenURL == "" {
		deps.GraphTokenURL = GraphTokenURL
	}
	return &Service{
		deps: deps, slots: make(chan struct{}, maxFetches), results: newCache[result](maxCachedEntries), files: newCache[file](maxCachedBytes),
		statuses: newCache[Status](maxStatuses), began: newCache[time.Time](maxStatuses),
		tokens: map[string]token{}, reading: map[string]chan struct{}{},
	}
}

// ErrTooMany: the user has as many calendars as are allowed.
var ErrTooMany = fmt.Errorf("a user has at most %d calendars", MaxCalendars)

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

// Problem is a closed set of what can be wrong with somebody's calendar.
type Problem string

// The problems.
const (
	ProblemAddress     Problem = "address"     // it leads where this server does not go
	ProblemUnreachable Problem = "unreachable" // no connection, no such name, a bad certificate
	ProblemTimeout     Problem = "timeout"
	ProblemSignIn      Problem = "sign_in" // user, password or token are not accepted
	ProblemNotFound    Problem = "not_found"
	ProblemServer      Problem = "server" // it answers with an error
	ProblemFormat      Problem = "format" // what it answers is no calendar
	ProblemSize        Problem = "size"   // too much of it
	ProblemSealed      Problem = "sealed" // the password can't be read with this server's key
)

// ConnectError says why a calendar can't be read.
type ConnectError struct {
	Problem Problem
	Text    string // for people; it holds no secret
	Err     error
}

func (e *ConnectError) Error() string { return e.Text }
func (e *ConnectError) Unwrap() error { return e.Err }

func problem(p Problem, err error, text string, args ...any) error {
	return &ConnectError{p, fmt.Sprintf(text, args...), err}
}

// problemOf makes any error one that people can be told.
func problemOf(err error) *ConnectError {
	var known *ConnectError
	if errors.As(err, &known) {
		return known
	}
	return &ConnectError{ProblemFormat, "the calendar can't be understood", err}
}

// Caller is who asks and from where.
type Caller struct {
	access.Principal
	Address netip.Addr
}

func (s *Service) now() time.Time { return s.deps.Now() }

// allow asks for the one operation on the caller's own calendars.
func (s *Service) allow(c Caller) error {
	return access.Allow(c.Principal, access.SelfCalendars, access.Target{Tenant: c.Tenant, Owner: c.ID}, s.now())
}

// emit announces a change to its owner.
func (s *Service) emit(tx *db.Tx, c Caller, what string, cal Calendar) error {
	text, err := json.Marshal(struct {
		ID   string `json:"id"`
		User string `json:"user"`
		Kind Kind   `json:"kind"`
	}{cal.ID, c.ID, cal.Kind})
	if err != nil {
		return err
	}
	return s.deps.Events.Emit(tx, eventlog.Event{
		Tenant: c.Tenant, Type: what, Subject: about(cal.ID), Actor: c.Actor(), At: s.now(),
		Audience: eventlog.Audience{Users: []string{c.ID}}, Body: text,
	})
}

func about(id string) string { return "calendar:" + id }

func newID() string { return ulid.Make().String() }
