package webhooks

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchyard/internal/db"
)

// maxDead bounds the dead letters of an endpoint; beyond it the oldest go, which counts as missed.
const maxDead = 10_000

// record is what a courier knows that is not written down yet. To write it moves the endpoint's position to where the
// log was read: what waits gets a row, so that a restart finds it there.
type record struct {
	rows      map[*item]bool // of what waits: to be written
	dead      []*item        // given up
	gone      bool           // the endpoint answered 410
	removed   []int64        // rows of what waits no more
	finished  bool           // something was delivered that never had a row
	success   time.Time
	problem   string
	problemAt time.Time
	missed    int64
	lagging   string // as it is now, not only if it is news
	wasLag    string // as it is written down
}

func (r *record) urgent() bool {
	return len(r.rows)+len(r.dead)+len(r.removed) > 0 || r.finished || r.gone || r.missed > 0 || !r.problemAt.IsZero() || r.lagging != r.wasLag
}

func (r *record) waits(it *item) {
	if r.rows == nil {
		r.rows = map[*item]bool{}
	}
	r.rows[it] = true
}

func (r *record) settled(it *item) {
	delete(r.rows, it)
	r.finished = true
	if it.stored {
		r.removed = append(r.removed, it.seq)
	}
}

func (r *record) died(it *item) {
	delete(r.rows, it)
	r.dead = append(r.dead, it)
}

// load reads what waits for the endpoint.
func (c *courier) load(ctx context.Context) error {
	c.q, c.read, c.recorded = newQueue(), c.row.position, time.Now()
	c.news = record{lagging: c.row.lagging, wasLag: c.row.lagging}
	type waiting struct {
		item
		subject                    string
		happened, wait, first, due int64
	}
	var rows []waiting
	err := c.s.deps.DB.Read(ctx, func(q db.Querier) (err error) {
		rows, err = db.All(ctx, q, func(r *waiting) []any {
			return []any{&r.seq, &r.id, &r.what, &r.subject, &r.happened, &r.wait, &r.first, &r.tries, &r.due, &r.problem}
		}, `SELECT seq, event, type, subject, at, since, failed, tries, due, error FROM webhook_delivery
			WHERE endpoint = $1 AND dead = 0 ORDER BY seq`, c.row.ID)
		return err
	})
	for i := range rows {
		r := &rows[i]
		it := &item{
			seq: r.seq, id: r.id, what: r.what, at: fromMicro(r.happened), since: fromMicro(r.wait), failed: fromMicro(r.first),
			tries: r.tries, due: fromMicro(r.due), problem: r.problem, stored: true,
		}
		c.q.add(r.subject, it)
	}
	return err
}

// write writes the news down as one, or nothing of it: errSuperseded if the endpoint is not as it was when the courier
// began. That the courier has to end does not end it.
func (c *courier) write(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordLimit)
	defer cancel()
	c.recorded = time.Now()
	n := &c.news
	position := c.read
	err := c.s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		moved, err := tx.Exec(ctx, `UPDATE webhook_endpoint SET position = $4, missed = missed + $5, lagging = $6,
				last_success = CASE WHEN CAST($7 AS BIGINT) > 0 THEN CAST($7 AS BIGINT) ELSE last_success END,
				last_error_at = CASE WHEN CAST($8 AS BIGINT) > 0 THEN CAST($8 AS BIGINT) ELSE last_error_at END,
				last_error = CASE WHEN CAST($8 AS BIGINT) > 0 THEN $9 ELSE last_error END
			WHERE id = $1 AND version = $2 AND position = $3`,
			c.row.ID, c.row.Version, c.row.position, position, n.missed, n.lagging, micro(n.success), micro(n.problemAt), n.problem)
		if err != nil {
			return err
		}
		if moved == 0 {
			return errSuperseded
		}
		if err := c.remove(ctx, tx, n.removed); err != nil {
			return err
		}
		if err := c.store(ctx, tx, slices.Collect(maps.Keys(n.rows)), 0); err != nil {
			return err
		}
		if err := c.bury(ctx, tx); err != nil {
			return err
		}
		if n.lagging != "" && n.lagging != n.wasLag {
			if err := c.s.emit(tx, c.row.tenant, "", "webhook.lagging", c.row.ID, map[string]any{"id": c.row.ID, "reason": n.lagging, "missed": n.missed}); err != nil {
				return err
			}
		}
		if n.gone {
			return c.deactivate(ctx, tx)
		}
		return nil
	})
	c.stuck = err != nil
	if err != nil {
		return err
	}
	c.row.position = position
	for it := range n.rows {
		it.stored = true
		if c.q.pending > maxHeld && !it.line.busy {
			it.event = nil
		}
	}
	c.news = record{lagging: n.lagging, wasLag: n.lagging, gone: n.gone}
	return nil
}

// rowsAtOnce are written by one statement.
const rowsAtOnce = 64

// remove removes the rows of what waits no more.
func (c *courier) remove(ctx context.Context, tx *db.Tx, seqs []int64) error {
	for some := range slices.Chunk(seqs, rowsAtOnce) {
		args := []any{c.row.ID}
		for _, seq := range some {
			args = append(args, seq)
		}
		if _, err := tx.Exec(ctx, `DELETE FROM webhook_delivery WHERE endpoint = $1 AND seq IN `+places(2, len(some)), args...); err != nil {
			return err
		}
	}
	return nil
}

// store writes rows of what waits or is dead.
func (c *courier) store(ctx context.Context, tx *db.Tx, items []*item, dead int64) error {
	for some := range slices.Chunk(items, rowsAtOnce) {
		var values []string
		var args []any
		for _, it := range some {
			row := []any{c.row.ID, it.seq, it.id, it.what, it.line.subject, micro(it.at), dead, micro(it.since), micro(it.failed), it.tries, micro(it.due), it.problem}
			values = append(values, places(len(args)+1, len(row)))
			args = append(args, row...)
		}
		_, err := tx.Exec(ctx, `INSERT INTO webhook_delivery (endpoint, seq, event, type, subject, at, dead, since, failed, tries, due, error)
			VALUES `+strings.Join(values, ", ")+`
			ON CONFLICT (endpoint, seq) DO UPDATE SET dead = excluded.dead, since = excluded.since, failed = excluded.failed, tries = excluded.tries,
				due = excluded.due, error = excluded.error`, args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// places is ($first, $first+1, …).
func places(first, n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = "$" + strconv.Itoa(first+i)
	}
	return "(" + strings.Join(all, ", ") + ")"
}

// bury writes the dead letters and makes room for them.
func (c *courier) bury(ctx context.Context, tx *db.Tx) error {
	if len(c.news.dead) == 0 {
		return nil
	}
	if err := c.store(ctx, tx, c.news.dead, 1); err != nil {
		return err
	}
	all, err := db.Values[int64](ctx, tx, `SELECT seq FROM webhook_delivery WHERE endpoint = $1 AND dead = 1 ORDER BY seq DESC LIMIT $2`, c.row.ID, maxDead+len(c.news.dead))
	if err != nil || len(all) <= maxDead {
		return err
	}
	too, err := tx.Exec(ctx, `DELETE FROM webhook_delivery WHERE endpoint = $1 AND dead = 1 AND seq <= $2`, c.row.ID, all[maxDead])
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE webhook_endpoint SET missed = missed + $2 WHERE id = $1`, c.row.ID, too)
	return err
}

// deactivate switches the endpoint off as its answer wished. What waits stays.
func (c *courier) deactivate(ctx context.Context, tx *db.Tx) error {
	r := c.row
	r.active, r.reason = 0, ReasonGone
	r.Version++
	if _, err := tx.Exec(ctx, `UPDATE webhook_endpoint SET active = 0, off_reason = $2, version = $3 WHERE id = $1`, r.ID, r.reason, r.Version); err != nil {
		return err
	}
	e := r.endpoint(c.s.now())
	e.Events = slices.Clone(e.Events)
	return c.s.emit(tx, r.tenant, "", "webhook.updated", r.ID, e)
}
