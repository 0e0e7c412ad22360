package rtc

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the server's. What is counted for each packet is summed when it
// is scraped.
type metrics struct {
	joins prometheus.Histogram
	ended [endReasons]prometheus.Counter
}

func newMetrics(s *Server, reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		joins: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "switchyard_rtc_connect_seconds",
			Help:    "Time from a peer's first answer until its media keys are there.",
			Buckets: []float64{.025, .05, .1, .2, .4, .8, 1.5, 3, 6, 12, 30},
		}),
	}
	ended := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "switchyard_rtc_peers_ended_total", Help: "Peers that have ended, by reason.",
	}, []string{"reason"})
	for reason, name := range endNames {
		m.ended[reason] = ended.WithLabelValues(name)
	}
	var faults []error
	for _, c := range []prometheus.Collector{m.joins, ended, &packetCollector{s: s}} {
		if err := reg.Register(c); err != nil {
			faults = append(faults, fmt.Errorf("register a metric of rtc: %w", err))
		}
	}
	return m, errors.Join(faults...)
}

var (
	peersDesc   = prometheus.NewDesc("switchyard_rtc_peers", "Peers that are open.", nil, nil)
	packetsDesc = prometheus.NewDesc("switchyard_rtc_packets_total", "Packets by direction and kind.", []string{"direction", "kind"}, nil)
	bytesDesc   = prometheus.NewDesc("switchyard_rtc_bytes_total", "Bytes of packets by direction and kind.", []string{"direction", "kind"}, nil)
	dropsDesc   = prometheus.NewDesc("switchyard_rtc_dropped_total", "Packets that were dropped, by direction and reason.", []string{"direction", "reason"}, nil)
	repairDesc  = prometheus.NewDesc("switchyard_rtc_repair_total", "Loss and keyframe feedback: packets asked for, got and sent again; messages received.", []string{"event"}, nil)
	guardDesc   = prometheus.NewDesc("switchyard_rtc_guard_total", "Packets that the guards stopped; anything but 0 is a fault of the program.", []string{"guard"}, nil)
)

// packetCollector reads a server's counts.
type packetCollector struct{ s *Server }

// Describe implements prometheus.Collector.
func (c *packetCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{peersDesc, packetsDesc, bytesDesc, dropsDesc, repairDesc, guardDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c *packetCollector) Collect(ch chan<- prometheus.Metric) {
	n := &c.s.counts
	count := func(d *prometheus.Desc, v uint64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	ch <- prometheus.MustNewConstMetric(peersDesc, prometheus.GaugeValue, float64(c.s.peerCount()))
	for k, name := range trafficNames {
		count(packetsDesc, n.packetsIn[k].Load(), "in", name)
		count(packetsDesc, n.packetsOut[k].Load(), "out", name)
		count(bytesDesc, n.bytesIn[k].Load(), "in", name)
		count(bytesDesc, n.bytesOut[k].Load(), "out", name)
	}
	tooLong, tcpFull, tcpRefused := uint64(0), uint64(0), uint64(0)
	if c.s.sock != nil {
		tooLong = c.s.sock.tooLong.Load()
	}
	if c.s.tcp != nil {
		tcpFull, tcpRefused = c.s.tcp.dropped.Load(), c.s.tcp.refused.Load()
	}
	for _, d := range []struct {
		direction, reason string
		value             uint64
	}{
		{"in", "garbage", n.garbage.Load()},
		{"in", "too_long", tooLong},
		{"in", "unknown_address", n.unknownAddress.Load()},
		{"in", "unknown_ufrag", n.unknownUfrag.Load()},
		{"in", "control_full", n.controlFull.Load()},
		{"in", "before_keys", n.beforeKeys.Load()},
		{"in", "malformed", n.malformed.Load()},
		{"in", "forged", n.forged.Load()},
		{"in", "replayed", n.replayed.Load()},
		{"in", "unmapped", n.unmapped.Load()},
		{"in", "too_many_streams", n.tooManyStreams.Load()},
		{"in", "revoked", n.revoked.Load()},
		{"in", "tcp_full", tcpFull},
		{"in", "tcp_refused", tcpRefused},
		{"out", "no_path", n.noPath.Load()},
		{"out", "send_full", n.sendFull.Load()},
		{"out", "no_payload_type", n.noPayload.Load()},
	} {
		count(dropsDesc, d.value, d.direction, d.reason)
	}
	for event, v := range map[string]uint64{
		"nack_sent": n.nacksSent.Load(), "nack_received": n.nacksReceived.Load(),
		"pli_sent": n.plisSent.Load(), "pli_received": n.plisReceived.Load(),
		"retransmitted": n.retransmitted.Load(), "recovered": n.recovered.Load(),
	} {
		count(repairDesc, v, event)
	}
	count(guardDesc, n.mediaFromPion.Load(), "media_from_pion")
	count(guardDesc, n.twice.Load(), "sequence_used_twice")
	count(guardDesc, n.faults.Load()+c.s.loop.panics.Load(), "panic")
}
