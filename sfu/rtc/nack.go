package rtc

// Limits of asking for lost packets again.
const (
	maxMissing    = 256             // more at a time than that is hopeless: a keyframe is asked for instead
	maxNackTries  = 10              //
	maxNackAge    = int64(1e9)      // nanoseconds
	minNackPause  = int64(20e6)     // between two requests for one packet
	firstRTTGuess = int64(100e6)    // before the first repair was timed
	maxLate       = uint16(1) << 12 // older than the newest by more: a restart, not reordering
)

// nackList keeps what is missing of one video stream and says what to ask for
// (RFC 4585 section 6.2.1). All times are nanoseconds on the loop's clock.
type nackList struct {
	started bool
	newest  uint16
	rtt     int64 // smoothed time from a request to its repair
	missing []missingPacket
}

type missingPacket struct {
	seq   uint16
	tries uint8
	since int64
	asked int64 // last request
}

// received takes the sequence number of a packet, repaired or not. It reports
// whether so much is missing that only a keyframe helps.
func (n *nackList) received(seq uint16, now int64) (hopeless bool) {
	if !n.started {
		n.started, n.newest, n.rtt = true, seq, firstRTTGuess
		return false
	}
	ahead := seq - n.newest
	switch {
	case ahead == 0:
		return false
	case ahead >= 1<<15: // late or repaired
		if -ahead > maxLate {
			n.restart(seq)
			return true
		}
		n.found(seq, now)
		return false
	}
	n.newest = seq
	if ahead == 1 {
		return false
	}
	if int(ahead)-1 > maxMissing-len(n.missing) {
		n.missing = n.missing[:0]
		return true
	}
	for lost := seq - ahead + 1; lost != seq; lost++ {
		n.missing = append(n.missing, missingPacket{seq: lost, since: now})
	}
	return false
}

// found crosses a packet off.
func (n *nackList) found(seq uint16, now int64) {
	for i := range n.missing {
		m := &n.missing[i]
		if m.seq != seq {
			continue
		}
		if m.tries == 1 { // of several requests it is not known which was answered
			n.rtt += (now - m.asked - n.rtt) / 8
		}
		n.missing = append(n.missing[:i], n.missing[i+1:]...)
		return
	}
}

// restart forgets everything: the stream begins anew at seq.
func (n *nackList) restart(seq uint16) {
	n.missing, n.newest = n.missing[:0], seq
}

// due appends to into what is to be asked for now, oldest first. What was asked
// for too often or is too old to be of use is given up.
func (n *nackList) due(now int64, into []uint16) []uint16 {
	if len(n.missing) == 0 {
		return into
	}
	pause := max(n.rtt*5/4, minNackPause)
	kept := n.missing[:0]
	for _, m := range n.missing {
		if m.tries >= maxNackTries || now-m.since > maxNackAge {
			continue
		}
		if m.tries == 0 || now-m.asked >= pause {
			m.tries++
			m.asked = now
			into = append(into, m.seq)
		}
		kept = append(kept, m)
	}
	n.missing = kept
	return into
}
