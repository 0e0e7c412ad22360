package main

import (
	"context"
	"encoding/json"
	"time"

	"switchyard/controlapi"
	"switchyard/internal/bus"
	"switchyard/internal/eventlog"
)

const exportLimit = 10 * time.Second // for the cluster to store one event

// exportEvents copies the event log into a JetStream stream of an external NATS cluster until ctx ends, event by event as the API has
// them.
func (h *house) exportEvents(ctx context.Context) error {
	if h.cfg.Events.NATS == "" {
		<-ctx.Done()
		return nil
	}
	var stream *bus.Durable // opened when the first event goes: the cluster may be away at the start
	return h.store.events.Export(ctx, eventlog.Exporter{Name: "jetstream", Send: func(ctx context.Context, e eventlog.Event) error {
		ctx, cancel := context.WithTimeout(ctx, exportLimit)
		defer cancel()
		if stream == nil {
			opened, err := h.store.bus.OpenDurable(ctx, h.cfg.Events.Keep)
			if err != nil {
				return err
			}
			stream = opened
		}
		text, err := json.Marshal(controlapi.EventOf(&e))
		if err != nil {
			return err
		}
		return stream.Publish(ctx, e.Tenant, e.Type, e.ID, text)
	}})
}
