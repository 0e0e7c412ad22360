package mail

import (
	"context"
	"embed"
	"encoding/json"
	"io/fs"
	"log/slog"
	"time"

	"github.com/oklog/ulid/v2"

	"switchyard/internal/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the outbox's tables.
func Migrations() db.Migrations {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the path is a constant
	}
	return db.Migrations{Owner: "mail", Files: sub}
}

const (
	giveUpAfter = 48 * time.Hour
	firstRetry  = 30 * time.Second
	lastRetry   = time.Hour
	lookAgain   = 15 * time.Second
	batch       = 20
	claim       = 2 * time.Minute // a mail is one node's, longer than sending takes
)

// Sender hands one mail to a server.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// Outbox is the queue. Its methods may be called from any goroutine.
type Outbox struct {
	db     *db.DB
	sender Sender // nil: there is no mail
	log    *slog.Logger
	now    func() time.Time
	queued chan struct{}
}

// NewOutbox builds one; Run sends. Without a sender nothing is queued.
func NewOutbox(d *db.DB, sender Sender, log *slog.Logger, now func() time.Time) *Outbox {
	return &Outbox{db: d, sender: sender, log: log, now: now, queued: make(chan struct{}, 1)}
}

// Works reports whether mail can be sent at all.
func (o *Outbox) Works() bool { return o.sender != nil }

// Enqueue queues a mail; it goes out once tx is committed. A message that would not be one is an error.
func (o *Outbox) Enqueue(ctx context.Context, tx *db.Tx, m Message) error {
	if err := m.validate(); err != nil {
		return err
	}
	if o.sender == nil {
		o.log.Warn("a mail is not sent: no mail server is configured (mail.server)", "subject", m.Subject)
		return nil
	}
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	now := o.now().UnixMicro()
	if _, err := tx.Exec(ctx, `INSERT INTO mail_outbox (id, message, created, due, tries) VALUES ($1, $2, $3, $3, 0)`, ulid.Make().String(), string(text), now); err != nil {
		return err
	}
	tx.AfterCommit(func() {
		select {
		case o.queued <- struct{}{}:
		default:
		}
	})
	return nil
}

// Waiting is how many mails have not been sent yet.
func (o *Outbox) Waiting(ctx context.Context) (n int64, err error) {
	err = o.db.Read(ctx, func(q db.Querier) error {
		n, err = db.Value[int64](ctx, q, `SELECT count(*) FROM mail_outbox`)
		return err
	})
	return n, err
}

// Run sends until ctx ends.
func (o *Outbox) Run(ctx context.Context) error {
	if o.sender == nil {
		<-ctx.Done()
		return nil
	}
	ticker := time.NewTicker(lookAgain)
	defer ticker.Stop()
	for {
		for {
			n, err := o.sendDue(ctx)
			if err != nil && ctx.Err() == nil {
				o.log.Warn("the outbox could not be worked on", "error", err)
			}
			if err != nil || n < batch {
				break
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-o.queued:
		case <-ticker.C:
		}
	}
}

type queued struct {
	id, message         string
	created, due, tries int64
}

func (q *queued) columns() []any { return []any{&q.id, &q.message, &q.created, &q.due, &q.tries} }

// sendDue sends some of what is due and not another node's. A mail that was sent but whose row
// could not be removed goes out twice: better than not at all.
func (o *Outbox) sendDue(ctx context.Context) (int, error) {
	var due []queued
	err := o.db.Read(ctx, func(q db.Querier) (err error) {
		due, err = db.All(ctx, q, (*queued).columns, `
			SELECT id, message, created, due, tries FROM mail_outbox WHERE due <= $1 ORDER BY due, id LIMIT $2`, o.now().UnixMicro(), batch)
		return err
	})
	for _, one := range due {
		if err == nil {
			err = o.sendOne(ctx, one)
		}
	}
	return len(due), err
}

func (o *Outbox) sendOne(ctx context.Context, one queued) error {
	var claimed int64
	err := o.db.Write(ctx, func(tx *db.Tx) (err error) {
		claimed, err = tx.Exec(ctx, `UPDATE mail_outbox SET due = $3 WHERE id = $1 AND due = $2`, one.id, one.due, o.now().Add(claim).UnixMicro())
		return err
	})
	if err != nil || claimed == 0 {
		return err
	}
	var m Message
	err = json.Unmarshal([]byte(one.message), &m)
	if err == nil {
		err = o.sender.Send(ctx, m)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return o.db.Write(ctx, func(tx *db.Tx) error {
		now := o.now()
		switch {
		case err == nil:
		case now.Sub(time.UnixMicro(one.created)) > giveUpAfter:
			o.log.Error("a mail could not be sent and is given up", "subject", m.Subject, "tries", one.tries+1, "error", err)
		default:
			retry := min(firstRetry<<min(one.tries, 20), lastRetry)
			o.log.Warn("a mail could not be sent", "subject", m.Subject, "again_in", retry.String(), "error", err)
			_, err := tx.Exec(ctx, `UPDATE mail_outbox SET tries = tries + 1, due = $2 WHERE id = $1`, one.id, now.Add(retry).UnixMicro())
			return err
		}
		_, err := tx.Exec(ctx, `DELETE FROM mail_outbox WHERE id = $1`, one.id)
		return err
	})
}
