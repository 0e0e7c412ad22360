package meetings

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/eventlog"
	"switchyard/internal/mail"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables of meetings.
func Migrations() db.Migrations {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the path is a constant
	}
	return db.Migrations{Owner: "meetings", Files: sub}
}

// Tables names every table of this service: a test asks them what is left of a user that was deleted.
func Tables() []string {
	return []string{
		"meeting_person", "meeting_tenant", "meeting", "meeting_number", "meeting_member", "meeting_guest",
		"meeting_occurrence", "meeting_instance", "meeting_attendance", "meeting_message", "meeting_feed",
	}
}

// Mailer queues a mail in the transaction that calls for it.
type Mailer interface {
	Enqueue(ctx context.Context, tx *db.Tx, m mail.Message) error
}

// Sealer encrypts and authenticates what has to be read again; about ties a text to its place.
type Sealer interface {
	Seal(plain, about string) string
	Open(sealed, about string) (string, error)
}

// Live tells those of an audience who are connected now something that is only of the moment. It must not block.
type Live interface {
	Publish(tenant, meeting, kind string, audience eventlog.Audience, body any)
}

// Rooms does to rooms what hosts ask for. A room or participant that is not there is no error.
type Rooms interface {
	Remove(room, identity, reason string) error
	Mute(room, identity, by string) error // identity "": everybody but by
	AskUnmute(room, identity string) error
	LowerHand(room, identity string) error // identity "": everybody's
	UpdateGrants(room, identity, role string) error
	UpdateProfile(room, identity, name, avatar string) error
	SetLocked(room string, locked bool) error
	SetPublic(room string, public bool) error
	Close(room string) error
}

// DialIn is a telephone number by which meetings can be reached.
type DialIn struct {
	Country string `json:"country" yaml:"country"`
	Label   string `json:"label" yaml:"label"`
	Number  string `json:"number" yaml:"number"`
	Primary bool   `json:"primary" yaml:"primary"`
}

// Deps are what a Service is built of.
type Deps struct {
	DB        *db.DB
	Events    *eventlog.Log
	Backlog   *eventlog.Backlog // somebody else runs it
	Mail      Mailer
	Sealer    Sealer
	Live      Live
	Rooms     Rooms
	PublicURL func() string // of the web client, without a slash at its end
	Numbers   []DialIn
	Log       *slog.Logger
	Now       func() time.Time
}

// Service is the meetings of all tenants. Its methods may be called from any goroutine; their
// errors are those of access.Allow, *FieldError, ErrVersion, db.ErrUnavailable and what each names.
type Service struct {
	deps     Deps
	guesses  *access.Guesses
	patience time.Duration      // for which somebody waits in a lobby
	digits   func(n int) string // random

	mu    sync.Mutex
	rooms map[string]*live // by id of the meeting: what is of the moment
	// suspended are organisations that were suspended while this runs: for who was at a door at that moment. The database knows all.
	suspended map[string]bool
}

const (
	guessBurst  = 30
	guessRefill = 20 * time.Second
	maxWait     = 2 * time.Hour
)

// New builds a Service; Run keeps its running meetings known to the database.
func New(deps Deps) *Service {
	return &Service{deps: deps, guesses: access.NewGuesses(guessBurst, guessRefill), patience: maxWait, digits: digits, rooms: map[string]*live{}, suspended: map[string]bool{}}
}

// Errors that several methods return.
var (
	// ErrVersion: somebody else has changed it since the caller read it.
	ErrVersion = errors.New("it was changed by somebody else meanwhile")
	// ErrPasscode: the passcode that was given is not the meeting's.
	ErrPasscode = errors.New("the passcode is wrong")
	// ErrLink: a personal link that is garbled, revoked or too old.
	ErrLink = errors.New("the link does not work any more")
	// ErrNotAMeeting: the room is not that of a meeting; who gets in is for others to say.
	ErrNotAMeeting = errors.New("the room is not that of a meeting")
	// ErrChatFull: so much was said in one run of a meeting that no more is kept.
	ErrChatFull = errors.New("so much was said in this meeting that no more is kept")
	// ErrNotRunning: nobody is in the meeting's room.
	ErrNotRunning = errors.New("the meeting is not in progress")
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

// WaitError: too much was guessed; it may be tried again after a time.
type WaitError struct{ Retry time.Duration }

func (e *WaitError) Error() string { return "too many wrong guesses" }

// Refusal turns somebody away from a meeting.
type Refusal struct {
	Code   string        // removed, waiting_refused, cancelled, lobby_full, waiting_ended, replaced, inactive, suspended
	Reason string        // one sentence in the language of the one who is turned away
	Retry  time.Duration // it may try again after so long; 0: it need not
}

func (r *Refusal) Error() string { return "refused: " + r.Reason }

// Caller is who asks and from where.
type Caller struct {
	access.Principal
	Address netip.Addr
}

func (s *Service) now() time.Time { return s.deps.Now() }

func (s *Service) allow(c Caller, op access.Operation, t access.Target) error {
	return access.Allow(c.Principal, op, t, s.now())
}

// emit announces a change.
func (s *Service) emit(tx *db.Tx, e eventlog.Event, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	e.Body = text
	if e.At.IsZero() {
		e.At = s.now()
	}
	return s.deps.Events.Emit(tx, e)
}

func newID() string { return ulid.Make().String() }

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func set[T any](into *T, from *T) {
	if from != nil {
		*into = *from
	}
}
