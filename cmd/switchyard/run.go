package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"switchyard/access"
	"switchyard/configs"
	"switchyard/controlapi"
	"switchyard/services/accounts"
	"switchyard/services/calendars"
	"switchyard/services/meetings"
	"switchyard/services/webhooks"
	"switchyard/sfu"
	"switchyard/sfu/rtc"
	"switchyard/signaling"
	"switchyard/web"
)

// house is the assembled program: media transport below, rooms on it, signaling
// above both, and HTTP as the doors.
type house struct {
	cfg        configs.Config
	log        *slog.Logger
	registry   *prometheus.Registry
	store      *store
	accounts   *accounts.Service
	meetings   *meetings.Service
	webhooks   *webhooks.Service
	calendars  *calendars.Service
	watch      *roomWatch
	api        *controlapi.API
	media      *rtc.Server
	rooms      *sfu.SFU
	signaling  *signaling.Server
	invitation *access.Invitation // nil: invitations are off
	handler    http.Handler
	faults     *httpFaults
	doors      []*door
	http       *door            // nil: HTTPS only
	https      *door            // nil: TLS is off
	selfSigned *tls.Certificate // nil: TLS is off or the certificate is from files
	ready      atomic.Bool
	// suspensions says that an organisation was changed.
	suspensions chan struct{}
}

// build puts the parts together. It opens no port and starts nothing.
func build(cfg configs.Config, log *slog.Logger, store *store) (*house, error) {
	h := &house{cfg: cfg, log: log, registry: prometheus.NewRegistry(), store: store, suspensions: make(chan struct{}, 1)}
	h.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	buildInfo(h.registry)

	keys, err := access.LoadOrCreateKey(keysDir(cfg))
	if err != nil {
		return nil, err
	}
	if cfg.Signaling.Invite {
		if h.invitation, err = access.LoadOrCreateInvitation(keysDir(cfg)); err != nil {
			return nil, err
		}
	}
	if h.media, err = rtc.New(cfg.RTC, log.With("part", "rtc"), h.registry); err != nil {
		return nil, fmt.Errorf("build the media transport: %w", err)
	}
	if h.rooms, err = sfu.New(cfg.SFU, h.media.Loop(), log.With("part", "sfu"), h.registry); err != nil {
		return nil, fmt.Errorf("build the rooms: %w", err)
	}
	h.rooms.Spread(h.media.Loops()...)
	h.watch = newRoomWatch(h.rooms, log.With("part", "meetings"))
	if err := h.newServices(); err != nil {
		return nil, fmt.Errorf("build the services: %w", err)
	}
	h.signaling, err = signaling.New(cfg.Signaling, signaling.Deps{
		Admitter:   admitter{h.meetings, h.accounts, h.watch},
		Keeper:     keeper{h.meetings},
		Rooms:      h.rooms,
		Peers:      signaling.WebRTC(h.media),
		Keys:       keys,
		Invitation: h.invitation,
		Invitable:  controlapi.ServersOwn,
		MaxSlots:   cfg.RTC.MaxSlots,
		MaxTracks:  cfg.RTC.MaxTracks,
		Version:    "switchyard " + version,
		Log:        log.With("part", "signaling"),
		Registerer: h.registry,
	})
	if err != nil {
		return nil, fmt.Errorf("build signaling: %w", err)
	}
	proxies, err := cfg.HTTP.ProxyNetworks()
	if err != nil {
		return nil, err
	}
	h.api = controlapi.New(controlapi.Deps{
		DB: store.db, Events: store.events, Bus: store.bus, Accounts: h.accounts, Meetings: h.meetings, Webhooks: h.webhooks, Calendars: h.calendars, Tokens: keys, Rooms: h.rooms, Version: version, Proxies: proxies,
		Secure: strings.HasPrefix(cfg.HTTP.PublicURL, "https:"), Log: log.With("part", "api"), Registerer: h.registry, Now: time.Now,
	})
	networks, err := cfg.HTTP.MetricsNetworks()
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	h.signaling.Register(mux) // /rtc, /whip/, /whep/, /invite
	h.api.Register(mux)       // /api/v1/, /openapi.json, /openapi.yaml
	mux.Handle("GET /metrics", metrics(h.registry, networks))
	mux.HandleFunc("GET /healthz", healthz(h.media.Loops()...))
	mux.HandleFunc("GET /readyz", readyz(&h.ready))
	mux.Handle("/", web.Handler())
	h.handler, h.faults = mux, newHTTPFaults(log.With("part", "http"), h.registry)
	return h, nil
}

func buildInfo(reg prometheus.Registerer) {
	info := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "switchyard_build_info", Help: "Always 1; its label is the version that runs.",
	}, []string{"version"})
	info.WithLabelValues(version).Set(1)
	reg.MustRegister(info)
}

// listen opens every port, so that one that is taken is told before anything
// starts. On an error nothing stays open.
func (h *house) listen() error {
	if err := h.media.Listen(); err != nil {
		return listenFault("media", h.cfg.RTC.Listen, "rtc.listen", "--media", err)
	}
	if err := h.openDoors(); err != nil {
		for _, d := range h.doors {
			err = errors.Join(err, d.listener.Close())
		}
		// A transport that is told to end at once closes its sockets.
		ended, end := context.WithCancel(context.Background())
		end()
		return errors.Join(err, h.media.Run(ended))
	}
	return nil
}

func (h *house) openDoors() (err error) {
	if h.cfg.HTTP.Listen != "" {
		if h.http, err = openDoor("http", h.cfg.HTTP.Listen, "http.listen", "--http", nil, h.handler, h.faults); err != nil {
			return err
		}
		h.doors = append(h.doors, h.http)
	}
	if h.cfg.TLS.Mode == configs.TLSOff {
		return nil
	}
	certificate, err := h.certificate()
	if err != nil {
		return err
	}
	if h.https, err = openDoor("https", h.cfg.TLS.Listen, "tls.listen", "--https", &certificate, h.handler, h.faults); err != nil {
		return err
	}
	h.doors = append(h.doors, h.https)
	return nil
}

func (h *house) certificate() (tls.Certificate, error) {
	if h.cfg.TLS.Mode == configs.TLSFiles {
		certificate, err := tls.LoadX509KeyPair(h.cfg.TLS.Cert, h.cfg.TLS.Key)
		if err != nil {
			return certificate, fmt.Errorf("load the certificate (tls.cert, tls.key): %w", err)
		}
		return certificate, nil
	}
	names := certificateNames(append(h.cfg.TLS.Names, h.cfg.RTC.Advertise...)...)
	certificate, err := selfSigned(filepath.Join(h.cfg.Data, "tls"), names, time.Now())
	if err != nil {
		return certificate, err
	}
	h.selfSigned = &certificate
	return certificate, nil
}

// run serves until stop ends or a part fails, then ends in order: nobody new is
// let in, clients are told to go and given time, peers, rooms, media and doors
// close. cut ends the waiting.
func (h *house) run(stop, cut context.Context) error {
	media, endMedia := context.WithCancel(context.WithoutCancel(stop))
	defer endMedia()
	failed := make(chan error, 1+len(h.doors))
	mediaEnded := make(chan struct{})
	go func() {
		defer close(mediaEnded)
		if err := h.media.Run(media); err != nil {
			failed <- fmt.Errorf("run the media transport: %w", err)
		}
	}()
	for _, d := range h.doors {
		go func() {
			if err := d.serve(); err != nil {
				failed <- err
			}
		}()
	}
	endServices := h.runServices(stop)
	h.ready.Store(true)
	h.log.Info("serving", "version", version, "http", h.cfg.HTTP.Listen, "tls", h.cfg.TLS.Mode, "media", h.media.Addr().String())

	var fault error
	select {
	case <-stop.Done():
		h.log.Info("ending in order; a second signal cuts it short", "drain", h.cfg.Shutdown.Drain.String())
	case fault = <-failed:
		h.log.Error("a part failed; ending", "error", fault)
	}
	limit := h.cfg.Shutdown.Stage
	err := end(cut, h.log, []stage{
		{"readiness", limit, func(context.Context) error {
			h.ready.Store(false)
			return nil
		}},
		{"drain", h.cfg.Shutdown.Drain + limit, func(ctx context.Context) error {
			return h.signaling.Drain(ctx, h.cfg.Shutdown.Drain)
		}},
		{"peers", limit, h.closeSessions},
		{"rooms", limit, waitFor(h.rooms.Close)},
		{"media", limit, waitFor(func() {
			endMedia()
			<-mediaEnded
		})},
		{"doors", limit, func(ctx context.Context) error {
			h.api.Close()
			var faults []error
			for _, d := range h.doors {
				faults = append(faults, d.close(ctx))
			}
			return errors.Join(faults...)
		}},
		{"services", limit, endServices},
	})
	h.log.Info("ended")
	return errors.Join(fault, err)
}

// closeSessions ends all sessions. Clients that don't answer are not waited for
// longer than the stage: the end of the process cuts them.
func (h *house) closeSessions(ctx context.Context) error {
	if waitFor(h.signaling.Close)(ctx) != nil {
		h.log.Warn("some clients did not take their leave in time and are cut")
	}
	return nil
}
