package sfu

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// counters are added to on the packet path, once a batch, and read at scrape.
type counters struct {
	received         atomic.Uint64
	nacked           atomic.Uint64
	keyframeRequests atomic.Uint64
	speakerChanges   atomic.Uint64
}

// metrics collects what the rooms count.
type metrics struct {
	counters counters
	sfu      *SFU

	rooms, participants, publications                  *prometheus.Desc
	received, nacked, keyframeRequests, speakerChanges *prometheus.Desc
}

func newMetrics(s *SFU) *metrics {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("switchyard_sfu_"+name, help, labels, nil)
	}
	return &metrics{
		sfu:              s,
		rooms:            desc("rooms", "Rooms that are open."),
		participants:     desc("participants", "Participants in all rooms.", "kind"),
		publications:     desc("publications", "Publications in all rooms.", "kind"),
		received:         desc("packets_received_total", "RTP packets taken from publishers."),
		nacked:           desc("packets_nacked_total", "RTP packets that receivers asked for again."),
		keyframeRequests: desc("keyframe_requests_total", "Keyframe requests sent to publishers."),
		speakerChanges:   desc("speaker_changes_total", "Changes of the list of who is speaking."),
	}
}

// Describe is part of prometheus.Collector.
func (m *metrics) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(m, ch) }

// participantKinds have a label of their own.
var participantKinds = [...]string{"browser", "whip", "whep", "phone", "recorder", "player", "other"}

// Collect is part of prometheus.Collector.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v *atomic.Uint64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v.Load()))
	}
	rooms := m.sfu.Rooms()
	participants := make(map[string]int, len(participantKinds))
	for _, kind := range participantKinds {
		participants[kind] = 0
	}
	publications := map[Kind]int{Audio: 0, Video: 0}
	for _, r := range rooms {
		r.mu.Lock()
		for _, p := range r.participants {
			kind := p.kind
			if _, known := participants[kind]; !known {
				kind = "other"
			}
			participants[kind]++
			for _, pub := range p.publications {
				publications[pub.track.Kind]++
			}
		}
		r.mu.Unlock()
	}
	gauge(m.rooms, float64(len(rooms)))
	for kind, n := range participants {
		gauge(m.participants, float64(n), kind)
	}
	for kind, n := range publications {
		gauge(m.publications, float64(n), kind.String())
	}
	c := &m.counters
	counter(m.received, &c.received)
	counter(m.nacked, &c.nacked)
	counter(m.keyframeRequests, &c.keyframeRequests)
	counter(m.speakerChanges, &c.speakerChanges)
}
