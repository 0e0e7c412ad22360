package rtc

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"switchyard/sfu"
	"switchyard/sfu/sfutest"
)

// TestConformance runs the suite of all kinds of participants for one that
// comes over WebRTC, with a stock pion client at its other end.
func TestConformance(t *testing.T) { conform(t, 1, sfu.Audio, sfu.Video) }

// TestConformanceShards is the same with rooms on several shards, so that those
// who move go from loop to loop, and half of all packets come by a socket that
// is not their room's.
func TestConformanceShards(t *testing.T) { conform(t, 3, sfu.Video) }

func conform(t *testing.T, shards int, kinds ...sfu.Kind) {
	publishes, receives := kinds, kinds
	if testing.Short() { // the quick subset: it mostly sleeps, on real sockets
		publishes, receives = []sfu.Kind{sfu.Video}, nil
	}
	var h *house
	sfutest.Kind{
		SFU: func(t *testing.T) *sfu.SFU {
			h = newHouse(t, func(c *Config) { c.Shards = shards })
			return h.sfu
		},
		Member: func(t *testing.T, p *sfu.Participant) sfutest.Member {
			m := &member{h: h, p: p}
			m.connect()
			return m
		},
		Pass:      func(d time.Duration) { time.Sleep(d / 4) },
		Publishes: publishes,
		Receives:  receives,
	}.Conformance(t)
}

// member is a participant with a peer of ours and a client of pion's.
type member struct {
	h     *house
	p     *sfu.Participant
	c     *client
	feeds []*feed
	lines []*receivingLine
	names int
}

func (m *member) connect() {
	m.names++
	peer, err := m.h.server.NewPeer(m.p, PeerOptions{Name: fmt.Sprintf("%s-%d-%p", m.p.ID(), m.names, m)})
	if err != nil {
		m.h.Fatal(err)
	}
	m.c = newClient(m.h, m.p, peer, clientOptions{tap: &tap{rtcpIn: m.asked}})
}

// asked counts the keyframe requests of each feed.
func (m *member) asked(packets []rtcp.Packet) {
	for _, packet := range packets {
		pli, ok := packet.(*rtcp.PictureLossIndication)
		if !ok {
			continue
		}
		for _, f := range m.feeds {
			if f.ssrc.Load() == pli.MediaSSRC {
				f.keys.Add(1)
				f.wanted.Store(true)
			}
		}
	}
}

func (m *member) Participant() *sfu.Participant { return m.p }

func (m *member) Publish(t sfu.Track) (sfutest.Feed, error) {
	f := &feed{track: t, kind: t.Kind}
	f.open(m)
	m.feeds = append(m.feeds, f)
	m.offer()
	return f, nil
}

func (m *member) Slot(kind sfu.Kind, _ sfutest.Line) (sfutest.Line, error) {
	l := &receivingLine{kind: kind}
	l.open(m)
	m.lines = append(m.lines, l)
	m.offer()
	return l, nil
}

// offer negotiates what there is now, and waits until it is connected.
func (m *member) offer() {
	var tracks []TrackOffer
	for i, tr := range m.c.pc.GetTransceivers() {
		mid := fmt.Sprint(i)
		for _, f := range m.feeds {
			if f.tr == tr {
				f.mid = mid
				tracks = append(tracks, TrackOffer{mid, f.track})
			}
		}
		for _, l := range m.lines {
			if l.tr == tr {
				l.mid = mid
			}
		}
	}
	answer := m.c.offer(tracks...)
	for _, f := range m.feeds {
		for _, p := range answer.Publications {
			if p.Mid == f.mid {
				f.pub.Store(p.Publication)
			}
		}
		f.ssrc.Store(uint32(f.tr.Sender().GetParameters().Encodings[0].SSRC))
	}
	for _, l := range m.lines {
		for _, s := range answer.Slots {
			if s.Mid == l.mid {
				l.sub.Store(s.Subscription)
			}
		}
	}
	m.c.connected()
}

func (m *member) Reload() error {
	old := m.c
	m.connect()
	for _, f := range m.feeds {
		f.open(m)
	}
	for _, l := range m.lines {
		l.keep()
		l.open(m)
	}
	m.offer()
	old.peer.Close()
	return old.pc.GracefulClose()
}

func (m *member) Close() {
	m.c.peer.Close()
	m.c.pc.GracefulClose()
}

// feed is a sending line.
type feed struct {
	track  sfu.Track
	kind   sfu.Kind
	local  *webrtc.TrackLocalStaticRTP
	tr     *webrtc.RTPTransceiver
	mid    string
	pub    atomic.Pointer[sfu.Publication]
	ssrc   atomic.Uint32
	keys   atomic.Int32
	wanted atomic.Bool
	count  uint32
	seq    uint16
	ts     uint32
}

func (f *feed) open(m *member) {
	mime := webrtc.MimeTypeOpus
	if f.kind == sfu.Video {
		mime = webrtc.MimeTypeVP8
	}
	f.local, f.tr = m.c.send(mime)
	f.wanted.Store(f.kind == sfu.Video)
	f.seq, f.ts = f.seq+7919, f.ts+104729
}

func (f *feed) Publication() *sfu.Publication { return f.pub.Load() }
func (f *feed) KeyframesAsked() int           { return int(f.keys.Load()) }

func (f *feed) Send() {
	f.count++
	f.seq++
	f.ts += uint32(sfutest.FrameInterval(f.kind).Seconds() * 48000)
	key := f.wanted.Swap(false)
	f.local.WriteRTP(&rtp.Packet{
		Header:  rtp.Header{Version: 2, SequenceNumber: f.seq, Timestamp: f.ts, Marker: true},
		Payload: sfutest.FramePayload(f.kind, key, f.Publication().Number(), f.count),
	})
}

// receivingLine is a slot with what its client received.
type receivingLine struct {
	kind    sfu.Kind
	tr      *webrtc.RTPTransceiver
	mid     string
	sub     atomic.Pointer[sfu.Subscription]
	mu      sync.Mutex
	c       *client
	before  []sfutest.Received // from connections before this one
	stalled bool
	from    int // packets of this connection before it was stalled
	skip    [][2]int
}

func (l *receivingLine) open(m *member) {
	l.mu.Lock()
	defer l.mu.Unlock()
	kind := webrtc.RTPCodecTypeAudio
	if l.kind == sfu.Video {
		kind = webrtc.RTPCodecTypeVideo
	}
	l.c, l.tr, l.skip = m.c, m.c.slots(kind)[0], nil
}

// keep remembers what came over the connection that ends.
func (l *receivingLine) keep() {
	all := l.Packets()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.before, l.c = all, nil
}

func (l *receivingLine) Subscription() *sfu.Subscription { return l.sub.Load() }

func (l *receivingLine) Packets() []sfutest.Received {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := append([]sfutest.Received(nil), l.before...)
	if l.c == nil {
		return list
	}
	r := l.c.got(l.mid)
	end := len(r.packets)
	if l.stalled {
		end = l.from
	}
next:
	for i := range end {
		for _, s := range l.skip {
			if i >= s[0] && i < s[1] {
				continue next
			}
		}
		p := &r.packets[i]
		received := sfutest.Received{Sequence: p.SequenceNumber, Timestamp: p.Timestamp, Marker: p.Marker, Payload: r.payloads[i], Codec: sfu.Opus}
		if l.kind == sfu.Video {
			received.Codec = sfu.VP8
		}
		if len(p.CSRC) == 1 {
			received.CSRC = p.CSRC[0]
		}
		list = append(list, received)
	}
	return list
}

// Stall makes as if what comes were not taken.
func (l *receivingLine) Stall(stalled bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.c.got(l.mid).packets)
	if stalled {
		l.from = n
	} else if l.stalled {
		l.skip = append(l.skip, [2]int{l.from, n})
	}
	l.stalled = stalled
}
