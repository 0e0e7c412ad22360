package accounts

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/db/dbtest"
	"switchyard/internal/eventlog"
	"switchyard/internal/mail"
)

const goodPassword = "correct horse battery"

var (
	home   = netip.MustParseAddr("192.0.2.1")
	abroad = netip.MustParseAddr("198.51.100.7")
)

// rig is a Service on a real database with an administrator in it.
type rig struct {
	*Service
	t     testing.TB
	db    *db.DB
	clock *clock
	mails *mailbox
	log   output
	admin Caller

	mu      sync.Mutex
	secrets []string // that must be nowhere
}

func each(t *testing.T, f func(t *testing.T, r *rig)) {
	t.Helper()
	for _, kind := range dbtest.Kinds {
		t.Run(kind, func(t *testing.T) { f(t, newRig(t, kind)) })
	}
}

func emptyRig(t testing.TB, kind string) *rig {
	t.Helper()
	r := &rig{t: t, clock: &clock{now: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}, mails: &mailbox{}}
	r.db = dbtest.Open(t, dbtest.URL(t, kind), eventlog.Migrations(), mail.Migrations(), Migrations())
	log := slog.New(slog.NewTextHandler(&r.log, nil))
	r.mails.Outbox = mail.NewOutbox(r.db, r.mails, log, r.clock.Now)
	sealer, err := NewSealer(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	r.Service = New(Deps{
		DB: r.db, Events: eventlog.New(eventlog.Deps{DB: r.db, Waker: nobodyWaits{}, Log: log, Now: r.clock.Now}),
		Mail: r.mails, Sealer: sealer, PublicURL: func() string { return "https://meet.example.org" }, Avatars: t.TempDir(),
		Outbound: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}, Log: log, Now: r.clock.Now,
	})
	t.Cleanup(func() { r.tellsNoSecret() })
	return r
}

func newRig(t testing.TB, kind string) *rig {
	t.Helper()
	r := emptyRig(t, kind)
	address, err := r.SetupLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	in, err := r.Setup(t.Context(), Caller{Address: home}, r.fragment(address), NewUser{Email: "admin@example.org", FirstName: "Ada", LastName: "Admin", Password: r.secret(goodPassword)}, "a browser")
	if err != nil {
		t.Fatal(err)
	}
	r.admin = r.caller(in.Secret)
	return r
}

// secret notes what must be found nowhere.
func (r *rig) secret(s string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s != "" {
		r.secrets = append(r.secrets, s)
	}
	return s
}

// fragment is the secret of a link, which is in the part that browsers keep to themselves.
func (r *rig) fragment(address string) string {
	r.t.Helper()
	before, secret, found := strings.Cut(address, "#")
	if !found || strings.Contains(before, "?") || !strings.HasPrefix(before, "https://meet.example.org/") || len(secret) < 40 {
		r.t.Fatalf("%q is not a link with a secret in its fragment", address)
	}
	return r.secret(secret)
}

// mailed is the newest mail and the secret of the link in it.
func (r *rig) mailed() (m mail.Message, secret string) {
	r.t.Helper()
	r.mails.mu.Lock()
	defer r.mails.mu.Unlock()
	if len(r.mails.queued) == 0 {
		r.t.Fatal("no mail was queued")
	}
	m = r.mails.queued[len(r.mails.queued)-1]
	for _, line := range strings.Split(m.Text, "\n") {
		if strings.HasPrefix(line, "https://") {
			return m, r.fragment(line)
		}
	}
	r.t.Fatalf("no link in %q", m.Text)
	return m, ""
}

// caller is whom a cookie's secret speaks for.
func (r *rig) caller(secret string) Caller {
	r.t.Helper()
	a, err := r.Authenticate(r.t.Context(), r.secret(secret))
	if err != nil {
		r.t.Fatal(err)
	}
	return Caller{a.Principal, home}
}

// enter signs a user in without asking for anything.
func (r *rig) enter(id string) Caller {
	r.t.Helper()
	secret := ""
	err := r.db.Write(r.t.Context(), func(tx *db.Tx) error {
		u, err := oneUser(r.t.Context(), tx, `u.id = $1`, id)
		if err == nil {
			secret, _, err = r.startSession(r.t.Context(), tx, Caller{Address: home}, u, "a browser", true, r.now())
		}
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return r.caller(secret)
}

// fresh is c as if it had just proved who it is.
func (r *rig) fresh(c Caller) Caller {
	c.AuthenticatedAt = r.now()
	return c
}

// user makes an account and signs it in; withPassword also gives it one.
func (r *rig) user(name string, role access.Role, departments ...string) Caller {
	r.t.Helper()
	return r.enter(r.make(NewUser{Email: name + "@example.org", FirstName: name, Role: role, Departments: departments}).ID)
}

func (r *rig) withPassword(name string) Caller {
	r.t.Helper()
	return r.enter(r.make(NewUser{Email: name + "@example.org", FirstName: name, Password: goodPassword}).ID)
}

func (r *rig) make(n NewUser) User {
	r.t.Helper()
	u, err := r.CreateUser(r.t.Context(), r.fresh(r.admin), n)
	if err != nil {
		r.t.Fatal(err)
	}
	if n.Password == "" {
		r.mailed() // notes the secret of its link
	}
	return u
}

func (r *rig) department(name string) string {
	r.t.Helper()
	d, err := r.CreateDepartment(r.t.Context(), r.admin, name)
	if err != nil {
		r.t.Fatal(err)
	}
	return d.ID
}

// tenant makes another organisation and signs its administrator in.
func (r *rig) tenant(name string) Caller {
	r.t.Helper()
	email := "admin@" + name + ".example"
	if _, err := r.CreateTenant(r.t.Context(), r.fresh(r.admin), name, NewUser{Email: email}); err != nil {
		r.t.Fatal(err)
	}
	r.mailed()
	u, err := r.userByEmail(r.t.Context(), email)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.enter(u.ID)
}
