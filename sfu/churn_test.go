package sfu_test

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/prometheus/client_golang/prometheus"

	"switchyard/sfu"
	"switchyard/sfu/sfutest"
)

// running is a loop with a goroutine of its own. Its time runs faster than the
// wall's, so that timers take part.
type running struct {
	mu     sync.Mutex
	wake   *sync.Cond
	posted []func()
	ended  bool
	start  time.Time
	speed  time.Duration
	active sync.WaitGroup
}

func newRunning(speed time.Duration) *running {
	l := &running{start: time.Now(), speed: speed}
	l.wake = sync.NewCond(&l.mu)
	l.active.Go(l.run)
	return l
}

func (l *running) run() {
	for {
		l.mu.Lock()
		for len(l.posted) == 0 && !l.ended {
			l.wake.Wait()
		}
		batch, ended := l.posted, l.ended
		l.posted = nil
		l.mu.Unlock()
		if ended {
			return
		}
		for _, f := range batch {
			f()
		}
	}
}

func (l *running) Post(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.ended {
		l.posted = append(l.posted, f)
		l.wake.Signal()
	}
}

func (l *running) Now() time.Time { return l.start.Add(time.Since(l.start) * l.speed) }

func (l *running) After(d time.Duration, f func()) (cancel func()) {
	t := time.AfterFunc(d/l.speed, func() { l.Post(f) })
	return func() { t.Stop() }
}

// do runs f on the loop and waits for it.
func (l *running) do(f func()) {
	done := make(chan struct{})
	l.Post(func() { f(); close(done) })
	<-done
}

func (l *running) end() {
	l.mu.Lock()
	l.ended = true
	l.wake.Signal()
	l.mu.Unlock()
	l.active.Wait()
}

// TestChurn has many participants do at random, each on a goroutine of its own
// and in three rooms, whatever can be done to a room while packets flow. What is
// checked is left to the race detector, but for the order of each event stream
// and for what remains in the end.
func TestChurn(t *testing.T) {
	loop := newRunning(20)
	cfg := sfu.DefaultConfig()
	cfg.KeepDetached, cfg.EmptyRoom = time.Second, time.Second
	core, err := sfu.New(cfg, loop, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(2 * time.Second)
	var people sync.WaitGroup
	var forwarded atomic.Int64
	for i := range 24 {
		people.Go(func() {
			c := churner{T: t, core: core, loop: loop, random: rand.New(rand.NewPCG(7, uint64(i))), forwarded: &forwarded}
			for time.Now().Before(deadline) {
				c.visit(fmt.Sprint("person ", i%20)) // some share an identity
			}
		})
	}
	people.Wait()
	core.Close()
	loop.do(func() {})
	if n := len(core.Rooms()); n != 0 {
		t.Errorf("%d rooms are left", n)
	}
	if forwarded.Load() == 0 {
		t.Error("nothing was forwarded")
	}
	loop.end()
}

type churner struct {
	*testing.T
	core      *sfu.SFU
	loop      *running
	random    *rand.Rand
	forwarded *atomic.Int64
}

func (c *churner) room() *sfu.Room {
	room, err := c.core.Open(sfu.RoomID(fmt.Sprint("room ", c.random.IntN(3))))
	if err != nil {
		c.Fatal(err)
	}
	return room
}

// counting is a sink that only counts.
type counting struct{ n *atomic.Int64 }

func (s counting) WriteRTP(batch []sfu.Outgoing) { s.n.Add(int64(len(batch))) }
func (s counting) Clock(uint32, time.Time)       {}

// visit is one stay in a room.
func (c *churner) visit(identity string) {
	p, _, err := c.room().Join(sfu.Join{Identity: identity, Counted: true, Grants: sfu.MayPublish | sfu.MaySubscribe | sfu.MayModerate})
	if err != nil {
		if !errors.Is(err, sfu.ErrClosed) {
			c.Error(err)
		}
		return
	}
	p.Attach("one")
	var reader sync.WaitGroup
	listen := func() <-chan sfu.Event {
		events := p.Events()
		reader.Go(func() { c.read(events) })
		return events
	}
	events := listen()
	var pubs []*sfu.Publication
	var subs []*sfu.Subscription
	sources := map[*sfu.Publication]*sfutest.Source{}
	for step := range 40 {
		switch c.random.IntN(16) {
		case 0, 1:
			track := sfu.Track{ID: fmt.Sprint(c.random.IntN(2)), Kind: sfu.Audio, Source: sfu.Microphone, Clock: "c"}
			if c.random.IntN(2) == 0 {
				track = sfu.Track{ID: fmt.Sprint("v", c.random.IntN(2)), Kind: sfu.Video, Source: sfu.Camera, Clock: "c"}
			}
			src := sfutest.NewSource()
			if pub, err := p.Publish(track, src); err == nil {
				pubs, sources[pub] = append(pubs, pub), src
			}
		case 2, 3:
			slot := sfu.Slot{Receiver: fmt.Sprint(c.random.IntN(2)), Kind: sfu.Kind(1 + c.random.IntN(2)), Codecs: sfu.AllCodecs}
			if slot.Kind == sfu.Audio && len(subs) > 0 {
				slot.With = subs[0]
			}
			if sub, err := p.Subscribe(slot, counting{c.forwarded}); err == nil {
				subs = append(subs, sub)
				sub.Want(sfu.Demand{Width: 640, Height: 360})
			}
		case 4:
			if len(subs) > 0 {
				subs[c.random.IntN(len(subs))].Close()
			}
		case 5:
			if len(pubs) > 0 {
				pubs[c.random.IntN(len(pubs))].Mute(c.random.IntN(2) == 0, p.ID())
			}
		case 6:
			if len(pubs) > 0 {
				pubs[c.random.IntN(len(pubs))].End()
			}
		case 7:
			if err := p.Room().Move(p, c.room()); err != nil && !errors.Is(err, sfu.ErrClosed) && !errors.Is(err, sfu.ErrNotFound) && !errors.Is(err, sfu.ErrInvalid) {
				c.Error(err)
			}
		case 8:
			p.SetBudget(c.random.IntN(2) * 100_000)
		case 9:
			p.Update(func(i *sfu.ParticipantInfo) { i.Name = fmt.Sprint(step) })
		case 10:
			p.Room().Update(func(s *sfu.State) { s.Metadata = fmt.Sprint(step) })
		case 11:
			for _, other := range p.Room().Participants() {
				for _, pub := range other.Info().Publications {
					for _, sub := range subs {
						sub.Want(sfu.Demand{Kind: sfu.WantTrack, Publication: pub.ID, Width: 320, Height: 180})
					}
				}
			}
		case 12:
			p.Quiet("one", c.random.IntN(2) == 0)
		case 13:
			if len(pubs) > 0 {
				pub := pubs[c.random.IntN(len(pubs))]
				pub.Detach(sources[pub])
			}
		case 14:
			switch c.random.IntN(8) {
			case 0:
				p.Room().Close(sfu.LeftClosed)
			case 1:
				p.Room().Remove(p.ID(), sfu.LeftRemoved)
			case 2:
				p.Detach("one")
			case 3:
				p.Attach("two")
			case 4:
				p.Send(sfu.Message{Text: "hello"})
			case 5:
				p.StopEvents(events)
				events = listen()
			}
		}
		c.packets(pubs, sources, subs, step)
	}
	p.Leave(sfu.LeftByItself)
	<-p.Done()
	reader.Wait()
}

// packets sends a packet on every publication, and reports losses.
func (c *churner) packets(pubs []*sfu.Publication, sources map[*sfu.Publication]*sfutest.Source, subs []*sfu.Subscription, step int) {
	c.loop.do(func() {
		for _, pub := range pubs {
			src := sources[pub]
			if src.IsRevoked {
				continue
			}
			for _, packet := range pub.Reserve(0, 1, nil) {
				kind := pub.Info().Track.Kind
				packet.Codec, packet.Sequence, packet.Timestamp, packet.Arrival = sfu.VP8, uint16(step), uint32(step*3600), c.loop.Now().UnixNano()
				if kind == sfu.Audio {
					packet.Codec, packet.HasLevel, packet.Level = sfu.Opus, true, uint8(c.random.IntN(128))
				}
				packet.Payload = append(packet.Buf[:0], sfutest.FramePayload(kind, step%4 == 0, 1, uint32(step))...)
				packet.Marker = true
				pub.Commit(0, []*sfu.Packet{packet})
			}
		}
		for _, sub := range subs {
			sub.HandleRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{}, &rtcp.TransportLayerNack{Nacks: []rtcp.NackPair{{PacketID: 1, LostPackets: 3}}}})
		}
	})
}

// read checks that a stream begins with a snapshot, says of nobody unknown that
// it changed or left, and ends with Left if it says so at all.
func (c *churner) read(events <-chan sfu.Event) {
	var known map[sfu.ParticipantID]bool
	snapshot := func(s sfu.Snapshot) {
		known = map[sfu.ParticipantID]bool{s.Self.ID: true}
		for _, p := range s.Participants {
			known[p.ID] = true
		}
	}
	left := false
	for ev := range events {
		if left {
			c.Errorf("%T after Left", ev)
		}
		switch ev := ev.(type) {
		case sfu.Snapshot:
			snapshot(ev)
		case sfu.Moved:
			snapshot(ev.Snapshot)
		case sfu.ParticipantJoined:
			if known[ev.Participant.ID] {
				c.Error("joined twice")
			}
			known[ev.Participant.ID] = true
		case sfu.ParticipantUpdated:
			if !known[ev.Participant.ID] {
				c.Error("news of a stranger")
			}
		case sfu.ParticipantLeft:
			if !known[ev.Participant] {
				c.Error("a stranger left")
			}
			delete(known, ev.Participant)
		case sfu.Left:
			left = true
		}
		if known == nil && !left {
			c.Errorf("%T before the snapshot", ev)
		}
	}
}
