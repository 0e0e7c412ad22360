package sfutest

import (
	"fmt"
	"sync"
	"sync/atomic"

	"switchyard/sfu"
)

// memory is a Member without a transport: it sits on the room's loop. It works
// with any loop, turned by hand or running.
type memory struct {
	p *sfu.Participant

	mu        sync.Mutex
	transport string
	reloads   int
	feeds     []*memoryFeed
	lines     []*memoryLine
}

var memories atomic.Uint32

// NewMemory makes a member of an existing participant.
func NewMemory(p *sfu.Participant) (Member, error) {
	m := &memory{p: p, transport: fmt.Sprint("memory ", memories.Add(1))}
	return m, p.Attach(m.transport)
}

func (m *memory) Participant() *sfu.Participant { return m.p }

func (m *memory) Publish(t sfu.Track) (Feed, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t.Clock = m.transport
	f := &memoryFeed{kind: t.Kind, track: t}
	if err := f.publish(m.p); err != nil {
		return nil, err
	}
	m.feeds = append(m.feeds, f)
	return f, nil
}

func (m *memory) Slot(kind sfu.Kind, with Line) (Line, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := &memoryLine{slot: sfu.Slot{Name: fmt.Sprint(len(m.lines)), Kind: kind, Codecs: sfu.AllCodecs}}
	if with != nil {
		l.with = with.(*memoryLine)
	}
	if err := l.open(m.p, m.transport); err != nil {
		return nil, err
	}
	m.lines = append(m.lines, l)
	return l, nil
}

func (m *memory) Reload() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drop()
	m.reloads++
	m.transport = fmt.Sprint(m.transport, "'")
	if err := m.p.Attach(m.transport); err != nil {
		return err
	}
	for _, f := range m.feeds {
		f.track.Clock = m.transport
		if err := f.publish(m.p); err != nil {
			return err
		}
	}
	for _, l := range m.lines {
		if err := l.open(m.p, m.transport); err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) Close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drop()
}

func (m *memory) drop() {
	for _, f := range m.feeds {
		f.pub.Detach(f.source)
	}
	for _, l := range m.lines {
		l.sub.Close()
	}
	m.p.Detach(m.transport)
}

// memoryFeed sends synthetic frames. Its source's fields belong to the loop.
type memoryFeed struct {
	kind   sfu.Kind
	track  sfu.Track
	pub    *sfu.Publication
	source *memorySource
}

// memorySource belongs to the loop but for asked.
type memorySource struct {
	asked   atomic.Int32
	wanted  bool
	revoked bool
	count   uint32
	seq     uint16
	ts      uint32
	into    []*sfu.Packet
}

func (s *memorySource) RequestKeyframe(int) { s.asked.Add(1); s.wanted = true }
func (s *memorySource) Revoked()            { s.revoked = true }

func (f *memoryFeed) publish(p *sfu.Participant) error {
	f.source = &memorySource{wanted: f.kind == sfu.Video, seq: uint16(memories.Add(7919)), ts: memories.Add(104729)}
	pub, err := p.Publish(f.track, f.source)
	if err == nil {
		f.pub = pub
	}
	return err
}

func (f *memoryFeed) Publication() *sfu.Publication { return f.pub }
func (f *memoryFeed) KeyframesAsked() int           { return int(f.source.asked.Load()) }

func (f *memoryFeed) Send() {
	s, pub := f.source, f.pub
	sender := pub.Participant()
	sender.Post(func() {
		s.into = pub.Reserve(0, 1, s.into[:0])
		if s.revoked || len(s.into) == 0 {
			return
		}
		p := s.into[0]
		p.Sequence, p.Timestamp, p.Marker, p.Arrival = s.seq, s.ts, true, sender.Loop().Now().UnixNano()
		p.Codec = sfu.Opus
		if f.kind == sfu.Video {
			p.Codec = sfu.VP8
		} else {
			p.Level, p.HasLevel = 20, true
		}
		p.Payload = append(p.Buf[:0], FramePayload(f.kind, s.wanted, pub.Number(), s.count)...)
		s.wanted = false
		pub.Commit(0, s.into)
		s.seq++
		s.count++
		s.ts += uint32(FrameInterval(f.kind).Milliseconds()) * p.Codec.ClockRate() / 1000
	})
}

// memoryLine keeps what a slot is sent.
type memoryLine struct {
	slot sfu.Slot
	with *memoryLine
	sub  *sfu.Subscription
	sink *memorySink
	all  []Received // of earlier sinks
}

func (l *memoryLine) open(p *sfu.Participant, transport string) error {
	if l.sink != nil {
		l.all = append(l.all, l.sink.take()...)
	}
	l.slot.Receiver = transport
	if l.with != nil {
		l.slot.With = l.with.sub
	}
	l.sink = &memorySink{sink: NewSink(p.Loop())}
	var err error
	l.sub, err = p.Subscribe(l.slot, l.sink)
	return err
}

func (l *memoryLine) Subscription() *sfu.Subscription { return l.sub }
func (l *memoryLine) Stall(stalled bool)              { l.sink.stalled.Store(stalled) }
func (l *memoryLine) Packets() []Received             { return append(l.all, l.sink.take()...) }
