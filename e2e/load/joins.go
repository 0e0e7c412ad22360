package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"
)

// joins measures viewers that come, see the first packet and go. Their offers
// are made beforehand, so that the driver has little to do meanwhile.
type joins struct {
	n, workers, alone int
}

func (o *joins) flags(set *flag.FlagSet) {
	set.IntVar(&o.n, "n", 2000, "`joins`, at most 3000")
	set.IntVar(&o.workers, "conc", 4, "joins at a time, at most 64")
	set.IntVar(&o.alone, "alone", 100, "joins before that, one at a time, for how long one takes")
}

func (o *joins) run(ctx context.Context, d *driver) (err error) {
	if o.n < 1 || o.n > 3000 || o.workers < 1 || o.workers > 64 || o.alone < 0 || o.alone > 3000 {
		return errors.New("-n, -conc or -alone is out of bounds")
	}
	s, err := d.startServer(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	clients, err := newClients()
	if err != nil {
		return err
	}
	publisher, err := clients.new()
	if err != nil {
		return err
	}
	defer publisher.close()
	audio, err := publisher.publish("audio", 100, 1)
	if err != nil {
		return err
	}
	if err := s.join(ctx, publisher, "whip", roomName(0), "publisher"); err != nil {
		return fmt.Errorf("connect the publisher: %w", err)
	}
	speaking, hush := context.WithCancel(ctx)
	var group sync.WaitGroup
	group.Go(func() { speak(speaking, audio) })
	defer group.Wait()
	defer hush()

	round := &joinRound{s: s, clients: clients}
	if _, err := round.run(ctx, d, 20, 1); err != nil { // what is made once is made now
		return err
	}
	if o.alone > 0 {
		r, err := round.run(ctx, d, o.alone, 1)
		if err != nil {
			return err
		}
		d.figures.add("joins_alone_p50", milliseconds(quantile(r.took, 0.50)), "ms")
		d.figures.add("joins_alone_p95", milliseconds(quantile(r.took, 0.95)), "ms")
	}
	r, err := round.run(ctx, d, o.n, o.workers)
	if err != nil {
		return err
	}
	r.report(&d.figures)
	return errors.Join(publisher.alive(), s.well(ctx))
}

// speak sends 200 packets a second: a viewer waits 2.5 ms for one on average.
func speak(ctx context.Context, audio *stream) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			audio.send()
		}
	}
}

// joinRound lets viewers join and leave, and accounts for it.
type joinRound struct {
	s       *server
	clients *clients
	joined  int // so far, for names
}

// joinResult is what a round has shown.
type joinResult struct {
	took           []time.Duration // from the request to the first packet, sorted
	server, driver [2]usage        // before and after
	allocations    float64
}

func (j *joinRound) run(ctx context.Context, d *driver, n, workers int) (r joinResult, err error) {
	all, offers := make([]*client, n), make([]string, n)
	arrived := make([]chan struct{}, n)
	defer closeAll(all)
	err = inParallel(ctx, n, workers, func(ctx context.Context, i int) (err error) {
		if all[i], err = j.clients.new(); err != nil {
			return err
		}
		arrived[i] = make(chan struct{}, 2)
		all[i].pc.OnTrack(func(*webrtc.TrackRemote, *webrtc.RTPReceiver) { arrived[i] <- struct{}{} })
		if err := all[i].view(); err != nil {
			return err
		}
		offers[i], err = all[i].offer(ctx)
		return err
	})
	if err != nil {
		return r, fmt.Errorf("prepare viewers: %w", err)
	}
	d.say("%d viewers join, %d at a time", n, workers)
	before, err := j.s.look(ctx)
	if err != nil {
		return r, err
	}
	r.server[0] = before.usage
	if r.driver[0], err = d.usage(); err != nil {
		return r, err
	}
	r.took = make([]time.Duration, n)
	first := j.joined
	j.joined += n
	err = inParallel(ctx, n, workers, func(ctx context.Context, i int) error {
		begun := time.Now()
		answer, err := j.s.post(ctx, all[i], "whep", roomName(0), fmt.Sprintf("viewer-%d", first+i), offers[i])
		if err != nil {
			return err
		}
		if err := all[i].answered(ctx, answer); err != nil {
			return err
		}
		select {
		case <-arrived[i]:
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(10 * time.Second):
			return errors.New("a viewer is connected and got no packet in 10 s")
		}
		r.took[i] = time.Since(begun)
		return j.s.hangUp(ctx, all[i])
	})
	if err != nil {
		return r, fmt.Errorf("join: %w", err)
	}
	var problems [2]error
	r.server[1], problems[0] = j.s.usage()
	r.driver[1], problems[1] = d.usage()
	after, err := j.s.metrics(ctx)
	if err != nil {
		return r, err
	}
	r.allocations = after["go_memstats_mallocs_total"] - before.metrics["go_memstats_mallocs_total"]
	slices.Sort(r.took)
	return r, errors.Join(problems[:]...)
}

func (r *joinResult) report(f *figures) {
	n := float64(len(r.took))
	wall := r.server[1].at.Sub(r.server[0].at)
	cpu := milliseconds(r.server[1].cpu-r.server[0].cpu) / n
	f.add("joins_per_second", n/wall.Seconds(), "/s")
	f.add("joins_server_core", r.server[1].share(r.server[0]), "%")
	f.add("joins_server_core_foreign", r.server[1].foreign(r.server[0]), "%")
	f.add("joins_driver_core", r.driver[1].share(r.driver[0]), "%")
	f.add("joins_server_cpu", cpu, "ms")
	f.add("joins_per_second_of_a_core", 1000/cpu, "/s")
	f.add("joins_p50", milliseconds(quantile(r.took, 0.50)), "ms")
	f.add("joins_p95", milliseconds(quantile(r.took, 0.95)), "ms")
	f.add("joins_allocations", r.allocations/n, "allocations")
}

// quantile of sorted values.
func quantile[T any](sorted []T, share float64) (v T) {
	if len(sorted) == 0 {
		return v
	}
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
