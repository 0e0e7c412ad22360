package eventlog_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"switchyard/internal/db"
	"switchyard/internal/db/dbtest"
	"switchyard/internal/eventlog"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(crashURL); url != "" {
		os.Exit(crashChild(url))
	}
	os.Exit(dbtest.Main(m))
}

// things is the table that the events of these tests are about.
var things = db.Migrations{Owner: "things", Files: fstest.MapFS{
	"00001_thing.sql": {Data: []byte("-- +goose Up\nCREATE TABLE thing (id TEXT NOT NULL PRIMARY KEY, tenant TEXT NOT NULL, value BIGINT NOT NULL);\n")},
}}

// wakes is a Waker in one process, which may be deaf.
type wakes struct {
	mu   sync.Mutex
	f    map[int]func(string)
	last int
	deaf bool
}

func (w *wakes) Wake(tenant string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range w.f {
		if !w.deaf {
			f(tenant)
		}
	}
}

func (w *wakes) OnWake(f func(string)) (func(), error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.f == nil {
		w.f = map[int]func(string){}
	}
	w.last++
	key := w.last
	w.f[key] = f
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.f, key)
	}, nil
}

func newLog(d *db.DB, w eventlog.Waker) *eventlog.Log {
	return eventlog.New(eventlog.Deps{DB: d, Waker: w, Log: slog.New(slog.DiscardHandler), Now: time.Now})
}

// run runs f until the test ends or the returned function is called, which waits.
func run(t testing.TB, f func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- f(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// each runs f with a log that is fed, on every kind of database.
func each(t *testing.T, f func(t *testing.T, d *db.DB, l *eventlog.Log, w *wakes)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := &wakes{}
		l := newLog(d, w)
		run(t, l.Run)
		f(t, d, l, w)
	}, eventlog.Migrations(), things)
}

func event(tenant, id string) eventlog.Event {
	return eventlog.Event{Tenant: tenant, Type: "thing.created", Subject: "thing:" + id, Audience: eventlog.Everybody, Body: json.RawMessage(`{"id":"` + id + `"}`)}
}

// add is a transaction that inserts a thing and emits the event of it.
func add(ctx context.Context, d *db.DB, l *eventlog.Log, tenant, id string) error {
	return d.Write(ctx, func(tx *db.Tx) error { return addIn(ctx, tx, l, tenant, id) })
}

func addIn(ctx context.Context, tx *db.Tx, l *eventlog.Log, tenant, id string) error {
	_, err := tx.Exec(ctx, `INSERT INTO thing (id, tenant, value) VALUES ($1, $2, 0)`, id, tenant)
	return errors.Join(err, l.Emit(tx, event(tenant, id)))
}

func mustAdd(t testing.TB, d *db.DB, l *eventlog.Log, tenant string, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if err := add(context.Background(), d, l, tenant, id); err != nil {
			t.Fatal(err)
		}
	}
}

// after reads all events after a number, in batches of an odd size.
func after(t *testing.T, d *db.DB, tenant string, seq int64) []eventlog.Event {
	t.Helper()
	var all []eventlog.Event
	err := d.Read(t.Context(), func(q db.Querier) error {
		for {
			some, _, err := eventlog.ReadAfter(t.Context(), q, tenant, seq, 7)
			if err != nil || len(some) == 0 {
				return err
			}
			all, seq = append(all, some...), some[len(some)-1].Seq
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func head(t *testing.T, d *db.DB, tenant string) (h eventlog.Head) {
	t.Helper()
	err := d.Read(t.Context(), func(q db.Querier) (err error) {
		h, err = eventlog.ReadHead(t.Context(), q, tenant)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}
