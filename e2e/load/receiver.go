package main

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"
)

// receiver is what a viewer got of one stream, decrypted.
type receiver struct {
	kind string

	mu      sync.Mutex
	seen    []uint64 // a bit for each counter
	highest uint32   // counter
	began   bool
	doubled int // counters that came more than once
	damaged int // payloads that are not whole
	delays  []delay
}

// delay is how long a packet was on the way.
type delay struct {
	counter uint32
	took    time.Duration
}

// watch makes the client receive, decrypt and check; the receivers are there
// before it is connected.
func (c *client) watch() (audio, video *receiver) {
	audio, video = &receiver{kind: "audio"}, &receiver{kind: "video"}
	c.pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		r := audio
		if track.Kind() == webrtc.RTPCodecTypeVideo {
			r = video
		}
		for {
			packet, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			at := time.Now().UnixNano()
			if kernel := c.arrivals.take(packet.SSRC, packet.SequenceNumber); kernel != 0 {
				at = kernel
			}
			r.take(packet.Payload, at)
		}
	})
	return audio, video
}

func (r *receiver) take(payload []byte, at int64) {
	counter, sent, whole := unmark(payload, r.kind)
	r.mu.Lock()
	defer r.mu.Unlock()
	if !whole {
		r.damaged++
		return
	}
	word, bit := int(counter/64), uint64(1)<<(counter%64)
	for len(r.seen) <= word {
		r.seen = append(r.seen, 0)
	}
	if r.seen[word]&bit != 0 {
		r.doubled++
		return
	}
	r.seen[word] |= bit
	r.began, r.highest = true, max(r.highest, counter)
	r.delays = append(r.delays, delay{counter, time.Duration(at - sent)})
}

// started says whether anything has come.
func (r *receiver) started() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.began
}

// missing counts the packets of [from, to) that have not come.
func (r *receiver) missing(from, to uint32) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for counter := from; counter != to; counter++ {
		if word := int(counter / 64); word >= len(r.seen) || r.seen[word]&(1<<(counter%64)) == 0 {
			n++
		}
	}
	return n
}

// first is the lowest counter from that one on that has come, if any has.
func (r *receiver) first(from uint32) (counter uint32, found bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for counter := from; counter <= r.highest; counter++ {
		if r.seen[counter/64]&(1<<(counter%64)) != 0 {
			return counter, true
		}
	}
	return 0, false
}

// takeDelays returns the delays of [from, to) and forgets all there are.
func (r *receiver) takeDelays(from, to uint32) []delay {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := slices.DeleteFunc(r.delays, func(d delay) bool { return d.counter < from || d.counter >= to })
	r.delays = nil
	return list
}

// sound is an error if something came that was not sent so.
func (r *receiver) sound() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.damaged > 0 || r.doubled > 0 {
		return fmt.Errorf("a viewer got %d damaged and %d repeated packets of the %s", r.damaged, r.doubled, r.kind)
	}
	return nil
}
