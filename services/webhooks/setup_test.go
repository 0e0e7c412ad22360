package webhooks

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/db/dbtest"
	"switchyard/internal/eventlog"
)

// withDatabase ends PostgreSQL before leaks are looked for.
type withDatabase struct{ *testing.M }

func (m withDatabase) Run() int { return dbtest.Main(m.M) }

func TestMain(m *testing.M) { goleak.VerifyTestMain(withDatabase{m}) }

var admin = Caller{Principal: access.Principal{Kind: access.User, Tenant: "t", ID: "a", Role: access.RoleAdmin}}

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

// bell is a Waker within a process.
type bell struct {
	mu sync.Mutex
	by map[int]func(string)
	n  int
}

func (b *bell) Wake(tenant string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.by {
		f(tenant)
	}
}

func (b *bell) OnWake(f func(string)) (func(), error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.by == nil {
		b.by = map[int]func(string){}
	}
	b.n++
	n := b.n
	b.by[n] = f
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.by, n)
	}, nil
}

// clock is a time that tests move, or that runs by itself, faster.
type clock struct {
	mu    sync.Mutex
	start time.Time
	began time.Time
	speed int
	moved time.Duration
}

func newClock(speed int) *clock {
	return &clock{start: time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC), began: time.Now(), speed: speed}
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.start.Add(c.moved + time.Duration(c.speed)*time.Since(c.began))
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.moved += d
}

// house is a Service with what it needs.
type house struct {
	*Service
	t     *testing.T
	d     *db.DB
	log   *eventlog.Log
	clock *clock
	bell  *bell
	reg   *prometheus.Registry
}

var migrations = []db.Migrations{eventlog.Migrations(), Migrations()}

func newHouse(t *testing.T, d *db.DB, c *clock, b *bell, client *http.Client) *house {
	quiet := slog.New(slog.DiscardHandler)
	log := eventlog.New(eventlog.Deps{DB: d, Waker: b, Log: quiet, Now: c.now})
	reg := prometheus.NewRegistry()
	s := New(Deps{DB: d, Events: log, Sealer: plainSealer{}, Outbound: client, Log: quiet, Metrics: reg, Now: c.now})
	s.idle, s.every = 5*time.Millisecond, 50*time.Millisecond
	return &house{s, t, d, log, c, b, reg}
}

// start runs the log and the service until stop.
func (h *house) start() (stop func()) {
	ctx, cancel := context.WithCancel(h.t.Context())
	var both sync.WaitGroup
	for _, run := range []func(context.Context) error{h.log.Run, h.Run} {
		both.Go(func() {
			if err := run(ctx); err != nil {
				h.t.Error(err)
			}
		})
	}
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			both.Wait()
		})
	}
	h.t.Cleanup(stop)
	return stop
}

func (h *house) emitEvent(what, subject string, n int) {
	h.t.Helper()
	h.emitSome(1, func(int) eventlog.Event {
		e := eventOf(subject, n)
		e.Type = what
		return e
	})
}

// emitSome emits n events as one.
func (h *house) emitSome(n int, event func(int) eventlog.Event) {
	h.t.Helper()
	err := h.d.Write(h.t.Context(), func(tx *db.Tx) error {
		for i := range n {
			if err := h.log.Emit(tx, event(i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		h.t.Error(err) // it may be called by another goroutine than the test's
	}
}

func (h *house) create(url string, events ...string) (Endpoint, string) {
	h.t.Helper()
	e, secret, err := h.Create(h.t.Context(), admin, NewEndpoint{URL: url, Events: events})
	if err != nil {
		h.t.Fatal(err)
	}
	return e, secret
}

func (h *house) status(id string) Status {
	h.t.Helper()
	_, status, err := h.Get(h.t.Context(), admin, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return status
}

// until waits for something that has to happen soon.
func until(t *testing.T, what string, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !f(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not after a minute: %s", what)
		}
	}
}

// received is one request that a receiver got.
type received struct {
	payload
	header http.Header
	body   []byte
}

// receiver is somebody's server. answer decides; nil is 204.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []received
	answer func(w http.ResponseWriter, r *http.Request, got received)
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return // the sender has gone
		}
		one := received{header: request.Header, body: body}
		if err := json.Unmarshal(body, &one.payload); err != nil {
			t.Errorf("a body that is not JSON: %q", body)
		}
		r.mu.Lock()
		r.got = append(r.got, one)
		answer := r.answer
		r.mu.Unlock()
		if answer != nil {
			answer(w, request, one)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) all() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]received(nil), r.got...)
}

func (r *receiver) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.got)
}

func (r *receiver) then(answer func(http.ResponseWriter, *http.Request, received)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

func always(status int) func(http.ResponseWriter, *http.Request, received) {
	return func(w http.ResponseWriter, _ *http.Request, _ received) { w.WriteHeader(status) }
}

// client has connections of its own, which end with the test.
func client(t *testing.T) *http.Client {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func eventOf(subject string, n int) eventlog.Event {
	return eventlog.Event{Tenant: "t", Type: "thing.happened", Subject: subject, Actor: "user:a", Body: json.RawMessage(fmt.Sprintf(`{"n":%d}`, n))}
}
