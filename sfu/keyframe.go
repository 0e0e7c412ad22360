package sfu

import (
	"slices"
	"time"

	"switchyard/internal/payload"
)

// keyframeRequester merges requests for one encoding's keyframes and keeps
// them apart.
type keyframeRequester struct {
	last      time.Time
	scheduled bool   // a look at what is wanted by then is due an interval after last
	cancel    func() // of that
	wanted    bool   // asked for since, and none has come
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
func (f *feed) wantKeyframe(index int) {
	if f.source == nil || index >= len(f.described) {
		return
	}
	k := &f.keyframes[index]
	if k.scheduled {
		k.wanted = true
		return
	}
	b := f.seat.board
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
	k.cancel = b.loop.After(interval-since, func() { f.keyframeDue(index) })
}

// stopTimers is for a feed that leaves its loop.
func (f *feed) stopTimers() {
	for i := range f.keyframes {
		if k := &f.keyframes[i]; k.scheduled {
			k.cancel()
			k.scheduled = false
		}
	}
}

func (f *feed) keyframeDue(index int) {
	if index >= len(f.keyframes) {
		return // the publication has ended
	}
	k := &f.keyframes[index]
	k.scheduled = false
	if k.wanted || f.someoneWaits(index) {
		f.wantKeyframe(index)
	}
}

func (f *feed) someoneWaits(index int) bool {
	return slices.ContainsFunc(f.subscribers, func(s *Subscription) bool {
		waitsFor, ok := s.forwarder.waiting()
		return ok && waitsFor == f.encodings[index]
	})
}
