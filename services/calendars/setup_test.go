package calendars

import (
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/db/dbtest"
	"switchyard/internal/eventlog"
	"switchyard/internal/outbound"
)

// withDatabase ends PostgreSQL before leaks are looked for.
type withDatabase struct{ *testing.M }

func (m withDatabase) Run() int { return dbtest.Main(m.M) }

func TestMain(m *testing.M) { goleak.VerifyTestMain(withDatabase{m}) }

const publicURL = "https://meet.example.org"

var ann = Caller{Principal: access.Principal{Kind: access.User, Tenant: "t", ID: "ann", Role: access.RoleUser}}

// plainSealer shows what it seals: only its owner's about opens it.
type plainSealer struct{}

func (plainSealer) Seal(plain, about string) string {
	return base64.StdEncoding.EncodeToString([]byte(about + "\n" + plain))
}

func (plainSealer) Open(sealed, about string) (string, error) {
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return "", err
	}
	plain, found := strings.CutPrefix(string(raw), about+"\n")
	if !found {
		return "", errors.New("sealed about something else")
	}
	return plain, nil
}

// deaf is a Waker for nobody.
type deaf struct{}

func (deaf) Wake(string) {}

func (deaf) OnWake(func(string)) (func(), error) { return func() {}, nil }

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

type house struct {
	*Service
	d     *db.DB
	log   *eventlog.Log
	clock *clock
}

var migrations = []db.Migrations{eventlog.Migrations(), Migrations()}

func newHouse(t *testing.T, d *db.DB, client *http.Client) *house {
	t.Helper()
	c := &clock{at: time.Date(2026, 7, 1, 7, 0, 0, 0, time.UTC)}
	quiet := slog.New(slog.DiscardHandler)
	log := eventlog.New(eventlog.Deps{DB: d, Waker: deaf{}, Log: quiet, Now: c.now})
	return &house{New(Deps{
		DB: d, Events: log, Sealer: plainSealer{}, Outbound: client, PublicURL: func() string { return publicURL }, Log: quiet, Now: c.now,
	}), d, log, c}
}

// client goes to loopback addresses only if allowed, as in production.
func client(t *testing.T, allow ...string) *http.Client {
	t.Helper()
	c, err := outbound.NewClient(outbound.Config{Allow: allow})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

const loopback = "127.0.0.0/8"

var berlin = zone("Europe/Berlin")

func zone(name string) *time.Location {
	l, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return l
}

// file is a calendar of events, or of other lines.
func calendarOf(lines ...string) string {
	return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VCALENDAR\r\n"
}

func vevent(lines ...string) string {
	return "BEGIN:VEVENT\r\nUID:u@example.org\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VEVENT"
}

func problemIn(err error) Problem {
	var known *ConnectError
	if errors.As(err, &known) {
		return known.Problem
	}
	return ""
}
