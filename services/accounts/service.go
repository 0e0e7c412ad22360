package accounts

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/eventlog"
	"switchyard/internal/mail"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables of accounts.
func Migrations() db.Migrations {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the path is a constant
	}
	return db.Migrations{Owner: "accounts", Files: sub}
}

// Mailer queues a mail in the transaction that calls for it.
type Mailer interface {
	Enqueue(ctx context.Context, tx *db.Tx, m mail.Message) error
}

// Deps are what a Service is built of.
type Deps struct {
	DB        *db.DB
	Events    *eventlog.Log
	Mail      Mailer
	Sealer    *Sealer
	PublicURL func() string // of the web client, without a slash at its end
	Avatars   string        // directory of pictures
	Outbound  *http.Client  // to identity providers
	Log       *slog.Logger
	Now       func() time.Time
}

// Service is the accounts of all tenants. Its methods may be called from any
// goroutine; their errors are those of access.Allow, *FieldError, ErrVersion,
// db.ErrUnavailable and what each names.
type Service struct {
	deps      Deps
	hasher    *hasher
	guesses   *signInGuesses
	failed    failedSignIns
	providers *providers
	pictures  line
}

// New builds a Service; it starts nothing.
func New(deps Deps) *Service {
	return &Service{
		deps: deps, hasher: newHasher(), guesses: newSignInGuesses(),
		providers: newProviders(deps.Outbound), pictures: newLine(1, pictureQueue),
	}
}

// ErrVersion: somebody else has changed it since the caller read it.
var ErrVersion = errors.New("it was changed by somebody else meanwhile")

// FieldError says what is wrong with one field of a request.
type FieldError struct {
	Field  string // as the API calls it
	Value  string // at most 64 bytes of it; never a secret
	Reason string // what is allowed
}

func (e *FieldError) Error() string { return fmt.Sprintf("%s: %q %s", e.Field, e.Value, e.Reason) }

func fault(field, value, reason string, args ...any) error {
	if len(value) > 64 {
		value = strings.ToValidUTF8(value[:64], "") + "…"
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
func (s *Service) allow(c Caller, op access.Operation, t access.Target) error {
	return access.Allow(c.Principal, op, t, s.now())
}

// emit announces a change.
func (s *Service) emit(tx *db.Tx, c Caller, tenant, what, subject string, audience eventlog.Audience, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return s.deps.Events.Emit(tx, eventlog.Event{
		Tenant: tenant, Type: what, Subject: subject, Actor: c.Actor(), At: s.now(), Audience: audience, Body: text,
	})
}

// audit writes down who did what. detail never holds a secret.
func (s *Service) audit(ctx context.Context, tx *db.Tx, c Caller, tenant string, action access.Operation, subject string, detail any) error {
	text, err := json.Marshal(detail)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO audit_entry (tenant, id, at, actor, action, subject, address, detail)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		tenant, newID(), s.now().UnixMicro(), c.Actor(), string(action), subject, addressText(c.Address), string(text))
	return err
}

func newID() string { return ulid.Make().String() }

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
