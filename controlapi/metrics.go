package controlapi

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	requests  *prometheus.CounterVec
	seconds   prometheus.Histogram
	panics    prometheus.Counter
	listeners prometheus.Gauge
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "switchyard_api_requests_total", Help: "Requests to the control API by method and class of status.",
		}, []string{"method", "status"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "switchyard_api_request_seconds", Help: "How long requests took, event streams left out.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "switchyard_api_panics_total", Help: "Requests that ended with a fault that was recovered.",
		}),
		listeners: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "switchyard_api_event_listeners", Help: "Event streams that are open.",
		}),
	}
	reg.MustRegister(m.requests, m.seconds, m.panics, m.listeners)
	return m
}

func (m *metrics) answered(method string, status int, took time.Duration) {
	switch method {
	case "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS":
	default:
		method = "other"
	}
	m.requests.WithLabelValues(method, strconv.Itoa(status/100)+"xx").Inc()
	if status != 0 && took < time.Minute {
		m.seconds.Observe(took.Seconds())
	}
}
