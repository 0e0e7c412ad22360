package rtc

import (
	"errors"
	"fmt"
	"strconv"
	"time"

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
	busyDesc    = prometheus.NewDesc("switchyard_rtc_shard_busy_ratio", "Share of its time that a media loop works.", []string{"shard"}, nil)
	callsDesc   = prometheus.NewDesc("switchyard_rtc_send_calls_total", "System calls that sent packets.", []string{"shard"}, nil)
	runsDesc    = prometheus.NewDesc("switchyard_rtc_send_runs_total", "Runs of packets that went to the kernel as one (UDP GSO), by what became of them.", []string{"shard", "result"}, nil)
	bufferDesc  = prometheus.NewDesc("switchyard_rtc_socket_buffer_bytes", "Size of a media socket's buffer as the kernel gave it.", []string{"shard", "direction"}, nil)
	gsoDesc     = prometheus.NewDesc("switchyard_rtc_gso", "1 if packets go to the kernel in runs, 0 if it takes none.", []string{"shard"}, nil)
	crossedDesc = prometheus.NewDesc("switchyard_rtc_shard_crossings_total", "Packets that went from one media loop to another: received by another's socket, sealed for another's room.", []string{"way"}, nil)
	lentDesc    = prometheus.NewDesc("switchyard_rtc_lent_peers", "Peers for whom another media loop than their room's seals.", nil, nil)
	guardDesc   = prometheus.NewDesc("switchyard_rtc_guard_total", "Packets that the guards stopped; anything but 0 is a fault of the program.", []string{"guard"}, nil)
)

// packetCollector reads a server's counts.
type packetCollector struct{ s *Server }

// Describe implements prometheus.Collector.
func (c *packetCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		peersDesc, packetsDesc, bytesDesc, dropsDesc, repairDesc, guardDesc,
		busyDesc, callsDesc, runsDesc, bufferDesc, gsoDesc, crossedDesc, lentDesc,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c *packetCollector) Collect(ch chan<- prometheus.Metric) {
	n := &c.s.counts
	count := func(d *prometheus.Desc, v uint64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	ch <- prometheus.MustNewConstMetric(lentDesc, prometheus.GaugeValue, float64(n.lentPeers.Load()))
	count(crossedDesc, n.handed.Load(), "received")
	count(crossedDesc, n.lent.Load(), "sealed")
	ch <- prometheus.MustNewConstMetric(peersDesc, prometheus.GaugeValue, float64(c.s.peerCount()))
	for k, name := range trafficNames {
		count(packetsDesc, n.packetsIn[k].Load(), "in", name)
		count(packetsDesc, n.packetsOut[k].Load(), "out", name)
		count(bytesDesc, n.bytesIn[k].Load(), "in", name)
		count(bytesDesc, n.bytesOut[k].Load(), "out", name)
	}
	var tooLong, socketFull, refused, unsendable, panics uint64
	for i, sh := range c.s.shards {
		panics += sh.loop.panics.Load()
		if sh.sock == nil {
			continue
		}
		tooLong += sh.rx.tooLong.Load()
		socketFull += sh.rx.dropped.Load()
		refused += sh.tx.refused.Load()
		unsendable += sh.tx.unsendable.Load()
		c.collectShard(ch, strconv.Itoa(i), sh)
	}
	tcpFull, tcpRefused := uint64(0), uint64(0)
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
		{"in", "forged_check", n.forgedCheck.Load()},
		{"in", "control_full", n.controlFull.Load()},
		{"in", "before_keys", n.beforeKeys.Load()},
		{"in", "malformed", n.malformed.Load()},
		{"in", "forged", n.forged.Load()},
		{"in", "replayed", n.replayed.Load()},
		{"in", "unmapped", n.unmapped.Load()},
		{"in", "too_many_streams", n.tooManyStreams.Load()},
		{"in", "revoked", n.revoked.Load()},
		{"in", "socket_full", socketFull},
		{"in", "shard_full", n.handedFull.Load()},
		{"in", "tcp_full", tcpFull},
		{"in", "tcp_refused", tcpRefused},
		{"out", "no_path", n.noPath.Load()},
		{"out", "send_full", n.sendFull.Load() + refused},
		{"out", "unsendable", unsendable},
		{"out", "shard_full", n.lentFull.Load()},
		{"out", "late", n.lentLate.Load()},
		{"out", "no_payload_type", n.noPayload.Load()},
	} {
		count(dropsDesc, d.value, d.direction, d.reason)
	}
	for event, v := range map[string]uint64{
		"nack_sent": n.nacksSent.Load(), "nack_received": n.nacksReceived.Load(),
		"pli_sent": n.plisSent.Load(), "pli_received": n.plisReceived.Load(),
		"retransmitted": n.retransmitted.Load(), "recovered": n.recovered.Load(),
		"delivered": n.delivered.Load(), "lost": n.lost.Load(),
	} {
		count(repairDesc, v, event)
	}
	count(guardDesc, n.mediaFromPion.Load(), "media_from_pion")
	count(guardDesc, n.twice.Load(), "sequence_used_twice")
	count(guardDesc, n.faults.Load()+panics, "panic")
}

// collectShard tells what one shard measures of itself.
func (c *packetCollector) collectShard(ch chan<- prometheus.Metric, name string, s *shard) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, append([]string{name}, labels...)...)
	}
	count := func(d *prometheus.Desc, v uint64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), append([]string{name}, labels...)...)
	}
	gauge(busyDesc, float64(s.load.now(time.Now().UnixNano()))/1000)
	count(callsDesc, s.tx.calls.Load())
	apart := s.tx.unsegmented.Load() // before runs, which is never less
	count(runsDesc, s.tx.joined.Load()-apart, "sent")
	count(runsDesc, apart, "taken_apart")
	gauge(bufferDesc, float64(s.sock.receiveBuffer), "receive")
	gauge(bufferDesc, float64(s.sock.sendBuffer), "send")
	on := 1.0
	if !s.sock.gsoAtStart || s.tx.gsoIsOff.Load() == 1 {
		on = 0
	}
	gauge(gsoDesc, on)
}
