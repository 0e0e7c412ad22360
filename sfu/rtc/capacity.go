package rtc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sys/unix"

	"switchyard/sfu"
)

// Trial is a load that Try puts on the media path of this machine. Its members
// are simulated on loopback: their packets are genuine, what they are sent is
// dropped by the kernel before anybody reads it.
type Trial struct {
	Name       string
	Rooms      int
	Publishers int  // in each room; they receive each other
	Viewers    int  // likewise, who only receive
	Video      bool // a camera of 2 Mbit/s: 30 pictures of 8 packets in a second; sound always, 50 packets
}

// Members of all rooms.
func (t Trial) Members() int { return t.Rooms * (t.Publishers + t.Viewers) }

// TrialResult is what a trial cost.
type TrialResult struct {
	Packets   float64       // sent to members in a second
	Bits      float64       // likewise, with UDP and IP headers
	Cost      time.Duration // processor time of a packet that was sent, receiving included
	Delivered float64       // share of what was to be sent, 0 to 1
}

// MembersPerCore is how many members a core serves that spends this share of its
// time on media.
func (r TrialResult) MembersPerCore(t Trial, share float64) int {
	if r.Packets == 0 || r.Cost == 0 {
		return 0
	}
	perMember := r.Packets / float64(t.Members())
	return int(share * float64(time.Second) / float64(r.Cost) / perMember)
}

// Try runs a trial for so long, less than a minute, on a server of its own. The result does not hold
// the work of the simulated publishers.
func Try(ctx context.Context, cfg Config, t Trial, d time.Duration) (TrialResult, error) {
	if t.Rooms < 1 || t.Publishers < 1 || t.Viewers < 0 {
		return TrialResult{}, fmt.Errorf("trial %q: %d rooms, %d publishers and %d viewers; there must be a room and a publisher", t.Name, t.Rooms, t.Publishers, t.Viewers)
	}
	cfg.Listen, cfg.TCP, cfg.Advertise = "127.0.0.1:0", false, nil
	cfg.MaxPeers = max(cfg.MaxPeers, t.Members())
	cfg.MaxSlots = max(cfg.MaxSlots, 2*t.Publishers)
	// Members have no DTLS, and viewers say nothing.
	cfg.ConnectTimeout, cfg.QuietAfter, cfg.IdleTimeout = 5*time.Minute, time.Minute, time.Hour
	log, reg := slog.New(slog.DiscardHandler), prometheus.NewRegistry()
	server, err := New(cfg, log, reg)
	if err != nil {
		return TrialResult{}, err
	}
	rooms := sfu.DefaultConfig()
	rooms.KeepDetached = 10 * time.Minute
	rooms.MaxParticipants = max(rooms.MaxParticipants, t.Members())
	core, err := sfu.New(rooms, server.Loop(), log, reg)
	if err != nil {
		return TrialResult{}, err
	}
	core.Spread(server.Loops()...)
	if err := server.Listen(); err != nil {
		return TrialResult{}, err
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- server.Run(running) }()
	result, err := try(running, server, core, t, d)
	core.Close()
	stop()
	return result, errors.Join(err, <-ended)
}

// try joins the members, lets the publishers send, and measures.
func try(ctx context.Context, s *Server, core *sfu.SFU, t Trial, d time.Duration) (TrialResult, error) {
	var members []*trialMember
	defer func() {
		for _, m := range members {
			m.conn.Close()
		}
	}()
	for i := range t.Rooms {
		room, err := core.Open(sfu.RoomID(fmt.Sprint("trial", i)))
		if err != nil {
			return TrialResult{}, err
		}
		for k := range t.Publishers + t.Viewers {
			m, err := joinTrial(ctx, s, room, t, k)
			if err != nil {
				return TrialResult{}, err
			}
			members = append(members, m)
		}
	}
	stopped := make(chan struct{})
	publishers := &trialPublishers{stop: make(chan struct{}), video: t.Video, server: s}
	for _, m := range members {
		if m.publishes {
			publishers.members = append(publishers.members, m)
		}
	}
	go func() { defer close(stopped); publishers.run() }()
	defer func() { close(publishers.stop); <-stopped }()

	if err := wait(ctx, max(min(d, 2*time.Second), time.Second/2)); err != nil { // until all slots are filled
		return TrialResult{}, err
	}
	before, cpu, own := s.sentSoFar(), processTime(), publishers.spent.Load()
	published, began := publishers.sent.Load(), time.Now()
	if err := wait(ctx, d); err != nil {
		return TrialResult{}, err
	}
	after := s.sentSoFar()
	used := processTime() - cpu - time.Duration(publishers.spent.Load()-own)
	seconds := time.Since(began).Seconds()
	expected := float64(publishers.sent.Load()-published) * float64(t.Publishers+t.Viewers-1)
	packets := float64(after.packets - before.packets)
	if packets == 0 {
		return TrialResult{}, fmt.Errorf("trial %q: nothing was forwarded", t.Name)
	}
	const headers = 28 // IPv4 and UDP
	return TrialResult{
		Packets:   packets / seconds,
		Bits:      (float64(after.bytes-before.bytes) + headers*packets) * 8 / seconds,
		Cost:      time.Duration(float64(used) / packets),
		Delivered: packets / expected,
	}, nil
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// sentCounts is media that was sent.
type sentCounts struct{ packets, bytes uint64 }

func (s *Server) sentSoFar() (n sentCounts) {
	for _, k := range []traffic{trafficAudio, trafficVideo} {
		n.packets += s.counts.packetsOut[k].Load()
		n.bytes += s.counts.bytesOut[k].Load()
	}
	return n
}

// processTime is the processor time of the process so far.
func processTime() time.Duration { return usage(unix.RUSAGE_SELF) }

func usage(of int) time.Duration {
	var u unix.Rusage
	if unix.Getrusage(of, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
