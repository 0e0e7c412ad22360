package sfu

import (
	"slices"
	"time"
)

const (
	// republishLook is how often a publication's codec is held against what the
	// room can decode, at most.
	republishLook = 500 * time.Millisecond
	// A publisher that stays with its codec is asked again after republishFirst,
	// then after twice as long each time, up to republishLast.
	republishFirst = 3 * time.Second
	republishLast  = time.Minute
)

// republishRequest is what the publisher of a feed was asked for last.
type republishRequest struct {
	looked time.Time
	codec  Codec
	until  time.Time // it is not asked for the same again
	wait   time.Duration
}

// askRepublish asks a publisher for a codec that everybody can decode, if there
// is one that it does not send already. On the loop.
func (pub *Publication) askRepublish() {
	f := &pub.feed
	now := f.seat.board.loop.Now()
	r := &f.republish
	if now.Sub(r.looked) < republishLook {
		return
	}
	r.looked = now
	codec := pub.participant.room.Load().Codecs(f.kind)[0]
	if !slices.ContainsFunc(f.sent, func(e sentEncoding) bool { return e.codec != codec }) {
		return
	}
	switch {
	case codec != r.codec:
		r.wait = republishFirst
	case now.Before(r.until):
		return
	default:
		r.wait = min(2*r.wait, republishLast)
	}
	r.codec, r.until = codec, now.Add(r.wait)
	pub.participant.tell(Republish{Publication: pub.id, Track: f.trackID, Codec: codec})
}
