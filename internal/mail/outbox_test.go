package mail_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"switchyard/internal/db"
	"switchyard/internal/db/dbtest"
	"switchyard/internal/mail"
)

// sender is a Sender that may be down.
type sender struct {
	mu   sync.Mutex
	down error
	sent []string // subjects
	told chan struct{}
}

func (s *sender) Send(_ context.Context, m mail.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down == nil {
		s.sent = append(s.sent, m.Subject)
	}
	select {
	case s.told <- struct{}{}:
	default:
	}
	return s.down
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

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newOutbox(d *db.DB, s mail.Sender) (*mail.Outbox, *clock) {
	c := &clock{now: time.Unix(2e9, 0)}
	return mail.NewOutbox(d, s, slog.New(slog.DiscardHandler), c.Now), c
}

func enqueue(d *db.DB, o *mail.Outbox, m mail.Message) error {
	return d.Write(context.Background(), func(tx *db.Tx) error { return o.Enqueue(context.Background(), tx, m) })
}

func message(subject string) mail.Message {
	return mail.Message{To: "zoe@example.com", Subject: subject, Text: "x"}
}

func waiting(t *testing.T, o *mail.Outbox) int64 {
	t.Helper()
	n, err := o.Waiting(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestOnlyWhatIsCommittedIsSent(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newSink(t, mail.Plain)
		o, _ := newOutbox(d, newSMTP(t, s, mail.Config{Encryption: mail.Plain}))
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- o.Run(ctx) }()
		err := d.Write(ctx, func(tx *db.Tx) error {
			return errors.Join(o.Enqueue(ctx, tx, message("not this")), errors.New("rolled back"))
		})
		if err == nil {
			t.Error("no error")
		}
		for i := range 30 { // more than a batch
			if err := enqueue(d, o, message(fmt.Sprint(i))); err != nil {
				t.Fatal(err)
			}
		}
		var subjects []string
		for range 30 {
			header, _ := parse(t, (<-s.mails).data)
			subjects = append(subjects, header["Subject"])
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		slices.Sort(subjects)
		if len(slices.Compact(subjects)) != 30 || slices.Contains(subjects, "not this") {
			t.Errorf("sent %v", subjects)
		}
	}, mail.Migrations())
}

// TestServerDown: tried again after 30 s, 1 min, … at most an hour, for two days.
func TestServerDown(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := &sender{down: errors.New("down"), told: make(chan struct{}, 1)}
		o, clock := newOutbox(d, s)
		if err := enqueue(d, o, message("x")); err != nil {
			t.Fatal(err)
		}
		begun := clock.Now()
		var pauses []time.Duration
		for waiting(t, o) > 0 && len(pauses) < 100 {
			pause := due(t, d).Sub(clock.Now())
			pauses = append(pauses, pause)
			for _, step := range []struct {
				pause time.Duration
				sent  int
			}{{pause - time.Second, 0}, {time.Second, 1}} {
				clock.add(step.pause)
				if n, err := o.SendDue(t.Context()); err != nil || n != step.sent && pause > 0 {
					t.Fatalf("%v before it is due: %d tried, %v", pause-step.pause, n, err)
				}
			}
		}
		want := []time.Duration{0, 30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute, time.Hour, time.Hour}
		if len(pauses) < 50 || !slices.Equal(pauses[:len(want)], want) {
			t.Errorf("tried after %v", pauses)
		}
		if took := clock.Now().Sub(begun); took < 48*time.Hour || took > 50*time.Hour || waiting(t, o) != 0 {
			t.Errorf("given up after %v", took)
		}
		if err := enqueue(d, o, message("y")); err != nil {
			t.Fatal(err)
		}
		if _, err := o.SendDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.down = nil
		for _, step := range []struct {
			pause time.Duration
			sent  int
		}{{29 * time.Second, 0}, {time.Second, 1}, {time.Hour, 1}} {
			clock.add(step.pause)
			if _, err := o.SendDue(t.Context()); err != nil || len(s.sent) != step.sent {
				t.Errorf("%v later: sent %v, %v", step.pause, s.sent, err)
			}
		}
	}, mail.Migrations())
}

func due(t *testing.T, d *db.DB) time.Time {
	t.Helper()
	var at int64
	err := d.Read(t.Context(), func(q db.Querier) (err error) {
		at, err = db.Value[int64](t.Context(), q, `SELECT min(due) FROM mail_outbox`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return time.UnixMicro(at)
}

// TestNodesSendOnce: several work on the same outbox.
func TestNodesSendOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const mails = 40
		s := &sender{told: make(chan struct{}, 1)}
		first, _ := newOutbox(d, s)
		for i := range mails {
			if err := enqueue(d, first, message(fmt.Sprint(i))); err != nil {
				t.Fatal(err)
			}
		}
		var all sync.WaitGroup
		for range 4 {
			o, _ := newOutbox(d, s)
			all.Go(func() {
				for n := 1; n > 0; {
					var err error
					if n, err = o.SendDue(t.Context()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		slices.Sort(s.sent)
		if len(s.sent) != mails || len(slices.Compact(s.sent)) != mails || waiting(t, first) != 0 {
			t.Errorf("sent %v, %d wait", s.sent, waiting(t, first))
		}
	}, mail.Migrations())
}

// TestNodeThatDiesWhileSending leaves the mail to the others.
func TestNodeThatDiesWhileSending(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := &sender{told: make(chan struct{}, 1)}
		ctx, die := context.WithCancel(t.Context())
		dying, clock := newOutbox(d, senderFunc(func(ctx context.Context, _ mail.Message) error {
			die()
			return ctx.Err()
		}))
		if err := enqueue(d, dying, message("x")); err != nil {
			t.Fatal(err)
		}
		if _, err := dying.SendDue(ctx); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		o := mail.NewOutbox(d, s, slog.New(slog.DiscardHandler), clock.Now)
		clock.add(3 * time.Minute)
		if _, err := o.SendDue(t.Context()); err != nil || len(s.sent) != 1 {
			t.Errorf("sent %v, %v", s.sent, err)
		}
	}, mail.Migrations())
}

type senderFunc func(context.Context, mail.Message) error

func (f senderFunc) Send(ctx context.Context, m mail.Message) error { return f(ctx, m) }

func TestNoMailServer(t *testing.T) {
	d := dbtest.Open(t, dbtest.URL(t, "sqlite"), mail.Migrations())
	o, _ := newOutbox(d, nil)
	if err := enqueue(d, o, message("x")); err != nil || o.Works() || waiting(t, o) != 0 {
		t.Errorf("%v, works %v, %d wait", err, o.Works(), waiting(t, o))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := o.Run(ctx); err != nil {
		t.Error(err)
	}
}
