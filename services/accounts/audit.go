package accounts

import (
	"context"
	"encoding/json"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
)

// AuditEntry says who did what, when and from where.
type AuditEntry struct {
	ID      string          `json:"id"`
	At      time.Time       `json:"at"`
	Actor   string          `json:"actor" doc:"Empty: somebody who has not signed in, or the server itself."`
	Action  string          `json:"action" doc:"An access.Operation. session.create with failed in its detail are sign-ins that failed within a minute, counted by what was wrong."`
	Subject string          `json:"subject" doc:"Empty: an account that is not known."`
	Address string          `json:"address,omitempty"`
	Detail  json.RawMessage `json:"detail"`
}

// AuditLog lists what was done in the caller's tenant, the newest first, before the entry with the id before ("" for all).
func (s *Service) AuditLog(ctx context.Context, c Caller, before string, limit int) ([]AuditEntry, error) {
	if err := s.allow(c, access.AuditRead, access.Target{}); err != nil {
		return nil, err
	}
	if !plain(before, maxID) {
		return nil, fault("before", "", "is not an id")
	}
	var entries []AuditEntry
	err := s.deps.DB.Read(ctx, func(q db.Querier) error {
		type row struct {
			AuditEntry
			at     int64
			detail string
		}
		rows, err := db.All(ctx, q, func(r *row) []any {
			return []any{&r.ID, &r.at, &r.Actor, &r.Action, &r.Subject, &r.Address, &r.detail}
		}, `SELECT id, at, actor, action, subject, address, detail FROM audit_entry WHERE tenant = $1 AND ($2 = '' OR id < $2) ORDER BY id DESC LIMIT $3`, c.Tenant, before, page(limit))
		for _, r := range rows {
			r.At, r.Detail = time.UnixMicro(r.at).UTC(), json.RawMessage(r.detail)
			entries = append(entries, r.AuditEntry)
		}
		return err
	})
	return entries, err
}

// maxPage is how many entries of a list are read at once.
const maxPage = 200

func page(limit int) int { return min(max(limit, 1), maxPage) }

// forgetAbout takes what tells who somebody was out of the audit log: that an account did something, or something was
// done to it, stays.
func forgetAbout(ctx context.Context, tx *db.Tx, r *userRow) error {
	type row struct{ id, detail string }
	rows, err := db.All(ctx, tx, func(r *row) []any { return []any{&r.id, &r.detail} },
		`SELECT id, detail FROM audit_entry WHERE tenant = $1 AND subject = $2`, r.Tenant, r.subject())
	if err != nil {
		return err
	}
	for _, one := range rows {
		var detail map[string]any
		if err := json.Unmarshal([]byte(one.detail), &detail); err != nil {
			return err
		}
		known := len(detail)
		delete(detail, "email")
		delete(detail, "name")
		if len(detail) == known {
			continue
		}
		text, err := json.Marshal(detail)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE audit_entry SET detail = $3 WHERE tenant = $1 AND id = $2`, r.Tenant, one.id, string(text)); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, `UPDATE audit_entry SET address = '' WHERE tenant = $1 AND (actor = $2 OR actor = '' AND subject = $2)`, r.Tenant, r.subject())
	return err
}

// Clean removes audit entries that are older than keep, sessions and links that have ended.
func (s *Service) Clean(ctx context.Context, keep time.Duration) error {
	err := s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM audit_entry WHERE at < $1`, s.now().Add(-keep).UnixMicro()); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `DELETE FROM one_time_link WHERE expires < $1`, s.now().UnixMicro())
		return err
	})
	for n := cleanBatch; err == nil && n == cleanBatch; {
		n, err = s.cleanSessions(ctx)
	}
	return err
}

const cleanBatch = 500

// cleanSessions announces what it removes: an event stream may still be open.
func (s *Service) cleanSessions(ctx context.Context) (n int, err error) {
	now := s.now()
	err = s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		type row struct{ id, user, tenant string }
		rows, err := db.All(ctx, tx, func(r *row) []any { return []any{&r.id, &r.user, &r.tenant} }, `
			SELECT s.id, s.user_id, u.tenant FROM user_session s JOIN user_account u ON u.id = s.user_id
			WHERE s.created < $1 OR s.seen < $2 OR s.remembered = 0 AND s.seen < $3 ORDER BY s.id LIMIT $4`,
			now.Add(-maxSessionAge).UnixMicro(), now.Add(-idleRemembered).UnixMicro(), now.Add(-idleOtherwise).UnixMicro(), cleanBatch)
		if err != nil {
			return err
		}
		n = len(rows)
		for _, r := range rows {
			gone, err := tx.Exec(ctx, `DELETE FROM user_session WHERE id = $1`, r.id)
			if err != nil {
				return err
			}
			if gone == 0 { // its user has ended it meanwhile
				continue
			}
			if err := s.emitRevoked(tx, Caller{}, r.tenant, r.user, r.id); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}
