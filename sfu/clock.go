package sfu

import "time"

const (
	// peerClockSlew is by how much the offset of a publisher's clock may move:
	// nanoseconds in a nanosecond are 1 to this, 5 ms a second.
	peerClockSlew = 200
	// peerClockWindow is over how long the quickest report counts.
	peerClockWindow = 30 * time.Second
	// peerClockSet is from what difference on a publisher's clock counts as
	// having been set anew.
	peerClockSet = 10 * time.Second
)

// peerClock relates the clock of one publisher's transport to the server's. It
// is shared by everything that the transport publishes, so that sound and
// picture of one publisher stay together. The offset that it finds contains the
// shortest way of a report through the network. The zero value is ready; it
// belongs to the loop.
type peerClock struct {
	known  bool
	offset int64 // the server's time less the publisher's, nanoseconds
	at     int64 // of the last sample
	least  slidingMin
}

// sample takes a report that left at ntp and came at arrival, both in
// nanoseconds on the clocks of their sides.
func (c *peerClock) sample(ntp, arrival int64) {
	seen := arrival - ntp
	if off := seen - c.offset; !c.known || off > int64(peerClockSet) || off < -int64(peerClockSet) {
		*c = peerClock{known: true, offset: seen, at: arrival}
		c.least.add(seen, arrival, int64(peerClockWindow))
		return
	}
	step := max(arrival-c.at, 0) / peerClockSlew
	c.at = max(c.at, arrival)
	least := c.least.add(seen, arrival, int64(peerClockWindow))
	c.offset += min(max(least-c.offset, -step), step)
}

const (
	// arrivalWindow is over how long the quickest packet of an encoding counts.
	arrivalWindow = 5 * time.Second
	// clockNews is from what change on a mapping is worth telling.
	clockNews = 5 * time.Millisecond
	// A mapping by reports is believed only if by it packets arrive at most this
	// much before, or this long after, they were captured.
	believeBefore = 100 * time.Millisecond
	believeAfter  = 5 * time.Second
	// clockBack is how far a timestamp must lie before the newest to count as
	// that of another clock instead of late.
	clockBack = 10 * time.Second
	// reportStep is from what difference on a report starts a mapping anew
	// instead of bending it.
	reportStep = 500 * time.Millisecond
)

// encodingClock relates the RTP timestamps of one encoding to the server's
// clock: by the arrival of packets at first, by the publisher's reports as soon
// as there are some.
type encodingClock struct {
	rate    int64 // Hz
	peer    *peerClock
	started bool
	newest  int64      // timestamp, extended to 64 bits
	least   slidingMin // of arrival less media time
	told    int64      // the least of arrivals when version last changed

	reported bool
	report   int64 // the publisher's time less media time

	version uint32 // changes when the mapping may have become better
}

func newEncodingClock(kind Kind, peer *peerClock) encodingClock {
	if peer == nil {
		peer = new(peerClock)
	}
	rate := VP8.ClockRate()
	if kind == Audio {
		rate = Opus.ClockRate()
	}
	return encodingClock{rate: int64(rate), peer: peer}
}

// extend gives rtp the upper bits of the newest timestamp near it.
func (c *encodingClock) extend(rtp uint32) int64 {
	return c.newest + int64(int32(rtp-uint32(c.newest)))
}

// media is the time in nanoseconds that an extended timestamp counts.
func (c *encodingClock) media(ext int64) int64 {
	return ext/c.rate*int64(time.Second) + ext%c.rate*int64(time.Second)/c.rate
}

// ticks is the inverse of media.
func (c *encodingClock) ticks(d int64) int64 {
	return d/int64(time.Second)*c.rate + d%int64(time.Second)*c.rate/int64(time.Second)
}

// arrived takes a packet's timestamp and arrival.
func (c *encodingClock) arrived(rtp uint32, at int64) {
	if !c.started {
		c.started = true
		c.newest = 1<<32 + int64(rtp)
	}
	ext := c.extend(rtp)
	if ext < c.newest {
		if c.newest-ext < c.ticks(int64(clockBack)) {
			return // late: it says nothing about the quickest way
		}
		c.least, c.reported = slidingMin{}, false
	}
	c.newest = ext
	least := c.least.add(at-c.media(ext), at, int64(arrivalWindow))
	if d := least - c.told; d > int64(clockNews) || d < -int64(clockNews) {
		c.told = least
		c.version++
	}
}

// senderReport takes a report: rtp was captured at ntp on the publisher's
// clock, the report came at arrival (Unix nanoseconds).
func (c *encodingClock) senderReport(ntp, arrival int64, rtp uint32) {
	if !c.started {
		return // what rtp is near to isn't known yet
	}
	c.peer.sample(ntp, arrival)
	seen := ntp - c.media(c.extend(rtp))
	if d := seen - c.report; c.reported && d < int64(reportStep) && d > -int64(reportStep) {
		c.report += d / 8
	} else {
		c.report = seen
		c.reported = true
	}
	c.version++
}

// offset is the server's time less media time.
func (c *encodingClock) offset() int64 {
	byArrival := c.least.value()
	if !c.reported || !c.peer.known {
		return byArrival
	}
	byReport := c.report + c.peer.offset
	if d := byReport - byArrival; d > int64(believeBefore) || d < -int64(believeAfter) {
		return byArrival
	}
	return byReport
}

// capture is when rtp was captured, in Unix nanoseconds on the server's clock.
func (c *encodingClock) capture(rtp uint32) int64 {
	return c.media(c.extend(rtp)) + c.offset()
}

// slidingMin is the least of the samples of the last one to two windows.
type slidingMin struct {
	used              bool
	previous, current int64
	until             int64
}

// add takes a sample and returns the least.
func (m *slidingMin) add(v, now, window int64) int64 {
	switch {
	case !m.used || now >= m.until+window:
		*m = slidingMin{used: true, previous: v, current: v, until: now + window}
	case now >= m.until:
		m.previous, m.current = m.current, v
		m.until += window
	default:
		m.current = min(m.current, v)
	}
	return m.value()
}

func (m *slidingMin) value() int64 { return min(m.previous, m.current) }
