package main

import (
	"errors"
	"fmt"
	"time"
)

const (
	warmUp   = 150 * time.Millisecond
	warmRate = 400 // packets a second, where the load has none of its own
)

// window measures one load for a time.
func (h *house) window(l load, length time.Duration) (s sample, err error) {
	rate, err := h.rate(l, length)
	if err != nil {
		return s, err
	}
	if err := h.warm(l, rate); err != nil {
		return s, err
	}
	before, err := h.server.call(request{Op: opCount})
	if err != nil {
		return s, err
	}
	h.reset()
	h.check.begin(h.next)
	cpu, err := cpuTime(h.server.clock)
	if err != nil {
		return s, err
	}
	begin := time.Now()
	sent, err := h.send(sendJob{Size: l.size, Burst: l.burst, Rate: rate, For: length})
	if err != nil {
		return s, err
	}
	elapsed, sofar := time.Since(begin).Seconds(), h.delivered()
	cpuSofar, err := cpuTime(h.server.clock)
	if err != nil {
		return s, err
	}
	came := h.settle()
	cpuAll, err := cpuTime(h.server.clock)
	if err != nil {
		return s, err
	}
	after, err := h.server.call(request{Op: opCount})
	if err != nil {
		return s, err
	}
	if came == 0 {
		return s, errors.New("nothing was delivered")
	}
	published, delivered := float64(sent.Packets), float64(came)
	s = sample{
		ns:       float64((cpuAll - cpu).Nanoseconds()) / delivered,
		allocs:   float64(after.Mallocs-before.Mallocs) / delivered,
		bytes:    float64(after.Bytes-before.Bytes) / delivered,
		pps:      float64(sofar) / elapsed,
		busy:     (cpuSofar - cpu).Seconds() / elapsed,
		delivery: delivered / published / float64(len(h.viewers)),
		checked:  h.check.end(sent.Packets),
		late:     float64(sent.Late) / published,
	}
	s.loss = 1 - float64(s.checked.good)/published
	if rate == 0 {
		h.peak = s.pps
	}
	return s, nil
}

// rate is how many packets a second the publisher sends; 0: as many as the
// server takes. Half of that needs to be known first.
func (h *house) rate(l load, length time.Duration) (float64, error) {
	if !l.half {
		return float64(l.rate) / float64(len(h.viewers)), nil
	}
	if h.peak == 0 {
		if _, err := h.window(load{size: l.size, burst: pictureLength}, length); err != nil {
			return 0, fmt.Errorf("find out what is half: %w", err)
		}
	}
	return h.peak / 2 / float64(len(h.viewers)), nil
}

// warm sends for a while, and until everybody is served: a slot begins at a
// keyframe that comes after its viewer.
func (h *house) warm(l load, rate float64) error {
	if rate == 0 {
		rate = warmRate
	}
	const tries = 40
	for try := 1; ; try++ {
		h.reset()
		if _, err := h.send(sendJob{Fresh: true, Size: l.size, Burst: l.burst, Rate: rate, For: warmUp}); err != nil {
			return err
		}
		h.settle()
		unserved := 0
		for _, v := range h.viewers {
			if v.delivered() == 0 {
				unserved++
			}
		}
		if unserved == 0 {
			return nil
		}
		if try == tries {
			return fmt.Errorf("%d of %d viewers get nothing", unserved, len(h.viewers))
		}
	}
}
