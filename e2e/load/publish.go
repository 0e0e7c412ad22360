package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

// publish publishes to a server that somebody else has started, as it is told on
// standard input, a line at a time: `send N` sends N packets of each stream,
// `swallow N` seals them and loses them. Each is answered by the line repeated.
// Between lines a few packets a second keep the streams alive.
type publish struct {
	address, token string
	rate           int
	in             io.Reader
}

func (o *publish) flags(set *flag.FlagSet) {
	set.StringVar(&o.address, "url", "", "WHIP `address` of the room")
	set.StringVar(&o.token, "token", "", "the publisher's `token`")
	set.IntVar(&o.rate, "rate", 2000, "packets a `second` of each stream, while it sends")
	o.in = os.Stdin
}

func (o *publish) run(ctx context.Context, d *driver) error {
	if o.address == "" || o.token == "" || o.rate < 1 || o.rate > 50000 {
		return errors.New("-url and -token are needed, and -rate is between 1 and 50000")
	}
	c, cut, err := o.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	fmt.Fprintln(d.out, "connected")
	lines := make(chan string)
	go func() {
		defer close(lines)
		for in := bufio.NewScanner(o.in); in.Scan(); {
			lines <- in.Text()
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(100 * time.Millisecond):
			c.streams[0].send()
			c.streams[1].send()
		case line, more := <-lines:
			if !more {
				return c.sound()
			}
			var what string
			var n int
			if _, err := fmt.Sscan(line, &what, &n); err != nil || what != "send" && what != "swallow" || n < 1 || n > 1<<20 {
				return fmt.Errorf("%q is neither send N nor swallow N", line)
			}
			cut.Store(what == "swallow")
			err := c.sendFor(ctx, o.rate, n)
			cut.Store(false)
			if err != nil {
				return err
			}
			fmt.Fprintln(d.out, line)
		}
	}
}

// connect makes a call of a publisher without viewers.
func (o *publish) connect(ctx context.Context) (c *call, cut *atomic.Bool, err error) {
	clients, err := newClients()
	if err != nil {
		return nil, nil, err
	}
	c, cut = &call{}, new(atomic.Bool)
	if c.publisher, err = clients.new(); err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	for i := range kinds {
		if c.streams[i], err = c.publisher.publish(kinds[i], 60, 1); err != nil {
			return nil, nil, err
		}
	}
	c.lossy(cut)
	offer, err := c.publisher.offer(ctx)
	if err != nil {
		return nil, nil, err
	}
	s := &server{http: &http.Client{Timeout: 30 * time.Second}}
	answer, _, err := s.request(ctx, http.MethodPost, o.address, o.token, offer, http.StatusCreated)
	if err != nil {
		return nil, nil, err
	}
	return c, cut, c.publisher.answered(ctx, answer)
}
