package webhooks

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	deliveries *prometheus.CounterVec
	pending    prometheus.Gauge
	dead       prometheus.Gauge
	lagging    prometheus.Gauge
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "switchyard_webhook_deliveries_total", Help: "Attempts to deliver an event to a webhook, by result.",
		}, []string{"result"}),
		pending: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "switchyard_webhook_pending", Help: "Events that wait to be delivered again or behind such.",
		}),
		dead: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "switchyard_webhook_dead", Help: "Events that were given up and can be sent again by hand.",
		}),
		lagging: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "switchyard_webhook_lagging", Help: "Webhooks that are too far behind, or were not told of all.",
		}),
	}
	for r := range resultCount {
		m.deliveries.WithLabelValues(r.String())
	}
	reg.MustRegister(m.deliveries, m.pending, m.dead, m.lagging)
	return m
}
