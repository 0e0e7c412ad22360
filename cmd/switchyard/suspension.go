package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"switchyard/access"
	"switchyard/controlapi"
	"switchyard/internal/db"
	"switchyard/internal/eventlog"
	"switchyard/services/meetings"
	"switchyard/sfu"
)

// sweepEvery is how often rooms of suspended organisations are looked for: somebody may have been at the door when one was suspended, or
// have come in while the database was away.
const sweepEvery = 30 * time.Second

// heardOfTenant wakes the sweep when an organisation was changed.
func (h *house) heardOfTenant(_ context.Context, tx *db.Tx, e eventlog.Event) error {
	if e.Type == "tenant.updated" {
		tx.AfterCommit(func() {
			select {
			case h.suspensions <- struct{}{}:
			default: // it will look anyway
			}
		})
	}
	return nil
}

// sweepSuspended closes the rooms of suspended organisations until ctx ends.
func (h *house) sweepSuspended(ctx context.Context) error {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-h.suspensions:
		case <-ctx.Done():
			return nil
		}
		if err := h.closeSuspended(ctx); err != nil && ctx.Err() == nil {
			h.log.Warn("rooms of suspended organisations could not be looked for", "error", err)
		}
	}
}

func (h *house) closeSuspended(ctx context.Context) error {
	suspended, err := h.accounts.SuspendedTenants(ctx)
	if err != nil || len(suspended) == 0 {
		return err
	}
	for _, room := range h.rooms.Rooms() {
		tenant, hasOne := controlapi.TenantOfRoom(string(room.ID()))
		if meeting, isOne := meetings.MeetingOf(string(room.ID())); isOne {
			tenant, err = h.meetings.TenantOf(ctx, meeting)
			if err != nil && !errors.Is(err, access.ErrNotFound) {
				return err
			}
			hasOne = err == nil
		}
		if hasOne && slices.Contains(suspended, tenant) {
			room.Close(sfu.LeftClosed)
		}
	}
	return nil
}
