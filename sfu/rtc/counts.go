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
	forgedCheck    atomic.Uint64 // STUN that was not made with the password
	controlFull    atomic.Uint64 // DTLS that found its queue full, or an address too many
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

	// Between shards.
	handed     atomic.Uint64 // packets that the kernel gave to another shard's socket
	handedFull atomic.Uint64 // of these, those that found no space
	lent       atomic.Uint64 // packets that another shard was to seal
	lentFull   atomic.Uint64 // of these, those that found no space
	lentLate   atomic.Uint64 // or waited too long
	lentPeers  atomic.Int64  // peers for whom another shard seals now

	mediaFromPion atomic.Uint64 // refused by the guard
	retransmitted atomic.Uint64 // sent again
	recovered     atomic.Uint64 // got again
	delivered     atomic.Uint64 // by transport-wide feedback
	lost          atomic.Uint64 // likewise
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

func (c *counts) out(k traffic, n int) {
	c.packetsOut[k].Add(1)
	c.bytesOut[k].Add(uint64(n))
}

// traffics are what one pass of a shard adds to the counts.
type traffics struct {
	packetsIn, bytesIn   [trafficKinds]uint64
	packetsOut, bytesOut [trafficKinds]uint64
	handed, lent         uint64
}

func (t *traffics) in(k traffic, n int) {
	t.packetsIn[k]++
	t.bytesIn[k] += uint64(n)
}

func (t *traffics) out(k traffic, n int) {
	t.packetsOut[k]++
	t.bytesOut[k] += uint64(n)
}

// tell adds what was counted to c and begins anew.
func (t *traffics) tell(c *counts) {
	if *t == (traffics{}) {
		return
	}
	for k := range trafficKinds {
		add(&c.packetsIn[k], t.packetsIn[k])
		add(&c.bytesIn[k], t.bytesIn[k])
		add(&c.packetsOut[k], t.packetsOut[k])
		add(&c.bytesOut[k], t.bytesOut[k])
	}
	add(&c.handed, t.handed)
	add(&c.lent, t.lent)
	*t = traffics{}
}

func add(to *atomic.Uint64, n uint64) {
	if n > 0 {
		to.Add(n)
	}
}
