package meetings

import (
	"context"
	"encoding/json"
	"fmt"

	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

// tenantChanged notes whether an organisation is suspended: nobody gets into the meetings of one that is, and those that run end.
func (s *Service) tenantChanged(ctx context.Context, tx *db.Tx, e eventlog.Event) error {
	var t struct {
		Active bool `json:"active"`
	}
	if err := json.Unmarshal(e.Body, &t); err != nil {
		return fmt.Errorf("a tenant: %w", err)
	}
	d, err := defaultsOf(ctx, tx, e.Tenant)
	if err != nil {
		return err
	}
	tx.AfterCommit(func() {
		if t.Active {
			s.resume(e.Tenant)
		} else {
			s.suspend(e.Tenant)
		}
	})
	_, err = tx.Exec(ctx, `INSERT INTO meeting_tenant (tenant, language, public, lobby, mute_on_entry, record, suspended) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (tenant) DO UPDATE SET suspended = excluded.suspended`,
		e.Tenant, d.Language, bit(d.PublicByDefault), bit(d.Lobby), bit(d.MuteOnEntry), bit(d.RecordByDefault), bit(!t.Active))
	return err
}

// suspend ends the meetings of an organisation that run, and sends away who waits for one.
func (s *Service) suspend(tenant string) {
	var open []string
	s.mu.Lock()
	s.suspended[tenant] = true
	for id, l := range s.rooms {
		if l.m == nil || l.m.Tenant != tenant {
			continue
		}
		open = append(open, id)
		l.wake()
	}
	s.mu.Unlock()
	for _, id := range open {
		if err := s.deps.Rooms.Close(RoomKey(id)); err != nil {
			s.deps.Log.Warn("a meeting of a suspended organisation could not be ended", "meeting", id, "error", err)
		}
	}
}

func (s *Service) resume(tenant string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.suspended, tenant)
}
