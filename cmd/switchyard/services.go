package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"switchyard/internal/eventlog"
)

// runServices starts what works by itself beside calls. What it returns ends that, once nobody needs it any
// more.
func (h *house) runServices(stop context.Context) (end func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(stop))
	var running sync.WaitGroup
	start := func(name string, run func(context.Context) error) {
		running.Go(func() {
			if err := run(ctx); err != nil && !errors.Is(err, context.Canceled) {
				h.log.Error("a service failed", "service", name, "error", err)
			}
		})
	}
	start("events", h.store.events.Run)
	start("backlog", h.store.backlog.Run)
	start("meetings", h.meetings.Run)
	start("export of events", h.exportEvents)
	start("webhooks", h.webhooks.Run)
	start("people of calendars", func(ctx context.Context) error {
		return h.store.events.Follow(ctx, eventlog.Follower{Name: "calendars", Consume: h.calendars.Consume})
	})
	start("people of meetings", func(ctx context.Context) error {
		return h.store.events.Follow(ctx, eventlog.Follower{Name: "meetings", Consume: h.meetings.Consume})
	})
	start("organisations", func(ctx context.Context) error {
		return h.store.events.Follow(ctx, eventlog.Follower{Name: "rooms", Consume: h.heardOfTenant})
	})
	start("rooms of suspended organisations", h.sweepSuspended)
	start("mail", h.store.outbox.Run)
	start("api", h.api.Run)
	start("cleaning", h.clean)
	return func(limit context.Context) error {
		h.watch.wait() // rooms are closed: their ends are told now
		flushed := h.store.backlog.Flush(limit)
		cancel()
		return errors.Join(flushed, waitFor(running.Wait)(limit))
	}
}

// clean forgets what is too old, once an hour.
func (h *house) clean(ctx context.Context) error {
	ticker := time.NewTicker(time.Hour)
	defer ticker.Stop()
	for {
		err := errors.Join(
			h.store.events.Forget(ctx, time.Now().Add(-h.cfg.Events.Keep)),
			h.accounts.Clean(ctx, h.cfg.Events.AuditKeep),
			h.meetings.Clean(ctx, h.cfg.Events.MeetingsKeep))
		if err != nil && ctx.Err() == nil {
			h.log.Warn("old things could not be forgotten", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}
