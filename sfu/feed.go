package sfu

import (
	"slices"
	"time"

	"switchyard/internal/payload"
)

// feed is the packet path's half of a publication: what arrives, and who gets
// it. All of it belongs to the loop.
type feed struct {
	source    Source // nil: its transport is gone
	kind      Kind
	from      TrackSource
	encodings []*encoding
	described []Encoding // as the publisher announced them, by index of encodings
	keyframes []keyframeRequester
	muted     bool
	started   bool // packets have come from this source
	codec     Codec
	clock     *peerClock
	clockName string
	trackID   string

	subscribers []*Subscription // whose slots carry this publication or are about to

	voice voice // audio only: how loud it is

	lastLiveness   uint32    // of the encodings, when the board last looked
	askedRepublish time.Time // when the source was last asked for another codec
}

// start makes src the feed's source.
func (f *feed) start(pub *Publication, t Track, src Source) {
	if f.source != nil && f.source != src {
		f.source.Revoked()
	}
	again := f.source == src && slices.EqualFunc(f.described, t.Encodings, func(a, b Encoding) bool { return a.RID == b.RID })
	f.source, f.kind, f.from, f.muted, f.described, f.trackID = src, t.Kind, t.Source, t.Muted, t.Encodings, t.ID
	if again {
		return
	}
	room := pub.participant.room.Load()
	cfg := &room.sfu.cfg
	f.clockName = t.Clock
	f.clock = room.board.clockOf(pub)
	history := cfg.VideoHistory
	if t.Kind == Audio {
		history = cfg.AudioHistory
	}
	for len(f.encodings) < len(t.Encodings) {
		f.encodings = append(f.encodings, newEncoding(len(f.encodings), t.Kind, history, f.clock))
		f.keyframes = append(f.keyframes, keyframeRequester{})
	}
	// Encodings that are no longer announced stay, silent: an index is for ever.
	f.started = false
	for _, e := range f.encodings {
		e.reset(f.clock)
	}
}

// stop ends the feed with its publication.
func (f *feed) stop() {
	if f.source != nil {
		f.source.Revoked()
		f.source = nil
	}
}

func (f *feed) commit(pub *Publication, index int, packets []*Packet) {
	e := f.encodings[index]
	board := pub.participant.room.Load().board
	now := board.loop.Now()
	wasLive := f.started && e.live(now.UnixNano())
	accepted := e.commit(packets, now.UnixNano())
	if len(accepted) == 0 {
		return
	}
	f.started = true
	board.counters.received.Add(uint64(len(accepted)))
	if codec := accepted[0].Codec; codec != f.codec {
		f.codec = codec
		pub.announceCodec(codec)
		board.changed()
	}
	if f.muted {
		return
	}
	if f.kind == Audio {
		f.voice.hear(accepted)
	} else {
		f.keyframes[index].came(accepted)
	}
	if !wasLive {
		board.retargetPublication(pub)
	}
	for _, s := range f.subscribers {
		s.forwarder.forward(e, accepted, now.UnixNano())
		if waitsFor, ok := s.forwarder.waiting(); ok && waitsFor == e {
			f.wantKeyframe(board, index)
		}
	}
}

// announceCodec tells everyone which codec a publication turned out to have.
func (pub *Publication) announceCodec(codec Codec) {
	p := pub.participant
	r := p.lockRoom()
	defer r.mu.Unlock()
	if pub.codec == codec || p.left || pub.ended {
		return
	}
	pub.codec = codec
	r.tellUpdated(p)
}

// keyframeRequester merges requests for one encoding's keyframes and keeps
// them apart.
type keyframeRequester struct {
	last      time.Time
	scheduled bool // a look at what is wanted by then is due an interval after last
	wanted    bool // asked for since, and none has come
}

// came notes that what was wanted is here.
func (k *keyframeRequester) came(packets []*Packet) {
	for _, packet := range packets {
		if packet.facts.Flags.Has(payload.KeyframeStart) {
			k.wanted = false
		}
	}
}

// wantKeyframe asks the source for a keyframe now, or as soon as it may be
// asked again if a subscriber then still waits for one.
func (f *feed) wantKeyframe(b *board, index int) {
	k := &f.keyframes[index]
	if f.source == nil {
		return
	}
	if k.scheduled {
		k.wanted = true
		return
	}
	interval := b.cfg.KeyframeInterval
	now := b.loop.Now()
	since := now.Sub(k.last)
	if since >= interval {
		k.last, k.wanted = now, false
		b.counters.keyframeRequests.Add(1)
		f.source.RequestKeyframe(index)
		since = 0
	}
	k.scheduled = true
	b.loop.After(interval-since, func() {
		k := &f.keyframes[index]
		k.scheduled = false
		if k.wanted || f.someoneWaits(index) {
			f.wantKeyframe(b, index)
		}
	})
}

func (f *feed) someoneWaits(index int) bool {
	e := f.encodings[index]
	return slices.ContainsFunc(f.subscribers, func(s *Subscription) bool {
		waitsFor, ok := s.forwarder.waiting()
		return ok && waitsFor == e
	})
}

// liveness has a bit for each encoding that has packets.
func (f *feed) liveness(now int64) uint32 {
	var mask uint32
	for i, e := range f.encodings {
		if e.live(now) {
			mask |= 1 << i
		}
	}
	return mask
}
