package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/sfu"
	"switchyard/sfu/rtc"
)

// serverLife bounds the life of a server under test.
const serverLife = time.Hour

// coreServer is the media server of this module: one room on one port, as the program
// has it.
type coreServer struct {
	server *rtc.Server
	sfu    *sfu.SFU
	room   *sfu.Room
	stop   context.CancelFunc
	ended  chan error
}

func newCore(s setup, log io.Writer) (*coreServer, error) {
	cfg := rtc.DefaultConfig()
	cfg.Listen = "127.0.0.1:0"
	cfg.ConnectTimeout = time.Minute
	cfg.QuietAfter = time.Minute // between its windows a server hears little
	cfg.IdleTimeout = serverLife
	cfg.GSO = s.GSO
	logger := slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	reg := prometheus.NewRegistry()
	server, err := rtc.New(cfg, logger, reg)
	if err != nil {
		return nil, err
	}
	if err := server.Listen(); err != nil {
		return nil, err
	}
	c := &coreServer{server: server, ended: make(chan error, 1)}
	if c.sfu, err = sfu.New(sfu.DefaultConfig(), server.Loop(), logger, reg); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), serverLife)
	c.stop = cancel
	go func() { c.ended <- server.Run(ctx) }()
	if c.room, err = c.sfu.Open("bench"); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

func (c *coreServer) close() error {
	c.sfu.Close()
	c.stop()
	return <-c.ended
}

func (c *coreServer) handle(r request) (reply, error) {
	if r.Op != opJoin {
		return reply{}, fmt.Errorf("a core can't %s", r.Op)
	}
	p, _, err := c.room.Join(sfu.Join{Identity: r.Name, Kind: "browser", Counted: true, Grants: sfu.DefaultGrants})
	if err != nil {
		return reply{}, fmt.Errorf("join: %w", err)
	}
	role := rtc.Viewer
	var tracks []rtc.TrackOffer
	if r.Publisher {
		role = rtc.Publisher
		tracks = []rtc.TrackOffer{{Mid: mediaMid, Track: sfu.Track{
			ID: "camera", Kind: sfu.Video, Source: sfu.Camera, Width: 1280, Height: 720,
		}}}
	}
	peer, err := c.server.NewPeer(p, rtc.PeerOptions{Name: r.Name, Role: role})
	if err != nil {
		return reply{}, fmt.Errorf("make a peer: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	answer, err := peer.Answer(ctx, r.SDP, tracks)
	if err != nil {
		return reply{}, fmt.Errorf("answer: %w", err)
	}
	for _, s := range answer.Slots {
		if s.Kind != sfu.Video {
			continue
		}
		if err := s.Subscription.Want(sfu.Demand{Width: 1280, Height: 720}); err != nil {
			return reply{}, fmt.Errorf("want a picture: %w", err)
		}
	}
	return reply{SDP: answer.SDP}, nil
}
