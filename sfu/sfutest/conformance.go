package sfutest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"switchyard/sfu"
)

// Kind is a kind of participant that the conformance suite is run for.
type Kind struct {
	// SFU makes a fresh one for a test.
	SFU func(t *testing.T) *sfu.SFU
	// Member makes the transport for a participant that has joined.
	Member func(t *testing.T, p *sfu.Participant) Member
	// Pass lets d pass: by turning a loop, or by sleeping.
	Pass func(d time.Duration)
	// Kinds of media that this kind of participant can publish and receive.
	Publishes, Receives []sfu.Kind
}

// Conformance checks that a kind of participant does everything that sfu
// promises to and of participants, against in-memory ones and its own like.
func (k Kind) Conformance(t *testing.T) {
	for _, media := range []sfu.Kind{sfu.Audio, sfu.Video} {
		for _, roles := range []struct {
			name                 string
			publishing, received bool // by the kind under test
		}{{"publishes", true, false}, {"receives", false, true}, {"both", true, true}} {
			if roles.publishing && !slices.Contains(k.Publishes, media) || roles.received && !slices.Contains(k.Receives, media) {
				continue
			}
			for _, c := range cases {
				t.Run(fmt.Sprintf("%v/%s/%s", media, roles.name, c.name), func(t *testing.T) {
					s := &stage{T: t, kind: k, media: media, sfu: k.SFU(t), publisherIsOurs: roles.publishing, viewerIsOurs: roles.received}
					s.room = s.open("room")
					c.run(s)
				})
			}
		}
	}
}

var cases = []struct {
	name string
	run  func(*stage)
}{
	{"join", (*stage).join},
	{"publish", (*stage).publish},
	{"late subscribe", (*stage).lateSubscribe},
	{"keyframe on subscribe", (*stage).keyframeOnSubscribe},
	{"switch", (*stage).switching},
	{"mute", (*stage).mute},
	{"slow sink", (*stage).slowSink},
	{"reload", (*stage).reload},
	{"two transports", (*stage).twoTransports},
	{"move", (*stage).move},
	{"leave mid-batch", (*stage).leaveMidBatch},
	{"double close", (*stage).doubleClose},
}

// stage is one case's room and the helpers of the cases.
type stage struct {
	*testing.T
	kind                          Kind
	media                         sfu.Kind
	sfu                           *sfu.SFU
	room                          *sfu.Room
	publisherIsOurs, viewerIsOurs bool
}

func (s *stage) open(id sfu.RoomID) *sfu.Room {
	s.Helper()
	room, err := s.sfu.Open(id)
	s.must(err)
	return room
}

func (s *stage) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// enter joins and makes a member of the kind under test, or an in-memory one.
func (s *stage) enter(identity string, ours bool) Member {
	s.Helper()
	p, _, err := s.room.Join(sfu.Join{Identity: identity, Name: identity, Counted: true, Grants: sfu.DefaultGrants})
	s.must(err)
	return s.member(p, ours)
}

func (s *stage) member(p *sfu.Participant, ours bool) Member {
	s.Helper()
	if ours {
		m := s.kind.Member(s.T, p)
		s.Cleanup(m.Close)
		return m
	}
	m, err := NewMemory(p)
	s.must(err)
	s.Cleanup(m.Close)
	return m
}

func (s *stage) publisher(identity string) (Member, Feed) {
	s.Helper()
	m := s.enter(identity, s.publisherIsOurs)
	return m, s.feed(m)
}

func (s *stage) feed(m Member) Feed {
	s.Helper()
	track := sfu.Track{ID: "one", Kind: s.media, Source: sfu.Microphone}
	if s.media == sfu.Video {
		track.Source, track.Width, track.Height = sfu.Camera, 640, 360
	}
	feed, err := m.Publish(track)
	s.must(err)
	return feed
}

func (s *stage) viewer(identity string) (Member, Line) {
	s.Helper()
	m := s.enter(identity, s.viewerIsOurs)
	return m, s.line(m)
}

func (s *stage) line(m Member) Line {
	s.Helper()
	line, err := m.Slot(s.media, nil)
	s.must(err)
	s.must(line.Subscription().Want(sfu.Demand{Width: 640, Height: 360}))
	return line
}

// until sends on all feeds until cond holds; a minute of the kind's time is
// more than any case needs.
func (s *stage) until(what string, cond func() bool, feeds ...Feed) {
	s.Helper()
	step := FrameInterval(s.media)
	for range time.Minute / step {
		if cond() {
			return
		}
		for _, f := range feeds {
			f.Send()
		}
		s.kind.Pass(step)
	}
	s.Fatalf("not within a minute: %s", what)
}

// during sends on all feeds for d.
func (s *stage) during(d time.Duration, feeds ...Feed) {
	step := FrameInterval(s.media)
	for range d / step {
		for _, f := range feeds {
			f.Send()
		}
		s.kind.Pass(step)
	}
}

// more is a condition: n packets more than now have been received on a line,
// all those of feed.
func (s *stage) more(line Line, n int, feed Feed) func() bool {
	before := len(line.Packets())
	return func() bool {
		packets := line.Packets()
		if len(packets) < before+n {
			return false
		}
		return packets[len(packets)-1].CSRC == feed.Publication().Number()
	}
}

// intact checks what a line has received: the payloads are those sent, the
// numbers are each used once, and time goes forward with them.
func (s *stage) intact(line Line) {
	s.Helper()
	packets := line.Packets()
	seen := make(map[uint16]uint32)
	var newest *Received
	for i := range packets {
		p := &packets[i]
		mark, _, _, ok := ReadFrame(s.media, p.Payload)
		if !ok {
			s.Fatalf("packet %d: payload % x is damaged", i, p.Payload)
		}
		if mark != p.CSRC {
			s.Fatalf("packet %d: CSRC %d on a packet of publication %d", i, p.CSRC, mark)
		}
		if ts, twice := seen[p.Sequence]; twice && ts != p.Timestamp {
			s.Fatalf("packet %d: sequence number %d is used twice", i, p.Sequence)
		}
		seen[p.Sequence] = p.Timestamp
		if newest == nil {
			newest = p
			continue
		}
		if int16(p.Sequence-newest.Sequence) > 0 {
			if int32(p.Timestamp-newest.Timestamp) < 0 {
				s.Fatalf("packet %d: timestamp went back from %d to %d", i, newest.Timestamp, p.Timestamp)
			}
			newest = p
		}
	}
}
