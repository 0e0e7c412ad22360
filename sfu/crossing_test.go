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

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/sfu"
	"switchyard/sfu/sfutest"
)

// exact is a running loop where what is cancelled on the loop does not run.
type exact struct{ *running }

func (l exact) After(d time.Duration, f func()) (cancel func()) {
	var cancelled atomic.Bool
	stop := l.running.After(d, func() {
		if !cancelled.Load() {
			f()
		}
	})
	return func() {
		cancelled.Store(true)
		stop()
	}
}

// remembering is a sink that knows the number that was sent last.
type remembering struct {
	last uint16
	sent *atomic.Int64
}

func (s *remembering) Clock(uint32, time.Time) {}
func (s *remembering) WriteRTP(batch []sfu.Outgoing) {
	s.last = batch[len(batch)-1].Sequence
	s.sent.Add(int64(len(batch)))
}

// TestCrossing: many who publish, watch and ask for packets again move among
// rooms on loops that run side by side. What is checked is left to the race
// detector, but that everybody's packets go on and nothing remains in the end.
func TestCrossing(t *testing.T) {
	loops := []exact{{newRunning(20)}, {newRunning(20)}, {newRunning(20)}}
	core, err := sfu.New(sfu.DefaultConfig(), loops[0], slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	core.Spread(loops[1], loops[2])
	var rooms []*sfu.Room
	for i := range 2 * len(loops) {
		room, err := core.Open(sfu.RoomID(fmt.Sprint(i)))
		if err != nil {
			t.Fatal(err)
		}
		rooms = append(rooms, room)
	}
	deadline := time.Now().Add(2 * time.Second)
	var people sync.WaitGroup
	var sent atomic.Int64
	for i := range 12 {
		people.Go(func() { cross(t, fmt.Sprint("person ", i), rooms, &sent, deadline) })
	}
	people.Wait()
	for i, room := range rooms {
		if n := len(room.Participants()); n != 0 {
			t.Errorf("%d participants are left in room %d", n, i)
		}
	}
	if sent.Load() == 0 {
		t.Error("nothing was sent")
	}
	core.Close()
	for _, l := range loops {
		l.do(func() {})
		l.end()
	}
}

// cross is what one of them does until the deadline.
func cross(t *testing.T, name string, rooms []*sfu.Room, sent *atomic.Int64, deadline time.Time) {
	random := rand.New(rand.NewPCG(11, uint64(len(name))+uint64(name[len(name)-1])))
	p, _, err := rooms[random.IntN(len(rooms))].Join(sfu.Join{Identity: name, Counted: true, Grants: sfu.DefaultGrants})
	if err != nil {
		t.Error(err)
		return
	}
	defer p.Leave(sfu.LeftByItself)
	pub, err := p.Publish(sfu.Track{ID: "cam", Kind: sfu.Video, Source: sfu.Camera, Clock: "c"}, sfutest.NewSource())
	if err != nil {
		t.Error(err)
		return
	}
	sinks := map[*sfu.Subscription]*remembering{}
	for i := range 3 {
		sink := &remembering{sent: sent}
		sub, err := p.Subscribe(sfu.Slot{Receiver: "r", Name: fmt.Sprint(i), Kind: sfu.Video, Codecs: sfu.AllCodecs}, sink)
		if err != nil {
			t.Error(err)
			return
		}
		if err := sub.Want(sfu.Demand{Width: 640, Height: 360}); err != nil {
			t.Error(err)
		}
		sinks[sub] = sink
	}
	for seq := 0; time.Now().Before(deadline); {
		if random.IntN(20) == 0 {
			if err := p.Room().Move(p, rooms[random.IntN(len(rooms))]); err != nil && !errors.Is(err, sfu.ErrNotFound) {
				t.Error(err)
			}
		}
		done := make(chan struct{})
		p.Post(func() {
			defer close(done)
			now := p.Loop().Now().UnixNano()
			for _, packet := range pub.Reserve(0, 1, nil) {
				packet.Codec, packet.Sequence, packet.Timestamp, packet.Arrival = sfu.VP8, uint16(seq), uint32(seq*3600), now
				packet.Payload = append(packet.Buf[:0], sfutest.FramePayload(sfu.Video, seq%4 == 0, 1, uint32(seq))...)
				packet.Marker = true
				pub.Commit(0, []*sfu.Packet{packet})
			}
			for sub, sink := range sinks {
				sub.Lost([]uint16{sink.last - 2, sink.last - 1, sink.last})
				if random.IntN(50) == 0 {
					sub.Interrupt()
				}
			}
		})
		<-done
		seq++
	}
}
