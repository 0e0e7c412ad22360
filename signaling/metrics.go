package signaling

import (
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/signaling/protocol"
)

type metrics struct {
	sessions    prometheus.GaugeFunc
	sockets     prometheus.GaugeFunc
	requests    *prometheus.CounterVec // by type
	errors      *prometheus.CounterVec // by code
	ended       *prometheus.CounterVec // by reason
	resumes     *prometheus.CounterVec // by result
	media       *prometheus.GaugeVec   // by kind
	responses   *prometheus.CounterVec // by kind, method, status
	invitations *prometheus.CounterVec // by result
	panics      prometheus.Counter
}

func newMetrics(s *Server) *metrics {
	name := func(n string) string { return "switchyard_signaling_" + n }
	counter := func(n, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name(n), Help: help}, labels)
	}
	gauge := func(n, help string, read func() int) prometheus.GaugeFunc {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name(n), Help: help}, func() float64 {
			s.mu.Lock()
			defer s.mu.Unlock()
			return float64(read())
		})
	}
	m := &metrics{
		sessions:    gauge("sessions", "Sessions of /rtc, with or without a socket.", func() int { return len(s.sessions) }),
		sockets:     gauge("sockets", "Open WebSockets.", func() int { return len(s.sockets) }),
		requests:    counter("requests_total", "Requests on WebSockets, by type.", "type"),
		errors:      counter("errors_total", "Errors sent on WebSockets, by code.", "code"),
		ended:       counter("ended_total", "Sessions of /rtc that have ended, by reason: of left, or the code of an error.", "reason"),
		resumes:     counter("resumes_total", "Attempts to resume a session: resumed or failed.", "result"),
		media:       prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name("media_sessions"), Help: "WHIP and WHEP sessions."}, []string{"kind"}),
		responses:   counter("responses_total", "Responses to WHIP and WHEP requests.", "kind", "method", "status"),
		invitations: counter("invitations_total", "Uses of POST /invite: token, wrong, limited or bad.", "result"),
		panics:      prometheus.NewCounter(prometheus.CounterOpts{Name: name("faults_total"), Help: "Faults that were recovered from; each ended one session."}),
	}
	for _, r := range protocol.Requests() {
		m.requests.WithLabelValues(protocol.TypeOf(r))
	}
	for _, code := range protocol.Codes() {
		m.errors.WithLabelValues(string(code))
	}
	return m
}

func (m *metrics) register(reg prometheus.Registerer) error {
	for _, c := range []prometheus.Collector{
		m.sessions, m.sockets, m.requests, m.errors, m.ended, m.resumes, m.media, m.responses, m.invitations, m.panics,
	} {
		if err := reg.Register(c); err != nil {
			return err
		}
	}
	return nil
}

// answered counts a response of a door.
func (m *metrics) answered(d door, method string, status int) {
	switch method {
	case http.MethodPost, http.MethodPatch, http.MethodDelete, http.MethodOptions:
	default:
		method = "other"
	}
	m.responses.WithLabelValues(d.name, method, strconv.Itoa(status)).Inc()
}
