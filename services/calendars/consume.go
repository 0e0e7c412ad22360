package calendars

import (
	"context"
	"strings"

	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

// Consume follows the event log: what a user who is deleted had connected goes.
func (s *Service) Consume(ctx context.Context, tx *db.Tx, e eventlog.Event) error {
	user, is := strings.CutPrefix(e.Subject, "user:")
	if e.Type != "user.deleted" || !is {
		return nil
	}
	gone, err := db.Values[string](ctx, tx, `DELETE FROM calendar WHERE tenant = $1 AND user_id = $2 RETURNING id`, e.Tenant, user)
	tx.AfterCommit(func() {
		for _, id := range gone {
			s.forget(id)
		}
	})
	return err
}

// forget drops what is in memory of a calendar.
func (s *Service) forget(id string) {
	s.results.drop(id)
	s.files.drop(id)
	s.statuses.drop(id)
	s.began.drop(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tokens, id)
}
