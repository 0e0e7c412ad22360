package sfu

import (
	"math/rand/v2"
	"time"
)

const (
	// longestPause bounds a step of the slot's timestamps, so that a receiver
	// does not take it for one backwards.
	longestPause = time.Hour
	// longestDelay is how long before its arrival a packet may have been
	// captured.
	longestDelay = 10 * time.Second
)

// begin switches to e at p, from which a decoder can start, and sends what the
// history holds after it: p may have been repaired later than those.
func (f *forwarder) begin(e *encoding, p *Packet) {
	f.flush() // nothing of before comes after the announcement
	stamp := f.nextTimestamp(e, p)
	f.limit.keyframe()
	// Each packet that may still come can use up a picture id and so on.
	after := 1 + uint16(max(f.sent.next-f.known, 0))
	s := f.spans.push()
	*s = span{
		source:    e,
		from:      p.ext,
		to:        p.ext,
		out:       f.sent.next,
		number:    f.pendingNumber,
		timestamp: stamp - p.Timestamp,
		picture:   f.picture + after - p.facts.PictureID,
		tl0:       f.tl0 + uint8(min(after, 16)) - p.facts.TL0,
		frame:     f.frame + after - p.facts.FrameNumber,
		spatial:   f.limit.spatial,
		temporal:  f.limit.temporal,
	}
	f.current, f.since, f.number, f.flowing = e, e.since, f.pendingNumber, true
	f.pending = nil
	f.hasSkipped = false
	if f.onSwitch != nil {
		f.onSwitch(f.number, stamp)
	}
	f.clockVersion, f.clockOffset = e.clock.version, e.clock.offset()
	f.sink.Clock(stamp, time.Unix(0, e.clock.capture(p.Timestamp)))
	for ext := p.ext; ext <= e.highest; ext++ {
		if q := e.history.at(ext); q != nil {
			f.advance(q)
		}
	}
}

// nextTimestamp is that of p, the first packet after a switch: as much after
// the newest one sent as p was captured after it, and never not after it.
func (f *forwarder) nextTimestamp(e *encoding, p *Packet) uint32 {
	if !f.begun {
		return rand.Uint32()
	}
	if e == f.current && e.since == f.since {
		// The same source goes on: its own clock is exact.
		if ts := f.timestamp + p.Timestamp - f.original; int32(ts-f.timestamp) > 0 {
			return ts
		}
	}
	step := min(e.clock.capture(p.Timestamp)-f.captured, int64(longestPause))
	return f.timestamp + uint32(max(e.clock.ticks(step), int64(f.duration), 1))
}

// keepTime remembers when the newest packet was captured, and tells the sink
// when the current source's clock has been learnt better.
func (f *forwarder) keepTime(now int64) {
	c := &f.current.clock
	f.captured = max(c.capture(f.original), now-int64(longestDelay))
	if c.version == f.clockVersion {
		return
	}
	f.clockVersion = c.version
	offset := c.offset()
	if d := offset - f.clockOffset; d > int64(clockNews) || d < -int64(clockNews) {
		f.clockOffset = offset
		f.sink.Clock(f.timestamp, time.Unix(0, f.captured))
	}
}
