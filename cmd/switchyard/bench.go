package main

import (
	"context"
	"fmt"
	"runtime"
	"text/tabwriter"
	"time"

	"switchyard/sfu/rtc"
)

type benchCommand struct {
	configFile
	Time  time.Duration `default:"4s" help:"How long each load is measured."`
	Share float64       `default:"0.7" help:"How much of a core's time media may take, 0.1 to 1."`
}

// benchLoads are what people do with a media server.
var benchLoads = []rtc.Trial{
	{Name: "webinar: 1 camera, 200 viewers", Rooms: 1, Publishers: 1, Viewers: 200, Video: true},
	{Name: "meetings of 10, all with camera", Rooms: 2, Publishers: 10, Video: true},
	{Name: "calls of 2, with camera", Rooms: 25, Publishers: 2, Video: true},
	{Name: "conferences of 30, sound only", Rooms: 1, Publishers: 30},
}

// Run measures what media costs on this machine and says for how many it suffices.
func (c benchCommand) Run(ctx context.Context, p process) error {
	if c.Time < 100*time.Millisecond || c.Time > 30*time.Second {
		return usage(fmt.Errorf("--time: %v is not between 100ms and 30s", c.Time))
	}
	if c.Share < 0.1 || c.Share > 1 {
		return usage(fmt.Errorf("--share: %v is not between 0.1 and 1", c.Share))
	}
	cfg, err := c.load(p, nil)
	if err != nil {
		return err
	}
	cores := runtime.GOMAXPROCS(0)
	fmt.Fprintf(p.stdout, "How many participants does this machine hold? Each load is simulated for %v; stop other work for it.\n", c.Time)
	fmt.Fprintf(p.stdout, "%d cores, of which media takes %.0f %%; a camera sends 2 Mbit/s.\n\n", cores, 100*c.Share)
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "load\ta packet costs\teach gets\tone core holds\tall cores hold\twhich is")
	for _, load := range benchLoads {
		r, err := rtc.Try(ctx, cfg.RTC, load, c.Time)
		if err != nil {
			return fmt.Errorf("measure %q: %w", load.Name, err)
		}
		members := float64(load.Members())
		one := r.MembersPerCore(load, c.Share)
		note := ""
		if r.Delivered < 0.99 {
			note = fmt.Sprintf("  (only %.0f %% was sent: too much for this machine)", 100*r.Delivered)
		}
		fmt.Fprintf(table, "%s\t%.2f us\t%.1f Mbit/s\t%d\t%d\t%.1f Gbit/s%s\n", load.Name, float64(r.Cost.Nanoseconds())/1000,
			r.Bits/members/1e6, one, one*cores, r.Bits/members*float64(one*cores)/1e9, note)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("print the table: %w", err)
	}
	fmt.Fprint(p.stdout, "\nThe network must carry the last column, both ways in meetings. One room spreads over all cores; signaling,\n"+
		"joining and TLS come on top. On loopback the sender pays for receiving too, so a network card makes it cheaper.\n")
	return nil
}
