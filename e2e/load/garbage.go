package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// garbage measures a call while packets that mean nothing hit the media port,
// from strangers and from the socket of somebody in the call.
type garbage struct {
	rate, viewers int
	window        time.Duration
	only          string
}

func (o *garbage) flags(set *flag.FlagSet) {
	set.IntVar(&o.rate, "rate", 200000, "packets of garbage a `second`, at most 2000000")
	set.IntVar(&o.viewers, "viewers", 5, "viewers of the call, at most 50")
	set.DurationVar(&o.window, "window", 10*time.Second, "how long each kind is sent, and how long the call is measured before")
	set.StringVar(&o.only, "kinds", "", "which `kinds`, separated by commas; empty: all")
}

// What garbage may do to the call.
const (
	goalLoss  = 0.1 // per cent
	goalDelay = 5.0 // ms, that the 99th percentile grows by
	goalRSS   = 20  // MiB, that the server grows by
)

func (o *garbage) run(ctx context.Context, d *driver) (err error) {
	if o.rate < 1 || o.rate > 2000000 || o.viewers < 1 || o.viewers > 50 {
		return errors.New("-rate or -viewers is out of bounds")
	}
	s, err := d.startServer(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	// 50 audio and 250 video packets a second, 2 Mbit/s.
	c, err := startCall(ctx, s, callShape{viewers: o.viewers, audioSize: 100, videoSize: 1000})
	if err != nil {
		return err
	}
	defer c.close()
	target, err := c.target(s)
	if err != nil {
		return err
	}
	chosen, err := chooseKinds(o.only)
	if err != nil {
		return err
	}
	talking, hush := context.WithCancel(ctx)
	over := make(chan struct{})
	go func() {
		defer close(over)
		c.talk(talking)
	}()
	defer func() { <-over }()
	defer hush()

	pause(ctx, 6*time.Second) // histories fill
	d.say("the call alone")
	window := func(f *flood) (result, error) {
		return undisturbed(ctx, d, s, func() (result, float64, error) {
			r, err := o.measure(ctx, d, s, c, f)
			pause(ctx, 2*time.Second)
			return r, r.foreign, err
		})
	}
	before, err := window(nil)
	if err != nil {
		return err
	}
	results := []result{before}
	defer func() { printResults(d.out, results) }()
	for _, k := range chosen {
		d.say("%s: %s", k.name, k.what)
		r, err := window(&flood{kind: k, target: target, rate: o.rate})
		if err != nil {
			return fmt.Errorf("%s: %w (%s)", k.name, err, s.losses(ctx))
		}
		results = append(results, r)
		r.report(&d.figures, before)
	}
	return errors.Join(c.sound(), s.well(ctx))
}

// result is what the call was like in one window.
type result struct {
	kind          string
	sent          float64 // garbage a second
	loss          float64 // per cent
	p50, p99, max float64 // delay, ms
	rss           float64 // MiB, the most that was seen
	server        float64 // per cent of a core
	foreign       float64 // what others did on the server's core or the driver's, whichever is more
	driver        float64
	dropped       int // datagrams that the server's socket had no room for
}

// measure watches the call for a window; f, if not nil, is sent meanwhile.
func (o *garbage) measure(ctx context.Context, d *driver, s *server, c *call, f *flood) (r result, err error) {
	before, err := o.observe(d, s)
	if err != nil {
		return r, err
	}
	window, stop := context.WithTimeout(ctx, o.window)
	defer stop()
	from, begun := c.counters(), time.Now()
	r.kind = "-"
	flooded := make(chan error, 1)
	if f != nil {
		r.kind = f.kind.name
		go func() { flooded <- f.run(window) }()
	} else {
		flooded <- nil
	}
	for window.Err() == nil {
		pause(window, 250*time.Millisecond)
		if u, err := s.usage(); err == nil {
			r.rss = max(r.rss, float64(u.rss)/(1<<20))
		}
	}
	to := c.counters()
	if err := <-flooded; err != nil {
		return r, err
	}
	if f != nil {
		r.sent = float64(f.sent) / time.Since(begun).Seconds()
	}
	after, err := o.observe(d, s)
	if err := errors.Join(err, context.Cause(ctx)); err != nil {
		return r, err
	}
	r.server, r.driver = after.server.share(before.server), after.driver.share(before.driver)
	r.foreign = max(after.server.foreign(before.server), after.driver.foreign(before.driver))
	r.dropped = after.socket.drops - before.socket.drops
	pause(ctx, time.Second) // what is on the way arrives
	r.judge(c, from, to)
	return r, c.sound()
}

// observation is what is read at both ends of a window.
type observation struct {
	server, driver usage
	socket         mediaSocket
}

func (o *garbage) observe(d *driver, s *server) (x observation, err error) {
	var problems [3]error
	x.server, problems[0] = s.usage()
	x.driver, problems[1] = d.usage()
	x.socket, problems[2] = s.mediaSocket()
	return x, errors.Join(problems[:]...)
}

// judge counts what of [from, to) came and how long it took.
func (r *result) judge(c *call, from, to [2]uint32) {
	missing, expected := 0, 0
	var took []time.Duration
	for _, v := range c.viewers {
		for i, got := range v.got {
			missing += got.missing(from[i], to[i])
			expected += int(to[i] - from[i])
			for _, x := range got.takeDelays(from[i], to[i]) {
				took = append(took, x.took)
			}
		}
	}
	slices.Sort(took)
	r.loss = 100 * float64(missing) / float64(max(1, expected))
	r.p50, r.p99, r.max = milliseconds(quantile(took, 0.5)), milliseconds(quantile(took, 0.99)), milliseconds(quantile(took, 1))
}

func (r *result) report(f *figures, before result) {
	name := "garbage_" + strings.ReplaceAll(r.kind, "-", "_") + "_"
	f.add(name+"sent", r.sent, "/s")
	f.atMost(name+"loss", r.loss, "%", goalLoss)
	f.add(name+"delay_p99", r.p99, "ms")
	f.atMost(name+"delay_p99_growth", r.p99-before.p99, "ms", goalDelay)
	f.add(name+"rss", r.rss, "MiB")
	f.atMost(name+"rss_growth", r.rss-before.rss, "MiB", goalRSS)
}

func printResults(out io.Writer, list []result) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\ngarbage\tsent/s\tloss %\tp50 ms\tp99 ms\tmax ms\tRSS MiB\tserver %\tforeign %\tdriver %\tsocket full\t")
	for _, r := range list {
		fmt.Fprintf(w, "%s\t%.0f\t%.3f\t%.2f\t%.2f\t%.2f\t%.1f\t%.0f\t%.0f\t%.0f\t%d\t\n",
			r.kind, r.sent, r.loss, r.p50, r.p99, r.max, r.rss, r.server, r.foreign, r.driver, r.dropped)
	}
	w.Flush()
}
