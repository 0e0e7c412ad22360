package main

import (
	"slices"
	"sync"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// checker is the viewer that decrypts and checks every packet.
type checker struct {
	stamps stamps

	mu     sync.Mutex
	from   uint64 // the index of the first packet that counts
	report checked
	next   uint64
	delays []time.Duration
}

// checked is what a checker saw.
type checked struct {
	good    uint64 // packets that were whole
	gaps    uint64 // packets that were not there when a later one came
	late    uint64 // packets that came after a later one, or twice
	damaged uint64
	p50     time.Duration // from the publisher to the viewer's socket
	p99     time.Duration
}

// begin forgets what was; packets from this index on count.
func (c *checker) begin(index uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.from, c.next, c.report, c.delays = index, index, checked{}, c.delays[:0]
}

// end tells what was seen since begin. It waits for packets that are between
// the viewer's socket and here.
func (c *checker) end(packets uint64) checked {
	const polls = 300
	for seen, still := uint64(0), 0; still < polls; still++ {
		c.mu.Lock()
		now := c.report.good + c.report.damaged
		c.mu.Unlock()
		if now >= packets {
			break
		}
		if now != seen {
			seen, still = now, 0
		}
		pause(time.Millisecond)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	slices.Sort(c.delays)
	if n := len(c.delays); n > 0 {
		c.report.p50, c.report.p99 = c.delays[n/2], c.delays[n*99/100]
	}
	return c.report
}

// read is the OnTrack of the viewer.
func (c *checker) read(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	go func() {
		for {
			if _, _, err := receiver.ReadRTCP(); err != nil {
				return
			}
		}
	}()
	var packet rtp.Packet
	b := make([]byte, 2048)
	for {
		n, _, err := track.Read(b)
		if err != nil {
			return
		}
		if packet.Unmarshal(b[:n]) != nil {
			continue
		}
		c.take(packet.SequenceNumber, packet.Payload)
	}
}

func (c *checker) take(sequence uint16, payload []byte) {
	index, sent, err := readRecord(payload)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err != nil:
		c.report.damaged++
		return
	case index < c.from:
		return
	case index < c.next:
		c.report.late++
		return
	}
	c.report.good++
	c.report.gaps += index - c.next
	c.next = index + 1
	if at := c.stamps.of(sequence); !at.IsZero() {
		c.delays = append(c.delays, at.Sub(sent))
	}
}
