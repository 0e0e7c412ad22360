package sfutest_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/prometheus/client_golang/prometheus"

	"switchyard/internal/payload/payloadtest"
	"switchyard/sfu"
	"switchyard/sfu/sfutest"
)

const (
	switches     = 1000
	publishers   = 10
	lossPercent  = 2
	frameTime    = time.Second / 30
	repairFrames = 3 // a round trip to a publisher
)

// TestThousandSwitches switches one slot a thousand times among ten films, with
// loss on both sides that NACK and RTX repair, and gives what arrived to a
// decoder.
func TestThousandSwitches(t *testing.T) {
	for name, codecs := range map[string][]sfu.Codec{
		"vp8": {sfu.VP8}, "vp9": {sfu.VP9}, "h264": {sfu.H264}, "av1": {sfu.AV1},
		"mixed": {sfu.VP8, sfu.VP9, sfu.H264, sfu.AV1},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSwitching(t, codecs)
			for s.switched < switches {
				s.step()
			}
			for range 30 {
				s.advance()
			}
			s.finish(codecs)
		})
	}
}

// switching is a room with ten publishers and a viewer.
type switching struct {
	*testing.T
	random *rand.Rand
	loop   *sfutest.Loop
	films  []*film
	sub    *sfu.Subscription
	sink   *sfutest.Sink
	events <-chan sfu.Event

	assembler *sfutest.Assembler
	labels    []sfu.SlotChanged
	switched  int
	ticks     int
	current   int
	wait      int
	dropped   int
	received  int
	again     int
}

// film is a publisher behind a network.
type film struct {
	player  *sfutest.Player
	source  *sfutest.Source
	pub     *sfu.Publication
	seq     uint16
	network []flight
}

type flight struct {
	due    int
	seq    uint16
	packet payloadtest.Packet
}

// clips are encoded once for all tests.
var clips sync.Map

func clip(t *testing.T, codec sfu.Codec, i int) sfutest.Clip {
	t.Helper()
	key := fmt.Sprint(codec, i)
	if c, ok := clips.Load(key); ok {
		return c.(sfutest.Clip)
	}
	c, err := sfutest.EncodeClip(codec, 32, 8, i*36)
	if err != nil {
		t.Fatal(err)
	}
	clips.Store(key, c)
	return c
}

func newSwitching(t *testing.T, codecs []sfu.Codec) *switching {
	s := &switching{T: t, random: rand.New(rand.NewPCG(1, uint64(codecs[0]))), loop: sfutest.NewLoop(), assembler: sfutest.NewAssembler()}
	cfg := sfu.DefaultConfig()
	core, err := sfu.New(cfg, s.loop, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	room, err := core.Open("films")
	if err != nil {
		t.Fatal(err)
	}
	enter := func(name string) *sfu.Participant {
		p, _, err := room.Join(sfu.Join{Identity: name, Name: name, Grants: sfu.DefaultGrants, Counted: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Attach(name); err != nil {
			t.Fatal(err)
		}
		return p
	}
	for i := range publishers {
		f := &film{source: sfutest.NewSource(), seq: uint16(s.random.Uint32())}
		f.player = sfutest.NewPlayer(clip(t, codecs[i%len(codecs)], i), uint32(i+1))
		f.player.Stream.Tag = 0xFFFFFFFF
		f.pub, err = enter(fmt.Sprint("film ", i)).Publish(sfu.Track{
			ID: "film", Kind: sfu.Video, Source: sfu.Camera, Width: 160, Height: 90,
			Encodings: []sfu.Encoding{{Width: 160, Height: 90}},
		}, f.source)
		if err != nil {
			t.Fatal(err)
		}
		s.films = append(s.films, f)
	}
	viewer := enter("viewer")
	s.events = viewer.Events()
	s.sink = sfutest.NewSink(s.loop)
	s.sink.Drop = func(sfutest.Received) bool {
		lost := s.random.IntN(100) < lossPercent
		if lost {
			s.dropped++
		}
		return lost
	}
	s.sub, err = viewer.Subscribe(sfu.Slot{Receiver: "viewer", Name: "0", Kind: sfu.Video, Codecs: sfu.AllCodecs}, s.sink)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// step plays one frame, and asks for another film once the present one has been
// seen for a while.
func (s *switching) step() {
	if s.wait--; s.wait < 0 {
		s.wait = 2 + s.random.IntN(6)
		s.current = (s.current + 1 + s.random.IntN(publishers-1)) % publishers
		err := s.sub.Want(sfu.Demand{Kind: sfu.WantTrack, Publication: s.films[s.current].pub.ID(), Width: 160, Height: 90})
		if err != nil {
			s.Fatal(err)
		}
	}
	s.advance()
	if s.ticks > 40*switches {
		s.Fatalf("%d switches in %d frames", s.switched, s.ticks)
	}
}

func (s *switching) advance() {
	s.ticks++
	s.loop.Advance(frameTime)
	for _, f := range s.films {
		f.send(s)
		s.loop.Post(func() { f.deliver(s) })
	}
	s.loop.Run()
	for _, p := range s.sink.Take() {
		s.received++
		if p.Retransmission {
			s.again++
		}
		if err := s.assembler.Push(p); err != nil {
			s.Fatal(err)
		}
	}
	s.readEvents()
	if missing := s.assembler.Missing(300, 60); len(missing) > 0 {
		slices.Reverse(missing)
		nack := &rtcp.TransportLayerNack{Nacks: rtcp.NackPairsFromSequenceNumbers(missing)}
		s.loop.Post(func() { s.sub.HandleRTCP([]rtcp.Packet{nack}) })
		s.loop.Run()
	}
}

func (s *switching) readEvents() {
	for {
		select {
		case e := <-s.events:
			if changed, ok := e.(sfu.SlotChanged); ok && changed.HasTimestamp {
				s.labels = append(s.labels, changed)
				s.switched++
			}
		default:
			return
		}
	}
}

// send gives the next frame to the network, which loses some of it; a lost
// packet comes again a round trip later, unless that is lost too.
func (f *film) send(s *switching) {
	key := len(f.source.Keyframes) > 0
	f.source.Keyframes = nil
	for _, p := range f.player.Next(key, 400) {
		due := s.ticks
		for s.random.IntN(100) < lossPercent {
			due += repairFrames
		}
		f.network = append(f.network, flight{due: due, seq: f.seq, packet: p})
		f.seq++
	}
}

// deliver commits what has come. On the loop.
func (f *film) deliver(s *switching) {
	var due []flight
	f.network = slices.DeleteFunc(f.network, func(fl flight) bool {
		if fl.due <= s.ticks {
			due = append(due, fl)
		}
		return fl.due <= s.ticks
	})
	packets := f.pub.Reserve(0, len(due), nil)
	for i, fl := range due {
		p := packets[i]
		p.Sequence, p.Timestamp, p.Marker = fl.seq, fl.packet.Timestamp, fl.packet.Marker
		p.Codec, p.Arrival = f.player.Clip.Codec, s.loop.Now().UnixNano()
		n := copy(p.Buf[:], fl.packet.Payload)
		p.Payload = p.Buf[:n]
		if fl.packet.Dependency != nil {
			p.Dependency = p.Buf[n : n+copy(p.Buf[n:], fl.packet.Dependency)]
		}
	}
	f.pub.Commit(0, packets)
}

// finish checks labels and the order of timestamps, and has everything decoded.
func (s *switching) finish(codecs []sfu.Codec) {
	frames, lost, err := s.assembler.Frames()
	if err != nil {
		s.Fatal(err)
	}
	if lost > 0 {
		s.Errorf("%d frames of %d could not be put together", lost, len(frames)+lost)
	}
	if len(frames) < 2*switches {
		s.Errorf("only %d frames", len(frames))
	}
	if missing := s.assembler.Missing(1<<20, 1<<20); len(missing) > 0 {
		s.Errorf("%d numbers never came", len(missing))
	}
	label := -1
	for i, frame := range frames {
		if i > 0 && int32(frame.Timestamp-frames[i-1].Timestamp) <= 0 {
			s.Fatalf("frame %d: timestamp %d after %d", i, frame.Timestamp, frames[i-1].Timestamp)
		}
		for label+1 < len(s.labels) && int32(frame.Timestamp-s.labels[label+1].FirstTimestamp) >= 0 {
			label++
		}
		if label < 0 || s.labels[label].Number != frame.CSRC {
			s.Fatalf("frame %d of publication %d is labelled otherwise", i, frame.CSRC)
		}
	}
	s.compare(frames)
	for _, codec := range codecs {
		s.decode(codec, slices.DeleteFunc(slices.Clone(frames), func(f sfutest.Frame) bool { return f.Codec != codec }))
	}
	s.Logf("%d switches, %d frames, %d packets, %d lost on the way to the viewer, %d again", s.switched, len(frames), s.received, s.dropped, s.again)
}

// compare checks that each frame is one of its film's, and the one after the
// frame before it or a keyframe.
func (s *switching) compare(frames []sfutest.Frame) {
	clips := make(map[uint32]sfutest.Clip)
	for _, f := range s.films {
		clips[f.pub.Number()] = f.player.Clip
	}
	number, at := uint32(0), 0
	for i, frame := range frames {
		c := clips[frame.CSRC]
		at = (at + 1) % len(c.Frames)
		if frame.Key || frame.CSRC != number {
			at = slices.IndexFunc(c.Frames, func(b []byte) bool { return bytes.Equal(b, frame.Data) })
			if at < 0 || !c.Keys[at] {
				s.Fatalf("frame %d of %d bytes is no keyframe of its film", i, len(frame.Data))
			}
		}
		if !bytes.Equal(frame.Data, c.Frames[at]) {
			s.Fatalf("frame %d is not frame %d of its film", i, at)
		}
		number = frame.CSRC
	}
}

// decode has ffmpeg decode the frames, and stop at the first fault.
func (s *switching) decode(codec sfu.Codec, frames []sfutest.Frame) {
	name := filepath.Join(s.TempDir(), codec.String())
	if err := os.WriteFile(name, sfutest.Dump(codec, frames), 0o600); err != nil {
		s.Fatal(err)
	}
	out, err := exec.Command("ffmpeg", "-v", "error", "-err_detect", "explode", "-xerror", "-i", name, "-f", "framecrc", "-fps_mode", "passthrough", "-").CombinedOutput()
	if err != nil {
		s.Fatalf("ffmpeg finds a fault in %d frames of %v: %v\n%.2000s", len(frames), codec, err, out)
	}
	decoded := 0
	for line := range bytes.Lines(out) {
		if !bytes.HasPrefix(line, []byte("#")) {
			decoded++
		}
	}
	if decoded != len(frames) {
		s.Errorf("%d of %d frames of %v were decoded", decoded, len(frames), codec)
	}
}
