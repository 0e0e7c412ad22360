package eventlog

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"switchyard/internal/db"
)

// pending are the events of one transaction that are not written yet, by tenant.
type pending struct {
	byTenant map[string][]Event
	grown    map[string]bool // tenants whose readers are woken after the commit
}

// Emit appends e when tx is committed, after all that tx has changed. The head of the
// tenant's log is locked from then to the commit only.
func (l *Log) Emit(tx *db.Tx, e Event) error {
	if err := e.validate(); err != nil {
		return err
	}
	if e.At.IsZero() {
		e.At = l.deps.Now()
	}
	e.ID = ulid.Make().String()
	p := tx.Note(l, func() any {
		p := &pending{map[string][]Event{}, map[string]bool{}}
		tx.AfterCommit(func() {
			for tenant := range p.grown {
				l.deps.Waker.Wake(tenant)
			}
		})
		return p
	}).(*pending)
	if len(p.byTenant) == 0 { // the first, or the first after some were written: by a BeforeCommit
		tx.BeforeCommit(p.append)
	}
	p.byTenant[e.Tenant] = append(p.byTenant[e.Tenant], e)
	p.grown[e.Tenant] = true
	return nil
}

// append numbers and writes the events. Heads are locked in the order of their
// names, so that two transactions never wait for each other.
func (p *pending) append(ctx context.Context, tx *db.Tx) error {
	tenants := make([]string, 0, len(p.byTenant))
	for tenant := range p.byTenant {
		tenants = append(tenants, tenant)
	}
	slices.Sort(tenants)
	defer clear(p.byTenant)
	for _, tenant := range tenants {
		events := p.byTenant[tenant]
		last, err := db.Value[int64](ctx, tx, `
			INSERT INTO event_head (tenant, seq, forgotten) VALUES ($1, $2, 0)
			ON CONFLICT (tenant) DO UPDATE SET seq = event_head.seq + excluded.seq RETURNING seq`, tenant, len(events))
		if err != nil {
			return fmt.Errorf("number the events of %s: %w", tenant, err)
		}
		for i, e := range events {
			audience, err := json.Marshal(e.Audience)
			if err != nil {
				return err
			}
			_, err = tx.Exec(ctx, `
				INSERT INTO event (tenant, seq, id, type, at, subject, actor, audience, late, body)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
				tenant, last-int64(len(events)-1-i), e.ID, e.Type, e.At.UnixMicro(), e.Subject, e.Actor, string(audience), bit(e.Late), string(e.Body))
			if err != nil {
				return fmt.Errorf("append %s: %w", e.Type, err)
			}
		}
	}
	return nil
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// row is an Event as it is stored.
type row struct {
	Event
	at, late       int64
	audience, body string
}

func (r *row) columns() []any {
	return []any{&r.Tenant, &r.Seq, &r.ID, &r.Type, &r.at, &r.Subject, &r.Actor, &r.audience, &r.late, &r.body}
}

func (r *row) event() (Event, error) {
	e := r.Event
	e.At, e.Late, e.Body = time.UnixMicro(r.at).UTC(), r.late != 0, json.RawMessage(r.body)
	if err := json.Unmarshal([]byte(r.audience), &e.Audience); err != nil {
		return Event{}, fmt.Errorf("event %s %d: audience: %w", e.Tenant, e.Seq, err)
	}
	return e, nil
}
