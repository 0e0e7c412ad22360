package webhooks

import (
	"context"
	"errors"
	"strings"
	"time"

	"switchyard/internal/db"
)

const (
	lookAgain    = time.Second      // at the endpoints, and at the log
	startAgain   = 5 * time.Second  // a courier that ended by a fault
	measureEvery = 15 * time.Second // what the metrics say of the database
)

// running is a courier that was started, and which state of its endpoint it delivers to.
type running struct {
	cancel           context.CancelFunc
	version, touched int64
	stopping         bool
}

// crew are the couriers; Run's goroutine owns it.
type crew struct {
	s       *Service
	by      map[string]*running  // by endpoint
	resting map[string]time.Time // endpoints whose courier ended by a fault: until then
	ended   chan ended
}

type ended struct {
	endpoint string
	err      error
}

// Run delivers until ctx ends and returns when all that it started has ended. Run it once; on one node.
func (s *Service) Run(ctx context.Context) error {
	w := &crew{s: s, by: map[string]*running{}, resting: map[string]time.Time{}, ended: make(chan ended)}
	var measured time.Time
	ticker := time.NewTicker(s.idle)
	defer ticker.Stop()
	for ctx.Err() == nil {
		w.survey(ctx)
		if time.Since(measured) >= measureEvery {
			measured = time.Now()
			s.measure(ctx)
		}
		select {
		case <-ticker.C:
		case <-s.nudge:
		case e := <-w.ended:
			w.took(e)
		case <-ctx.Done():
		}
	}
	for len(w.by) > 0 { // their contexts end with ctx
		w.took(<-w.ended)
	}
	return nil
}

// survey starts couriers for endpoints that have none, and has those end whose endpoint was changed: the next
// survey starts them anew.
func (w *crew) survey(ctx context.Context) {
	var rows []endpointRow
	err := w.s.deps.DB.Read(ctx, func(q db.Querier) (err error) {
		rows, err = db.All(ctx, q, (*endpointRow).columns, `SELECT `+endpointColumns+` FROM webhook_endpoint WHERE active = 1 ORDER BY id`)
		return err
	})
	if err != nil {
		if ctx.Err() == nil && !errors.Is(err, db.ErrUnavailable) {
			w.s.deps.Log.Error("reading the webhooks failed", "error", err)
		}
		return
	}
	there := make(map[string]bool, len(rows))
	for i := range rows {
		r := &rows[i]
		there[r.ID] = true
		old := w.by[r.ID]
		switch {
		case old == nil && !time.Now().Before(w.resting[r.ID]):
			w.start(ctx, r)
		case old != nil && (old.version != r.Version || old.touched != r.touched):
			old.stop()
		}
	}
	for id, old := range w.by {
		if !there[id] {
			old.stop()
		}
	}
	for id := range w.resting {
		if !there[id] {
			delete(w.resting, id)
		}
	}
}

func (r *running) stop() {
	if !r.stopping {
		r.stopping = true
		r.cancel()
	}
}

func (w *crew) start(ctx context.Context, r *endpointRow) {
	delete(w.resting, r.ID)
	own, cancel := context.WithCancel(ctx)
	w.by[r.ID] = &running{cancel: cancel, version: r.Version, touched: r.touched}
	c := &courier{s: w.s, row: *r, filters: strings.Fields(r.events), log: w.s.deps.Log.With("webhook", r.ID)}
	go func() {
		keys, err := w.s.secretsOf(r)
		if err == nil {
			c.keys = keys
			err = c.run(own)
		} else {
			err = errors.Join(err, w.s.note(own, r.ID, "it can't be signed: "+err.Error()))
		}
		w.ended <- ended{r.ID, err} // Run takes it before it returns
	}()
}

// note tells an endpoint's status why nothing is delivered.
func (s *Service) note(ctx context.Context, id, problem string) error {
	return s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE webhook_endpoint SET last_error = $2, last_error_at = $3 WHERE id = $1`, id, problem, s.now().UnixMicro())
		return err
	})
}

func (w *crew) took(e ended) {
	w.by[e.endpoint].cancel()
	delete(w.by, e.endpoint)
	switch {
	case e.err == nil, errors.Is(e.err, errSuperseded), errors.Is(e.err, context.Canceled):
	default:
		w.resting[e.endpoint] = time.Now().Add(startAgain)
		w.s.deps.Log.Error("delivering to a webhook failed", "webhook", e.endpoint, "error", e.err, "again_in", startAgain.String())
	}
}

// measure tells the metrics what waits.
func (s *Service) measure(ctx context.Context) {
	type sums struct{ pending, dead, lagging int64 }
	var n sums
	err := s.deps.DB.Read(ctx, func(q db.Querier) (err error) {
		n, err = db.One(ctx, q, func(n *sums) []any { return []any{&n.pending, &n.dead, &n.lagging} }, `
			SELECT coalesce(sum(1 - dead), 0), coalesce(sum(dead), 0), (SELECT count(*) FROM webhook_endpoint WHERE lagging <> '')
			FROM webhook_delivery`)
		return err
	})
	if err != nil {
		return // it is measured again soon
	}
	s.metrics.pending.Set(float64(n.pending))
	s.metrics.dead.Set(float64(n.dead))
	s.metrics.lagging.Set(float64(n.lagging))
}
