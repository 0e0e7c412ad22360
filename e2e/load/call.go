package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// kinds are those of a call's streams, in the order in which it keeps them.
var kinds = [2]string{"audio", "video"}

// callBuffer is the receive buffer of a call's clients: the driver must not
// lose what the server delivered.
const callBuffer = 8 << 20

// callShape is what a call is like.
type callShape struct {
	viewers              int
	audioSize, videoSize int // bytes of payload
}

// call is a publisher with an audio and a video stream and viewers who decrypt
// and check every packet.
type call struct {
	publisher *client
	streams   [2]*stream
	viewers   []*viewer
}

type viewer struct {
	*client
	got [2]*receiver
}

// startCall connects everybody and sends until each viewer has both streams.
func startCall(ctx context.Context, s *server, shape callShape) (c *call, err error) {
	c = &call{}
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	clients, err := newClients()
	if err != nil {
		return nil, err
	}
	clients.buffer, clients.stamps = callBuffer, true
	if c.publisher, err = clients.new(); err != nil {
		return nil, err
	}
	for i, size := range []int{shape.audioSize, shape.videoSize} {
		if c.streams[i], err = c.publisher.publish(kinds[i], size, 1); err != nil {
			return nil, err
		}
	}
	if err := s.join(ctx, c.publisher, "whip", roomName(0), "publisher"); err != nil {
		return nil, fmt.Errorf("connect the publisher: %w", err)
	}
	for i := range shape.viewers {
		client, err := clients.new()
		if err != nil {
			return nil, err
		}
		v := &viewer{client: client}
		c.viewers = append(c.viewers, v)
		v.got[0], v.got[1] = v.watch()
		if err := v.view(); err != nil {
			return nil, err
		}
		if err := s.join(ctx, v.client, "whep", roomName(0), fmt.Sprintf("viewer-%d", i)); err != nil {
			return nil, fmt.Errorf("connect a viewer: %w", err)
		}
	}
	for range 500 {
		if err := c.sendFor(ctx, 100, 2); err != nil {
			return nil, err
		}
		if c.begun() {
			return c, nil
		}
	}
	return nil, errors.New("a viewer is connected and did not get both streams in 10 s")
}

func (c *call) begun() bool {
	for _, v := range c.viewers {
		if !v.got[0].started() || !v.got[1].started() {
			return false
		}
	}
	return true
}

// counters are those of the next packets.
func (c *call) counters() (next [2]uint32) {
	for i, s := range c.streams {
		next[i] = s.counter.Load()
	}
	return next
}

// sendFor sends n packets of each stream at a rate for each.
func (c *call) sendFor(ctx context.Context, rate, n int) error {
	p := newPace(rate)
	for sent := 0; sent < n; {
		for range min(n-sent, p.due()) {
			c.streams[0].send()
			c.streams[1].send()
			sent++
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(time.Millisecond):
		}
	}
	return nil
}

// talk sends 50 audio and 250 video packets a second until ctx ends.
func (c *call) talk(ctx context.Context) {
	p := newPace(250)
	for sent := 0; ctx.Err() == nil; pause(ctx, time.Millisecond) {
		for range p.due() {
			if c.streams[1].send(); sent%5 == 0 {
				c.streams[0].send()
			}
			sent++
		}
	}
}

// lossy loses what the publisher sends while cut is true.
func (c *call) lossy(cut *atomic.Bool) {
	pass := func(b []byte) bool { return !isRTP(b) || !cut.Load() }
	c.publisher.sock.outgoing.Store(&pass)
}

// sound is an error if the call is not as it should be, loss left aside: that
// counts only if it was the server's.
func (c *call) sound() error {
	err := c.publisher.alive()
	for _, s := range c.streams {
		if n := s.failed.Load(); n > 0 {
			err = errors.Join(err, fmt.Errorf("the driver could not send %d packets of the %s", n, s.kind))
		}
	}
	for _, v := range c.viewers {
		err = errors.Join(err, v.alive(), v.got[0].sound(), v.got[1].sound())
		if n := v.sock.drops(); n > 0 {
			err = errors.Join(err, fmt.Errorf("a viewer's own socket lost %d packets: the driver was too slow, its figures are void", n))
		}
	}
	return err
}

func (c *call) close() {
	if c.publisher != nil {
		c.publisher.close()
	}
	for _, v := range c.viewers {
		v.close()
	}
}
