package main

import "time"

// pace says how many packets are due at a steady rate. What a busy driver could
// not send within 50 ms is left out: made up for in a burst it would fill queues
// and be taken for a fault of the server.
type pace struct {
	rate  float64
	asked time.Time
	rest  float64 // of a packet
}

func newPace(rate int) *pace { return &pace{rate: float64(rate), asked: time.Now()} }

// due is how many since it was last asked.
func (p *pace) due() int {
	now := time.Now()
	p.rest += p.rate * min(now.Sub(p.asked), 50*time.Millisecond).Seconds()
	p.asked = now
	n := int(p.rest)
	p.rest -= float64(n)
	return n
}
