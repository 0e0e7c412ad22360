package sfu

import "slices"

// feed is the packet path's half of a publication: what arrives, and who gets
// it. All of it belongs to the loop.
type feed struct {
	seat      *seat  // its publisher's
	source    Source // nil: its transport is gone
	kind      Kind
	from      TrackSource
	muted     bool
	trackID   string
	clock     *peerClock
	clockName string

	encodings []*encoding
	described []Encoding          // as the publisher announces them now, by index of encodings
	keyframes []keyframeRequester // by index of encodings
	sent      []sentEncoding      // what there is to choose from, smallest first
	measured  []sentEncoding      // scratch of measure

	subscribers []*Subscription // whose slots carry this publication or are about to

	voice     voice // audio only: how loud it is
	ranked    int   // the ranking that has it, of its board
	announced Codec // as everyone was told
	republish republishRequest
}

// start makes src the feed's source.
func (f *feed) start(t Track, src Source) {
	if f.source != nil && f.source != src {
		f.source.Revoked()
	}
	again := f.source == src && slices.EqualFunc(f.described, t.Encodings, func(a, b Encoding) bool { return a.RID == b.RID })
	f.source, f.kind, f.from, f.muted, f.described, f.trackID = src, t.Kind, t.Source, t.Muted, t.Encodings, t.ID
	if again {
		return
	}
	cfg := f.seat.board.cfg
	f.clockName, f.clock = t.Clock, f.seat.clock(f, t.Clock)
	history := cfg.VideoHistory
	if t.Kind == Audio {
		history = cfg.AudioHistory
	}
	for len(f.encodings) < len(t.Encodings) {
		f.encodings = append(f.encodings, newEncoding(len(f.encodings), t.Kind, history, f.clock))
		f.keyframes = append(f.keyframes, keyframeRequester{})
	}
	// Encodings that are no longer announced stay, silent: an index is for ever.
	for _, e := range f.encodings {
		e.reset(f.clock)
	}
	f.measure(f.seat.board.loop.Now().UnixNano())
}

// end frees what the feed holds: slots that carried it may remember its
// encodings for long.
func (f *feed) end() {
	if f.source != nil {
		f.source.Revoked()
		f.source = nil
	}
	for _, e := range f.encodings {
		e.history, e.accepted = newHistory(0), nil
	}
	f.encodings, f.keyframes, f.sent, f.measured = nil, nil, nil, nil
}

// commit forwards packets of an encoding that were received together.
func (f *feed) commit(index int, packets []*Packet) {
	e := f.encodings[index]
	board := f.seat.board
	now := board.loop.Now().UnixNano()
	live, codec := e.live(now), e.codec
	e.history.expire(now - int64(board.cfg.History))
	accepted := e.commit(packets, now)
	if len(accepted) == 0 {
		return
	}
	board.counters.received.Add(uint64(len(accepted)))
	if !live || e.codec != codec {
		f.measure(now)
		f.retarget() // before a slot gets what it can't decode
	}
	if f.muted {
		return
	}
	if f.kind == Audio {
		f.voice.hear(accepted)
	} else {
		f.keyframes[index].came(accepted)
	}
	for _, s := range f.subscribers {
		s.forwarder.forward(e, accepted, now)
		if waitsFor, ok := s.forwarder.waiting(); ok && waitsFor == e {
			f.wantKeyframe(index)
		}
	}
}

// expire lets go of what encodings hold that are not sent any more.
func (f *feed) expire(now int64) {
	for _, e := range f.encodings {
		if !e.live(now) {
			e.history.expire(now - int64(f.seat.board.cfg.History))
			e.history.spare = nil
		}
	}
}

// add makes a slot a subscriber.
func (f *feed) add(s *Subscription) { f.subscribers = append(f.subscribers, s) }

// drop takes a slot off the subscribers, whose order means nothing.
func (f *feed) drop(s *Subscription) {
	if i := slices.Index(f.subscribers, s); i >= 0 {
		last := len(f.subscribers) - 1
		f.subscribers[i] = f.subscribers[last]
		f.subscribers[last] = nil
		f.subscribers = f.subscribers[:last]
	}
}

// announceCodec tells everyone when the codec of a publication has turned out
// or changed. On the loop.
func (pub *Publication) announceCodec() {
	f := &pub.feed
	if len(f.sent) == 0 || f.sent[0].codec == f.announced {
		return
	}
	f.announced = f.sent[0].codec
	p := pub.participant
	r := p.lockRoom()
	defer r.mu.Unlock()
	if p.left == "" && !pub.ended {
		pub.codec = f.announced
		r.tellUpdated(p)
	}
}
