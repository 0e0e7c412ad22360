package controlapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/access"
	"switchyard/internal/bus"
	"switchyard/internal/db"
	"switchyard/internal/db/dbtest"
	"switchyard/internal/eventlog"
	"switchyard/internal/mail"
	"switchyard/internal/outbound"
	"switchyard/services/accounts"
	"switchyard/services/calendars"
	"switchyard/services/meetings"
	"switchyard/services/webhooks"
	"switchyard/sfu"
	"switchyard/sfu/sfutest"
)

func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }

const password = "a long enough one"

// rig is the API with everything behind it, on a real database.
type rig struct {
	api      *API
	db       *db.DB
	events   *eventlog.Log
	accounts *accounts.Service
	meetings *meetings.Service
	rooms    *sfu.SFU
	backlog  *eventlog.Backlog
	server   *httptest.Server
	admin    *client // has made the house
}

// client is somebody at the other end of HTTP.
type client struct {
	t    testing.TB
	base string
	http *http.Client
	key  string // of a service
	user accounts.User
}

// each runs f with a rig on every database.
func each(t *testing.T, f func(t *testing.T, r *rig)) {
	t.Helper()
	for _, kind := range dbtest.Kinds {
		t.Run(kind, func(t *testing.T) { f(t, newRig(t, kind)) })
	}
}

func newRig(t testing.TB, kind string) *rig {
	t.Helper()
	quiet := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	r := &rig{db: dbtest.Open(t, dbtest.URL(t, kind), eventlog.Migrations(), mail.Migrations(), Migrations(), accounts.Migrations(), meetings.Migrations(), webhooks.Migrations(), calendars.Migrations())}
	b, err := bus.Open("", quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	r.events = eventlog.New(eventlog.Deps{DB: r.db, Waker: b, Log: quiet, Now: time.Now})
	sealer, err := accounts.NewSealer(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	outside, err := outbound.NewClient(outbound.Config{})
	if err != nil {
		t.Fatal(err)
	}
	r.accounts = accounts.New(accounts.Deps{
		DB: r.db, Events: r.events, Mail: mail.NewOutbox(r.db, silent{}, quiet, time.Now), Sealer: sealer, PublicURL: func() string { return "https://meet.example.org" },
		Avatars: t.TempDir(), Outbound: outside, Log: quiet, Now: time.Now,
	})
	keys, err := access.NewKeys(bytes.Repeat([]byte("k"), 32))
	if err != nil {
		t.Fatal(err)
	}
	if r.rooms, err = sfu.New(sfu.DefaultConfig(), sfutest.NewLoop(), quiet, prometheus.NewRegistry()); err != nil {
		t.Fatal(err)
	}
	r.backlog = eventlog.NewBacklog(r.db, quiet, time.Now)
	r.meetings = meetings.New(meetings.Deps{
		DB: r.db, Events: r.events, Backlog: r.backlog, Mail: mail.NewOutbox(r.db, silent{}, quiet, time.Now), Sealer: sealer, Live: silent{}, Rooms: silent{},
		PublicURL: func() string { return "https://meet.example.org" }, Log: quiet, Now: time.Now,
	})
	hooks := webhooks.New(webhooks.Deps{DB: r.db, Events: r.events, Sealer: sealer, Outbound: outside, Log: quiet, Metrics: prometheus.NewRegistry(), Now: time.Now})
	others := calendars.New(calendars.Deps{
		DB: r.db, Events: r.events, Sealer: sealer, Outbound: outside, PublicURL: func() string { return "https://meet.example.org" }, Log: quiet, Now: time.Now,
	})
	r.api = New(Deps{DB: r.db, Events: r.events, Bus: b, Accounts: r.accounts, Meetings: r.meetings, Webhooks: hooks, Calendars: others, Tokens: keys, Rooms: r.rooms, Version: "1.2.3", Log: quiet, Registerer: prometheus.NewRegistry(), Now: time.Now})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { r.events.Run(ctx) })
	running.Go(func() { r.api.Run(ctx) })
	running.Go(func() { r.backlog.Run(ctx) })
	running.Go(func() {
		r.events.Follow(ctx, eventlog.Follower{Name: "meetings", Consume: r.meetings.Consume})
	})
	mux := http.NewServeMux()
	r.api.Register(mux)
	r.server = httptest.NewServer(mux)
	t.Cleanup(func() {
		r.api.Close()
		r.server.Close()
		cancel()
		running.Wait()
	})
	link, err := r.accounts.SetupLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, secret, _ := strings.Cut(link, "#")
	r.admin = r.stranger(t)
	r.admin.must(http.StatusCreated, "POST", "/setup", fmt.Sprintf(`{"secret":%q,"email":"admin@example.org","first_name":"Ada","password":%q}`, secret, password), &r.admin.user)
	return r
}

// silent takes mail, what is of the moment, and what hosts want done in rooms, and does nothing with it.
type silent struct{}

func (silent) Send(context.Context, mail.Message) error           { return nil }
func (silent) Publish(_, _, _ string, _ eventlog.Audience, _ any) {}
func (silent) Remove(_, _, _ string) error                        { return nil }
func (silent) Mute(_, _, _ string) error                          { return nil }
func (silent) AskUnmute(_, _ string) error                        { return nil }
func (silent) LowerHand(_, _ string) error                        { return nil }
func (silent) UpdateGrants(_, _, _ string) error                  { return nil }
func (silent) UpdateProfile(_, _, _, _ string) error              { return nil }
func (silent) SetLocked(string, bool) error                       { return nil }
func (silent) SetPublic(string, bool) error                       { return nil }
func (silent) Close(string) error                                 { return nil }

// stranger is a browser that has not signed in.
func (r *rig) stranger(t testing.TB) *client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &client{t: t, base: r.server.URL + base, http: &http.Client{Jar: jar, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// user makes an account with a role and signs it in.
func (r *rig) user(t testing.TB, name string, role access.Role, departments ...string) *client {
	t.Helper()
	c := r.stranger(t)
	if departments == nil {
		departments = []string{}
	}
	list, _ := json.Marshal(departments)
	email := strings.ToLower(name) + "@example.org"
	r.admin.must(http.StatusCreated, "POST", "/users", fmt.Sprintf(`{"email":%q,"first_name":%q,"role":%q,"departments":%s,"password":%q}`, email, name, role, list, password), &c.user)
	c.must(http.StatusOK, "POST", "/auth/login", fmt.Sprintf(`{"email":%q,"password":%q}`, email, password), nil)
	r.settle(t)
	return c
}

// settle waits until meetings has heard of everybody.
func (r *rig) settle(t testing.TB) {
	t.Helper()
	if err := r.events.CatchUp(t.Context(), eventlog.Follower{Name: "meetings", Consume: r.meetings.Consume}); err != nil {
		t.Fatal(err)
	}
}

// service makes an API key.
func (r *rig) service(t testing.TB, scopes ...access.Scope) *client {
	t.Helper()
	c := r.stranger(t)
	text, _ := json.Marshal(scopes)
	var made struct{ Secret string }
	r.admin.must(http.StatusCreated, "POST", "/api-keys", fmt.Sprintf(`{"name":"a service","scopes":%s}`, text), &made)
	c.key = made.Secret
	return c
}

// do makes a request; headers are name, value, name, value.
func (c *client) do(method, path, body string, headers ...string) (*http.Response, []byte) {
	c.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = c.base + path
	}
	request, err := http.NewRequestWithContext(c.t.Context(), method, path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.key != "" {
		request.Header.Set("Authorization", "Bearer "+c.key)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := c.http.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return response, text
}

// must is do with what the status has to be; into gets the body.
func (c *client) must(status int, method, path, body string, into any, headers ...string) *http.Response {
	c.t.Helper()
	response, text := c.do(method, path, body, headers...)
	if response.StatusCode != status {
		c.t.Fatalf("%s %s: %d, want %d: %s", method, path, response.StatusCode, status, text)
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			c.t.Fatalf("%s %s: %v: %s", method, path, err, text)
		}
	}
	return response
}

// refused is do for a request that has to be a problem with a status and a code.
func (c *client) refused(status int, code, method, path, body string, headers ...string) Problem {
	c.t.Helper()
	var p Problem
	response := c.must(status, method, path, body, &p, headers...)
	if kind := response.Header.Get("Content-Type"); kind != "application/problem+json" || p.Code != code || p.Status != status || p.Detail == "" {
		c.t.Errorf("%s %s: %s %+v, want code %q", method, path, kind, p, code)
	}
	return p
}
