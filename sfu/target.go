package sfu

import (
	"cmp"
	"slices"
)

// A target is what a subscription is sent: an encoding, and the highest layers
// inside it.

// enough is how much of the pixels that a receiver asks for an encoding must
// have: scaling up by a few per cent is not seen, the next encoding costs
// several times the bits.
const enough = 0.75

// enoughFrames is the same for the pictures of a second, which are counted with
// a tenth of a second's error.
const enoughFrames = 0.85

// sentEncoding is an encoding that is being sent, as it was when last measured.
type sentEncoding struct {
	index             int
	codec             Codec
	width, height     int // 0 if unknown
	spatial, temporal int8
}

func (e *sentEncoding) pixels() int { return e.width * e.height }

// measure looks at which encodings are being sent and how large they are, and
// reports whether that has changed. One that fell silent while others go on is
// not sent any more; if all are silent the picture stands still.
func (f *feed) measure(now int64) (changed bool) {
	newest := int64(0)
	for _, e := range f.encodings {
		newest = max(newest, e.arrived)
	}
	list := f.measured[:0]
	for i, e := range f.encodings {
		if !e.live(newest) {
			continue
		}
		sent := sentEncoding{index: i, codec: e.codec}
		sent.width, sent.height = f.size(i)
		sent.spatial, sent.temporal = e.layers()
		list = append(list, sent)
	}
	if len(list) > 1 {
		slices.SortStableFunc(list, func(a, b sentEncoding) int {
			if a.pixels() != b.pixels() && a.pixels() > 0 && b.pixels() > 0 {
				return cmp.Compare(a.pixels(), b.pixels())
			}
			return cmp.Compare(f.encodings[a.index].bitrate(now), f.encodings[b.index].bitrate(now))
		})
	}
	f.sent, f.measured = list, f.sent
	return !slices.Equal(f.sent, f.measured)
}

// size of an encoding's picture: what the stream says, else what was announced.
func (f *feed) size(index int) (w, h int) {
	if w, h = f.encodings[index].size(); w > 0 {
		return w, h
	}
	if index < len(f.described) {
		return f.described[index].Width, f.described[index].Height
	}
	return 0, 0
}

// choose finds the place in f.sent of the smallest encoding that has the pixels
// that are wanted in a codec that is understood, or else of the largest one; -1
// if there is none.
func (f *feed) choose(d Demand, codecs CodecSet) int {
	best := -1
	want := float64(d.Width) * float64(d.Height) * enough
	for i := range f.sent {
		e := &f.sent[i]
		if !codecs.Has(e.codec) {
			continue
		}
		best = i
		if e.pixels() > 0 && float64(e.pixels()) >= want {
			break
		}
	}
	return best
}

// layers finds the lowest layers of an encoding that have the pixels and frames
// that are wanted.
func (f *feed) layers(sent *sentEncoding, d Demand, now int64) (spatial, temporal int8) {
	spatial, temporal = anyLayer, anyLayer
	want := float64(d.Width) * float64(d.Height) * enough
	for s := int8(0); s < sent.spatial; s++ {
		// Each spatial layer has four times the pixels of the one below.
		if pixels := float64(sent.pixels()) / float64(int(1)<<(2*(sent.spatial-s))); pixels > 0 && pixels >= want {
			spatial = s
			break
		}
	}
	for t := int8(0); d.FPS > 0 && t < sent.temporal; t++ {
		if float64(f.encodings[sent.index].fps(now, t)) >= enoughFrames*float64(d.FPS) {
			temporal = t
			break
		}
	}
	return spatial, temporal
}

// retarget chooses the targets of those who receive the publication.
func (f *feed) retarget() {
	now := f.seat.board.loop.Now().UnixNano()
	for _, s := range f.subscribers {
		if st := &s.participant.seat; st.budget > 0 {
			st.allocate(now)
		} else {
			s.aim(now)
		}
	}
}

// aim points a slot at the encoding that its demand asks for, and tells what
// has changed.
func (s *Subscription) aim(now int64) {
	if s.pub == nil || s.paused() != NotPaused {
		s.rest()
		return
	}
	s.aimAt(s.pub.feed.choose(s.demand, s.slot.Codecs), now)
}

// aimAt points a slot at an encoding, by its place among those that are sent.
func (s *Subscription) aimAt(place int, now int64) {
	f := &s.pub.feed
	sent := &f.sent[place]
	s.encoding = f.encodings[sent.index]
	s.announce()
	s.forwarder.setLayers(f.layers(sent, s.demand, now))
	s.forwarder.carry(s.encoding, s.pub.number, false)
	if waitsFor, ok := s.forwarder.waiting(); ok {
		f.wantKeyframe(waitsFor.index)
	}
}

// rest lets nothing flow through a slot.
func (s *Subscription) rest() {
	s.encoding = nil
	s.announce()
	s.forwarder.carry(nil, 0, true)
	if s.announced.Paused == PausedCodec {
		s.pub.askRepublish()
	}
}
