package rtc

import "sync/atomic"

// counts are what happened to packets, summed for all peers. The loop adds, a
// scrape of the metrics reads.
type counts struct {
	packetsIn, bytesIn   [trafficKinds]atomic.Uint64
	packetsOut, bytesOut [trafficKinds]atomic.Uint64

	// Packets that came and were dropped.
	garbage        atomic.Uint64 // no protocol of ours
	unknownAddress atomic.Uint64 // DTLS or media from an address without a peer
	unknownUfrag   atomic.Uint64 // STUN for nobody
	controlFull    atomic.Uint64 // STUN or DTLS that found its queue full
	beforeKeys     atomic.Uint64 // media before DTLS was done, beyond what is held
	malformed      atomic.Uint64 // media whose header or payload is impossible
	forged         atomic.Uint64 // media that did not authenticate
	replayed       atomic.Uint64
	unmapped       atomic.Uint64 // authentic, but of no line
	tooManyStreams atomic.Uint64
	revoked        atomic.Uint64 // of a publication that this peer no longer feeds

	// Packets that were to be sent and were dropped.
	noPath    atomic.Uint64 // before ICE and DTLS are up
	sendFull  atomic.Uint64 // the kernel or a TCP queue took no more
	noPayload atomic.Uint64 // a codec that the line has not
	twice     atomic.Uint64 // a sequence number that was used already: a fault of ours

	mediaFromPion atomic.Uint64 // refused by the guard
	retransmitted atomic.Uint64 // sent again
	recovered     atomic.Uint64 // got again
	nacksSent     atomic.Uint64 // packets asked for
	nacksReceived atomic.Uint64 // NACK messages
	plisSent      atomic.Uint64
	plisReceived  atomic.Uint64
	faults        atomic.Uint64 // panics that ended a peer
}

// traffic is a kind of packets in the metrics.
type traffic uint8

const (
	trafficAudio traffic = iota
	trafficVideo
	trafficRTCP
	trafficControl // STUN and DTLS
	trafficKinds
)

var trafficNames = [trafficKinds]string{"audio", "video", "rtcp", "control"}

func (c *counts) in(k traffic, n int) {
	c.packetsIn[k].Add(1)
	c.bytesIn[k].Add(uint64(n))
}

func (c *counts) out(k traffic, n int) {
	c.packetsOut[k].Add(1)
	c.bytesOut[k].Add(uint64(n))
}
