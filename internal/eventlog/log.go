package eventlog

import (
	"embed"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"switchyard/internal/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the log's tables.
func Migrations() db.Migrations {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the path is a constant
	}
	return db.Migrations{Owner: "eventlog", Files: sub}
}

// Waker tells readers in this process and on other nodes that a tenant's log has
// grown. It may lose messages: readers look by themselves every second.
type Waker interface {
	Wake(tenant string)
	// OnWake has f called for every Wake until cancel; f does not block.
	OnWake(f func(tenant string)) (cancel func(), err error)
}

// Deps are what a Log is built of.
type Deps struct {
	DB    *db.DB
	Waker Waker
	Log   *slog.Logger
	Now   func() time.Time
}

// Log is the log of all tenants. Methods may be called from any goroutine.
type Log struct {
	deps Deps

	mu    sync.Mutex
	tails map[string]*tail // of tenants that somebody listens to
	nudge chan struct{}    // 1: some tail has to look
}

// New builds a Log; Run keeps its listeners fed.
func New(deps Deps) *Log {
	return &Log{deps: deps, tails: map[string]*tail{}, nudge: make(chan struct{}, 1)}
}

// wakes is a channel that has something once the log of any tenant may have grown, until cancel.
func (l *Log) wakes() (woken chan struct{}, cancel func(), err error) {
	woken = make(chan struct{}, 1)
	cancel, err = l.deps.Waker.OnWake(func(string) {
		select {
		case woken <- struct{}{}:
		default:
		}
	})
	return woken, cancel, err
}
