package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"switchyard/access"
	"switchyard/configs"
	"switchyard/controlapi"
	"switchyard/internal/bus"
	"switchyard/internal/db"
	"switchyard/internal/eventlog"
	"switchyard/internal/mail"
	"switchyard/internal/outbound"
	"switchyard/services/accounts"
	"switchyard/services/calendars"
	"switchyard/services/meetings"
	"switchyard/services/webhooks"
)

// store is what is kept and who is told of it: the database, the event log, the
// bus and the mail that waits.
type store struct {
	db      *db.DB
	bus     *bus.Bus
	events  *eventlog.Log
	outbox  *mail.Outbox
	backlog *eventlog.Backlog
}

// openStore opens and migrates the database and starts the bus.
func openStore(ctx context.Context, cfg configs.Config, log *slog.Logger) (*store, error) {
	url, err := databaseURL(cfg)
	if err != nil {
		return nil, err
	}
	s := &store{}
	if s.db, err = db.Open(ctx, url, log.With("part", "db")); err != nil {
		return nil, err
	}
	if err = s.open(ctx, cfg, log); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *store) open(ctx context.Context, cfg configs.Config, log *slog.Logger) (err error) {
	if err := s.db.Migrate(ctx, filepath.Join(cfg.Data, "before-migration"), migrations()...); err != nil {
		return err
	}
	if s.bus, err = bus.Open(cfg.Events.NATS, log.With("part", "bus")); err != nil {
		return err
	}
	s.events = eventlog.New(eventlog.Deps{DB: s.db, Waker: s.bus, Log: log.With("part", "events"), Now: time.Now})
	s.backlog = eventlog.NewBacklog(s.db, log.With("part", "events"), time.Now)
	var sender mail.Sender
	if cfg.Mail.Server != "" {
		if sender, err = mail.NewSMTP(cfg.Mail); err != nil {
			return err
		}
	}
	s.outbox = mail.NewOutbox(s.db, sender, log.With("part", "mail"), time.Now)
	return nil
}

// migrations are the tables of everybody who has some.
func migrations() []db.Migrations {
	return []db.Migrations{eventlog.Migrations(), mail.Migrations(), controlapi.Migrations(), accounts.Migrations(), meetings.Migrations(), webhooks.Migrations(), calendars.Migrations()}
}

func (s *store) close() error {
	if s.bus != nil {
		s.bus.Close()
	}
	return s.db.Close()
}

func databaseURL(cfg configs.Config) (string, error) {
	switch {
	case cfg.Database.URLFile != "":
		text, err := os.ReadFile(cfg.Database.URLFile)
		if err != nil {
			return "", fmt.Errorf("database.url_file: %w", err)
		}
		return strings.TrimSpace(string(text)), nil
	case cfg.Database.URL != "":
		return cfg.Database.URL, nil
	}
	return "sqlite:" + filepath.Join(cfg.Data, "switchyard.db"), nil
}

// newServices builds the services, which know nothing of each other.
func (h *house) newServices() error {
	key, err := access.LoadOrCreateSealingKey(keysDir(h.cfg))
	if err != nil {
		return err
	}
	seal, err := accounts.NewSealer(key)
	if err != nil {
		return err
	}
	client, err := outbound.NewClient(h.cfg.Outbound)
	if err != nil {
		return err
	}
	h.accounts = accounts.New(accounts.Deps{
		DB: h.store.db, Events: h.store.events, Mail: h.store.outbox, Sealer: seal, PublicURL: h.publicURL, Avatars: filepath.Join(h.cfg.Data, "avatars"),
		Outbound: client, Log: h.log.With("part", "accounts"), Now: time.Now,
	})
	h.meetings = meetings.New(meetings.Deps{
		DB: h.store.db, Events: h.store.events, Backlog: h.store.backlog, Mail: h.store.outbox, Sealer: seal, Live: h, Rooms: hostControl{h.rooms},
		PublicURL: h.publicURL, Log: h.log.With("part", "meetings"), Now: time.Now,
	})
	h.watch.meetings = h.meetings
	h.webhooks = webhooks.New(webhooks.Deps{
		DB: h.store.db, Events: h.store.events, Sealer: seal, Outbound: client, Log: h.log.With("part", "webhooks"), Metrics: h.registry, Now: time.Now,
	})
	h.calendars = calendars.New(calendars.Deps{
		DB: h.store.db, Events: h.store.events, Sealer: seal, Outbound: client, PublicURL: h.publicURL, Log: h.log.With("part", "calendars"), Now: time.Now,
	})
	return nil
}

// Publish tells the hosts of a meeting, if they want to know, what is only of the moment.
func (h *house) Publish(tenant, meeting, kind string, audience eventlog.Audience, body any) {
	if !h.api.LiveWanted(tenant) {
		return
	}
	if err := h.api.PublishLive(tenant, kind, audience, map[string]any{"meeting": meeting, "data": body}); err != nil {
		h.log.Debug("something of the moment could not be told", "error", err)
	}
}
