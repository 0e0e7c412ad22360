package meetings

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net/netip"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/db/dbtest"
	"switchyard/internal/eventlog"
	"switchyard/internal/mail"
)

func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }

// house is a service with everything that it needs, and a clock that tests set.
type house struct {
	*Service
	t       *testing.T
	d       *db.DB
	log     *eventlog.Log
	backlog *eventlog.Backlog
	mails   *mailbox
	rooms   *fakeRooms
	live    *fakeLive
	clock   *clock
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

func (c *clock) pass(d time.Duration) { c.set(c.Now().Add(d)) }

type nobodyWakes struct{}

func (nobodyWakes) Wake(string)                                    {}
func (nobodyWakes) OnWake(func(string)) (cancel func(), err error) { return func() {}, nil }

// sealer is AES-GCM with a fixed key, as the program's.
type sealer struct{ aead cipher.AEAD }

func newSealer() sealer {
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return sealer{aead}
}

func (s sealer) Seal(plain, about string) string {
	return base64.RawStdEncoding.EncodeToString(s.aead.Seal(nil, nil, []byte(plain), []byte(about)))
}

func (s sealer) Open(sealed, about string) (string, error) {
	raw, err := base64.RawStdEncoding.DecodeString(sealed)
	if err != nil {
		return "", errors.New("garbled")
	}
	plain, err := s.aead.Open(nil, nil, raw, []byte(about))
	return string(plain), err
}

// mailbox keeps what is queued and checks it as the outbox does.
type mailbox struct {
	mu     sync.Mutex
	outbox *mail.Outbox
	all    []mail.Message
}

func (m *mailbox) Enqueue(ctx context.Context, tx *db.Tx, one mail.Message) error {
	if err := m.outbox.Enqueue(ctx, tx, one); err != nil {
		return err
	}
	tx.AfterCommit(func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.all = append(m.all, one)
	})
	return nil
}

// take returns the mails since the last call.
func (m *mailbox) take() []mail.Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := m.all
	m.all = nil
	return all
}

type fakeLive struct {
	mu    sync.Mutex
	kinds []string
}

func (f *fakeLive) Publish(_, _, kind string, _ eventlog.Audience, body any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	text, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	f.kinds = append(f.kinds, kind+" "+string(text))
}

// fakeRooms writes down what hosts did.
type fakeRooms struct {
	mu   sync.Mutex
	done []string
}

func (f *fakeRooms) note(parts ...string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	text := ""
	for _, p := range parts {
		text += p + " "
	}
	f.done = append(f.done, text[:len(text)-1])
	return nil
}

func (f *fakeRooms) take() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	done := f.done
	f.done = nil
	return done
}

func (f *fakeRooms) Remove(room, identity, _ string) error { return f.note("remove", room, identity) }
func (f *fakeRooms) Mute(room, identity, by string) error {
	return f.note("mute", room, identity, by)
}
func (f *fakeRooms) AskUnmute(room, identity string) error { return f.note("unmute", room, identity) }
func (f *fakeRooms) LowerHand(room, identity string) error { return f.note("lower", room, identity) }
func (f *fakeRooms) UpdateGrants(room, identity, role string) error {
	return f.note("grants", room, identity, role)
}
func (f *fakeRooms) UpdateProfile(room, identity, name, avatar string) error {
	return f.note("profile", room, identity, name, avatar)
}
func (f *fakeRooms) SetLocked(room string, locked bool) error {
	if locked {
		return f.note("lock", room)
	}
	return f.note("unlock", room)
}
func (f *fakeRooms) SetPublic(room string, public bool) error { return f.note("public", room) }
func (f *fakeRooms) Close(room string) error                  { return f.note("close", room) }

// begin is when tests begin: a Monday.
var begin = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// newHouse builds a service with the people ann, bob, carl, dora and eve of the tenant default, and zoe of another.
func newHouse(t *testing.T, d *db.DB) *house {
	t.Helper()
	h := &house{t: t, d: d, clock: &clock{now: begin}, rooms: &fakeRooms{}, live: &fakeLive{}}
	quiet := slog.New(slog.DiscardHandler)
	h.log = eventlog.New(eventlog.Deps{DB: d, Waker: nobodyWakes{}, Log: quiet, Now: h.clock.Now})
	h.backlog = eventlog.NewBacklog(d, quiet, h.clock.Now)
	h.mails = &mailbox{outbox: mail.NewOutbox(d, nil, quiet, h.clock.Now)}
	h.Service = New(Deps{
		DB: d, Events: h.log, Backlog: h.backlog, Mail: h.mails, Sealer: newSealer(), Live: h.live, Rooms: h.rooms,
		PublicURL: func() string { return "https://meet.example" },
		Numbers: []DialIn{
			{Country: "NL", Label: "Amsterdam", Number: "+31 20 555 0100", Primary: true},
			{Country: "US", Label: "New York", Number: "+1 212 555 0100"},
		},
		Log: quiet, Now: h.clock.Now,
	})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	first := h.backlog // tests may take another
	running.Go(func() { first.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
	languages := map[string]string{"ann": "en", "bob": "nl", "carl": "fr", "dora": "de", "eve": "ja"}
	for id, language := range languages {
		h.tell("default", "user.created", map[string]any{"id": id, "name": id + " Person", "email": id + "@example.com", "language": language, "active": true})
	}
	h.tell("other", "user.created", map[string]any{"id": "zoe", "name": "zoe Stranger", "email": "zoe@other.example", "language": "en", "active": true})
	return h
}

// tell has the service consume an event of accounts.
func (h *house) tell(tenant, what string, body map[string]any) {
	h.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		h.t.Fatal(err)
	}
	err = h.d.Write(h.t.Context(), func(tx *db.Tx) error {
		return h.Consume(h.t.Context(), tx, eventlog.Event{Tenant: tenant, Type: what, Body: text})
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func user(id string) Caller {
	tenant := "default"
	if id == "zoe" {
		tenant = "other"
	}
	return Caller{access.Principal{Kind: access.User, Tenant: tenant, ID: id, Name: id + " Person", Role: access.RoleUser}, netip.MustParseAddr("192.0.2.1")}
}

func stranger(address string) Caller { return Caller{Address: netip.MustParseAddr(address)} }

func admin() Caller {
	c := user("root")
	c.Role = access.RoleAdmin
	return c
}

// plan is a weekly meeting of ann, with bob to help, carl and dora, and a guest.
func plan() NewMeeting {
	private := false
	return NewMeeting{
		Kind: Scheduled, Subject: "Weekly", Description: "What happened.\nWhat will.", CoOrganisers: []string{"bob"}, Participants: []string{"carl", "dora"},
		Guests: []NewGuest{{Email: "gast@elsewhere.example", Name: "Gast", Language: "de"}}, Public: &private,
		Start: "2026-03-02T09:00", Zone: "Europe/Amsterdam", Duration: 60, Recurrence: "FREQ=WEEKLY;COUNT=10",
	}
}

func (h *house) create(n NewMeeting) Meeting {
	h.t.Helper()
	m, err := h.Create(h.t.Context(), user("ann"), n)
	if err != nil {
		h.t.Fatal(err)
	}
	return m
}

// events are the types of the tenant's events since a seq.
func (h *house) events(after int64) (all []eventlog.Event) {
	h.t.Helper()
	if err := h.backlog.Flush(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	err := h.d.Read(h.t.Context(), func(q db.Querier) (err error) {
		all, _, err = eventlog.ReadAfter(h.t.Context(), q, "default", after, 1000)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return all
}

func typesOf(events []eventlog.Event) (types []string) {
	for _, e := range events {
		types = append(types, e.Type)
	}
	return types
}

func want(t *testing.T, what string, got, wanted any) {
	t.Helper()
	a, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(wanted)
	if err != nil {
		t.Fatal(err)
	}
	if string(a) != string(b) {
		t.Errorf("%s: %s, want %s", what, a, b)
	}
}

func wantErr(t *testing.T, what string, err, wanted error) {
	t.Helper()
	if !errors.Is(err, wanted) {
		t.Errorf("%s: %v, want %v", what, err, wanted)
	}
}

func wantField(t *testing.T, what string, err error, field string) {
	t.Helper()
	var f *FieldError
	if !errors.As(err, &f) || f.Field != field {
		t.Errorf("%s: %v, want a fault of %s", what, err, field)
	}
}

func inHouses(t *testing.T, f func(t *testing.T, h *house)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(t, newHouse(t, d)) }, Migrations(), eventlog.Migrations(), mail.Migrations())
}

func has(list []string, one string) bool { return slices.Contains(list, one) }
