package webhooks

import (
	"context"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

// Reasons of Status.Lagging.
const (
	// LaggingBacklog: so much waits behind subjects whose events are refused that the log is not read on until less does.
	LaggingBacklog = "backlog"
	// LaggingForgotten: the log does not keep any more what the endpoint had still to be told of.
	LaggingForgotten = "forgotten"
)

// Status is how an endpoint fares, to within a second.
type Status struct {
	Position     int64      `json:"position"`                // it was told of events up to this seq, but for those that wait or are dead
	NewestSeq    int64      `json:"newest_seq"`              // of the tenant's log
	Pending      int64      `json:"pending"`                 // events up to position that wait to be delivered
	Dead         int64      `json:"dead"`                    // that were given up
	LastSuccess  *time.Time `json:"last_success,omitempty"`  //
	LastError    string     `json:"last_error,omitempty"`    //
	LastErrorAt  *time.Time `json:"last_error_at,omitempty"` //
	FailingSince *time.Time `json:"failing_since,omitempty"` // the oldest failure of what still waits
	Lagging      string     `json:"lagging,omitempty"`       // backlog, forgotten
	Missed       int64      `json:"missed"`                  // events that the log did not keep until it could be told of them, wanted or not
}

// List returns the endpoints of the caller's tenant, the oldest first, and how far the event log had come.
func (s *Service) List(ctx context.Context, c Caller) (all []Endpoint, seq int64, err error) {
	if err := s.allow(c, access.WebhookList); err != nil {
		return nil, 0, err
	}
	all = []Endpoint{}
	err = s.deps.DB.Read(ctx, func(q db.Querier) error {
		rows, err := db.All(ctx, q, (*endpointRow).columns, `SELECT `+endpointColumns+` FROM webhook_endpoint WHERE tenant = $1 ORDER BY id`, c.Tenant)
		if err != nil {
			return err
		}
		for i := range rows {
			all = append(all, rows[i].endpoint(s.now()))
		}
		head, err := eventlog.ReadHead(ctx, q, c.Tenant)
		seq = head.Seq
		return err
	})
	return all, seq, err
}

// Get returns one endpoint and how it fares.
func (s *Service) Get(ctx context.Context, c Caller, id string) (Endpoint, Status, error) {
	if err := s.allow(c, access.WebhookList); err != nil {
		return Endpoint{}, Status{}, err
	}
	var e Endpoint
	var status Status
	err := s.deps.DB.Read(ctx, func(q db.Querier) error {
		r, err := endpointOf(ctx, q, c, id)
		if err != nil {
			return err
		}
		e = r.endpoint(s.now())
		head, err := eventlog.ReadHead(ctx, q, c.Tenant)
		if err != nil {
			return err
		}
		type counts struct{ pending, dead, failed int64 }
		n, err := db.One(ctx, q, func(n *counts) []any { return []any{&n.pending, &n.dead, &n.failed} }, `
			SELECT coalesce(sum(1 - dead), 0), coalesce(sum(dead), 0), coalesce(min(CASE WHEN dead = 0 AND failed > 0 THEN failed END), 0)
			FROM webhook_delivery WHERE endpoint = $1`, id)
		status = Status{
			Position: r.position, NewestSeq: head.Seq, Pending: n.pending, Dead: n.dead, FailingSince: optional(n.failed),
			LastSuccess: optional(r.lastSuccess), LastError: r.lastError, LastErrorAt: optional(r.lastErrorAt), Lagging: r.lagging, Missed: r.missed,
		}
		return err
	})
	return e, status, err
}
