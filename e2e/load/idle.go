package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pion/webrtc/v4"
)

// idle measures peers that are connected and receive nothing: viewers with an
// audio and a video slot in rooms whose publishers are silent.
type idle struct {
	peers, room, workers  int
	doors                 string
	settle, window, later time.Duration
}

func (o *idle) flags(set *flag.FlagSet) {
	set.IntVar(&o.peers, "peers", 2000, "`viewers` to connect, at most 4500")
	set.IntVar(&o.room, "room", 50, "viewers in a room")
	set.IntVar(&o.workers, "conc", 4, "viewers that join at a time")
	set.StringVar(&o.doors, "doors", "whep,rtc", "how they come in: whep, rtc (a WebSocket session), or both, one after the other")
	set.DurationVar(&o.settle, "settle", 5*time.Second, "from the last join to the first look")
	set.DurationVar(&o.window, "window", 20*time.Second, "how long CPU is counted")
	set.DurationVar(&o.later, "later", 130*time.Second, "from there to the last look; a collection is forced every two minutes")
}

func (o *idle) run(ctx context.Context, d *driver) error {
	if o.peers < 1 || o.peers > 4500 || o.room < 1 || o.workers < 1 {
		return errors.New("-peers, -room or -conc is out of bounds")
	}
	for door := range strings.SplitSeq(o.doors, ",") {
		if !slices.Contains([]string{"whep", "rtc"}, door) {
			return fmt.Errorf("-doors: %q is neither whep nor rtc", door)
		}
		if err := o.through(ctx, d, door); err != nil {
			return fmt.Errorf("peers of %s: %w", door, err)
		}
	}
	return nil
}

// through measures peers that come in by one door, with a server of their own.
func (o *idle) through(ctx context.Context, d *driver, door string) (err error) {
	s, err := d.startServer(ctx)
	if err != nil {
		return err
	}
	var everybody []*client
	sessions, hangUp := context.WithCancel(ctx)
	defer func() {
		hangUp()
		closeAll(everybody)
		err = errors.Join(err, s.stop())
	}()
	clients, err := newClients()
	if err != nil {
		return err
	}

	rooms := (o.peers + o.room - 1) / o.room
	publishers, streams := make([]*client, rooms), make([]*stream, rooms)
	err = inParallel(ctx, rooms, o.workers, func(ctx context.Context, i int) (err error) {
		if publishers[i], err = clients.new(); err != nil {
			return err
		}
		if streams[i], err = publishers[i].publish("audio", 100, 1); err != nil {
			return err
		}
		if _, err = publishers[i].publish("video", 100, 1); err != nil {
			return err
		}
		return s.join(ctx, publishers[i], "whip", roomName(i), "publisher")
	})
	everybody = append(everybody, publishers...)
	if err != nil {
		return fmt.Errorf("connect the publishers: %w", err)
	}
	pause(ctx, o.settle)
	before, err := s.look(ctx)
	if err != nil {
		return err
	}

	d.say("%d viewers join %d rooms by %s", o.peers, rooms, door)
	viewers, heard := make([]*client, o.peers), make(chan int, o.peers)
	err = inParallel(ctx, o.peers, o.workers, func(ctx context.Context, i int) (err error) {
		if viewers[i], err = clients.new(); err != nil {
			return err
		}
		viewers[i].pc.OnTrack(func(*webrtc.TrackRemote, *webrtc.RTPReceiver) { heard <- i })
		if err := viewers[i].view(); err != nil {
			return err
		}
		room, identity := roomName(i/o.room), fmt.Sprintf("viewer-%d", i)
		if door == "whep" {
			return s.join(ctx, viewers[i], "whep", room, identity)
		}
		_, err = s.joinRoom(sessions, viewers[i], room, identity)
		return err
	})
	everybody = append(everybody, viewers...)
	if err != nil {
		return fmt.Errorf("connect the viewers: %w", err)
	}
	if err := o.measure(ctx, d, s, door, before); err != nil {
		return err
	}
	d.figures.add("idle_"+door+"_silences", float64(clients.silences.Load()), "times")
	if err := allAlive(everybody); err != nil {
		return err
	}
	d.say("the publishers speak: every viewer must hear them")
	return errors.Join(o.hear(ctx, streams, heard), s.well(ctx))
}

// measure looks at the server with all its peers, three times.
func (o *idle) measure(ctx context.Context, d *driver, s *server, door string, before look) error {
	pause(ctx, o.settle)
	settled, err := s.look(ctx)
	if err != nil {
		return err
	}
	window, err := undisturbed(ctx, d, s, func() (w [2]usage, foreign float64, err error) {
		if w[0], err = s.usage(); err != nil {
			return w, 0, err
		}
		pause(ctx, o.window)
		w[1], err = s.usage()
		return w, w[1].foreign(w[0]), err
	})
	if err != nil {
		return err
	}
	d.say("CPU is counted; another look at memory in %v", o.later)
	pause(ctx, o.later)
	last, err := s.look(ctx)
	if err != nil {
		return err
	}
	each := func(after, before float64) float64 { return (after - before) / float64(o.peers) }
	name := func(what string) string { return "idle_" + door + "_" + what }
	f := &d.figures
	f.add(name("rss_per_peer_settled"), each(settled.rss, before.rss)/1024, "KiB")
	f.add(name("rss_per_peer_later"), each(last.rss, before.rss)/1024, "KiB")
	f.add(name("heap_per_peer_live"), each(last.metrics.liveHeap(), before.metrics.liveHeap())/1024, "KiB")
	f.add(name("stacks_per_peer"), each(last.metrics["go_memstats_stack_inuse_bytes"], before.metrics["go_memstats_stack_inuse_bytes"])/1024, "KiB")
	f.add(name("goroutines_per_peer"), each(last.metrics["go_goroutines"], before.metrics["go_goroutines"]), "goroutines")
	f.add(name("cpu_per_100_peers"), window[1].share(window[0])*100/float64(o.peers), "%")
	f.add(name("cpu_foreign"), window[1].foreign(window[0]), "%")
	f.add(name("rss_total"), last.rss/(1<<20), "MiB")
	return ctx.Err()
}

// hear sends a little in each room and waits until every viewer has got some.
func (o *idle) hear(ctx context.Context, streams []*stream, heard <-chan int) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	again := time.NewTicker(200 * time.Millisecond)
	defer again.Stop()
	have := map[int]bool{}
	for len(have) < o.peers {
		select {
		case i := <-heard:
			have[i] = true
		case <-again.C:
			for _, s := range streams {
				s.send()
			}
		case <-ctx.Done():
			return fmt.Errorf("%d of %d viewers heard nothing of their publisher in 15 s", o.peers-len(have), o.peers)
		}
	}
	return nil
}

// look is the server at one moment.
type look struct {
	usage   usage
	rss     float64
	metrics metrics
}

func (s *server) look(ctx context.Context) (l look, err error) {
	if l.metrics, err = s.metrics(ctx); err != nil {
		return l, err
	}
	l.usage, err = s.usage()
	l.rss = float64(l.usage.rss)
	return l, err
}

func roomName(i int) string { return fmt.Sprintf("room-%d", i) }

// pause waits; a run that has ended shows in the next thing that it does.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
