package main

import "slices"

// sample is what one window showed.
type sample struct {
	ns       float64 // of the server's CPU for a delivered packet
	allocs   float64 // of the server for a delivered packet
	bytes    float64
	pps      float64 // delivered packets a second
	busy     float64 // share of the core that the server used
	delivery float64 // delivered packets of those that were to be delivered
	loss     float64 // share that the checking viewer missed
	late     float64 // share that the publisher sent too late
	checked  checked

	parts float64 // of a floor: ns of sealing and sending measured apart
	open  float64 // of a floor: ns to receive and open a published packet

	others float64 // share of the core that other processes used
}

// figure is one value of a sample.
type figure func(sample) float64

func cost(s sample) float64      { return s.ns }
func allocs(s sample) float64    { return s.allocs }
func bytes(s sample) float64     { return s.bytes }
func perSecond(s sample) float64 { return s.pps }
func busy(s sample) float64      { return s.busy }
func delivery(s sample) float64  { return s.delivery }
func loss(s sample) float64      { return s.loss }
func lateness(s sample) float64  { return s.late }
func damaged(s sample) float64   { return float64(s.checked.damaged) }
func p50(s sample) float64       { return float64(s.checked.p50.Microseconds()) }
func p99(s sample) float64       { return float64(s.checked.p99.Microseconds()) }
func parts(s sample) float64     { return s.parts }
func opening(s sample) float64   { return s.open }
func others(s sample) float64    { return s.others }

// spread is what is told of a row's windows.
type spread struct{ median, least, most float64 }

func spreadOf(windows []sample, f figure) spread {
	var list []float64
	for _, s := range windows {
		list = append(list, f(s))
	}
	slices.Sort(list)
	n := len(list)
	return spread{(list[(n-1)/2] + list[n/2]) / 2, list[0], list[n-1]}
}
