package webhooks

import (
	"context"
	"encoding/json"

	"switchyard/access"
	"switchyard/internal/db"
)

// TestEvent is the type of the event that Test sends. It is in no log and has no seq.
const TestEvent = "webhook.test"

// TestResult is what became of it.
type TestResult struct {
	Delivered    bool   `json:"delivered"`
	Event        string `json:"event"`             // its id
	Status       int    `json:"status,omitempty"`  // of the answer
	Problem      string `json:"problem,omitempty"` // why it was not delivered
	Milliseconds int64  `json:"milliseconds"`
}

// Test sends an event at once, once, whatever the endpoint wants and whether it is active or not, and returns what became of
// it. It does not change how the endpoint fares.
func (s *Service) Test(ctx context.Context, c Caller, id string) (TestResult, error) {
	if err := s.allow(c, access.WebhookEdit); err != nil {
		return TestResult{}, err
	}
	var r endpointRow
	err := s.deps.DB.Read(ctx, func(q db.Querier) (err error) {
		r, err = endpointOf(ctx, q, c, id)
		return err
	})
	if err != nil {
		return TestResult{}, err
	}
	keys, err := s.secretsOf(&r)
	if err != nil {
		return TestResult{}, err
	}
	data, err := json.Marshal(map[string]string{"id": id, "description": r.Description})
	if err != nil {
		return TestResult{}, err
	}
	event := newID()
	body, err := json.Marshal(payload{ID: event, Type: TestEvent, At: s.now().UTC(), Subject: subjectOf(id), Actor: c.Actor(), Data: data})
	if err != nil {
		return TestResult{}, err
	}
	o := s.post(ctx, r.URL, event, body, keys)
	if o.result == interrupted {
		return TestResult{}, ctx.Err()
	}
	return TestResult{Delivered: o.result == delivered, Event: event, Status: o.status, Problem: o.problem, Milliseconds: o.took.Milliseconds()}, nil
}
