package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"sync/atomic"
	"time"
)

// wrap lets sequence numbers go round: in a stream without loss, and in outages
// of more than half the numbers there are, where the roll-over counter of SRTP
// can't be guessed by RFC 3711 alone. The outages are taken where the guess is
// one too low and where it is one too high.
type wrap struct {
	rate, packets, outage int
	within                time.Duration
}

func (o *wrap) flags(set *flag.FlagSet) {
	set.IntVar(&o.rate, "rate", 5000, "packets a `second`, of each of two streams")
	set.IntVar(&o.packets, "packets", 1<<16+5000, "packets of each stream before the outages")
	set.IntVar(&o.outage, "outage", 33000, "packets of each stream that an outage swallows")
	set.DurationVar(&o.within, "within", 2*time.Second, "an outage must be over for the viewer so soon after it is for the publisher")
}

func (o *wrap) run(ctx context.Context, d *driver) (err error) {
	if o.rate < 100 || o.rate > 50000 || o.packets < 1 || o.packets > 1<<22 || o.outage < 1 || o.outage > 1<<17 {
		return errors.New("-rate, -packets or -outage is out of bounds")
	}
	s, err := d.startServer(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	c, err := startCall(ctx, s, callShape{viewers: 1, audioSize: 60, videoSize: 60})
	if err != nil {
		return err
	}
	defer c.close()
	var cut atomic.Bool
	c.lossy(&cut)

	d.say("%d packets of each stream", o.packets)
	from := c.counters()
	if err := c.sendFor(ctx, o.rate, o.packets); err != nil {
		return err
	}
	pause(ctx, time.Second)
	if err := c.sound(); err != nil {
		return err
	}
	for i, kind := range kinds {
		lost := c.viewers[0].got[i].missing(from[i], c.counters()[i])
		d.figures.add("wrap_"+kind+"_packets", float64(o.packets), "packets")
		d.figures.atMost("wrap_"+kind+"_missing", float64(lost), "packets", 0)
		if lost > 0 {
			err = errors.Join(err, fmt.Errorf("%d of %d packets of the %s did not arrive", lost, o.packets, kind))
		}
	}
	for n := 0; n < 2 && err == nil; n++ {
		err = o.goOut(ctx, d, c, &cut, n+1)
	}
	if err != nil {
		return fmt.Errorf("%w (%s)", err, s.losses(ctx))
	}
	return errors.Join(c.sound(), s.well(ctx))
}

// goOut swallows packets that the publisher has sealed, and watches what follows.
func (o *wrap) goOut(ctx context.Context, d *driver, c *call, cut *atomic.Bool, n int) error {
	d.say("outage %d: %d packets of each stream are lost, after number %d", n, o.outage, c.streams[0].packet.SequenceNumber)
	cut.Store(true)
	err := c.sendFor(ctx, 20*o.rate, o.outage)
	cut.Store(false)
	if err != nil {
		return err
	}
	from := c.counters()
	// What is sent after it brings the numbers to where the other guess fails.
	if err := c.sendFor(ctx, o.rate, o.rate*int(o.within/time.Second)+o.rate/2); err != nil {
		return err
	}
	pause(ctx, time.Second)
	if err := c.sound(); err != nil {
		return err
	}
	for i, kind := range kinds {
		r, name := c.viewers[0].got[i], fmt.Sprintf("wrap_outage_%d_%s_", n, kind)
		first, found := r.first(from[i])
		gap := math.Inf(1)
		if found {
			gap = 1000 * float64(first-from[i]) / float64(o.rate)
		}
		d.figures.atMost(name+"over_after", gap, "ms", milliseconds(o.within))
		if gap > milliseconds(o.within) {
			err = errors.Join(err, fmt.Errorf("outage %d: no %s arrived within %v of its end", n, kind, o.within))
			continue
		}
		lost := r.missing(first, c.counters()[i])
		d.figures.atMost(name+"missing", float64(lost), "packets", 0)
		if lost > 0 {
			err = errors.Join(err, fmt.Errorf("outage %d: %d packets of the %s are missing after it", n, lost, kind))
		}
	}
	return err
}
