package main

import (
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"switchyard/sfu"
)

// loopPatience is how long a media loop may take to answer before the
// process counts as sick. It answers in microseconds.
const loopPatience = 2 * time.Second

// healthz says that the process works: all its media loops take commands.
func healthz(loops ...sfu.Loop) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		answered := make(chan struct{}, len(loops))
		for _, l := range loops {
			l.Post(func() { answered <- struct{}{} })
		}
		patience := time.NewTimer(loopPatience)
		defer patience.Stop()
		for range loops {
			select {
			case <-answered:
			case <-patience.C:
				plain(w, http.StatusServiceUnavailable, "a media loop does not answer")
				return
			case <-r.Context().Done():
				return
			}
		}
		plain(w, http.StatusOK, "ok")
	}
}

// readyz says whether newcomers should be sent here.
func readyz(ready *atomic.Bool) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if ready.Load() {
			plain(w, http.StatusOK, "ready")
			return
		}
		w.Header().Set("Retry-After", "5")
		plain(w, http.StatusServiceUnavailable, "starting or ending")
	}
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// Whoever asked may have gone.
	_, _ = w.Write([]byte(text + "\n"))
}

// metrics serves the registry to whoever asks from one of the networks.
func metrics(reg *prometheus.Registry, from []netip.Prefix) http.Handler {
	served := promhttp.HandlerFor(reg, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asker, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil || !within(asker.Addr().Unmap(), from) {
			plain(w, http.StatusForbidden, "not from here: http.metrics_from says who may read metrics")
			return
		}
		served.ServeHTTP(w, r)
	})
}

func within(a netip.Addr, networks []netip.Prefix) bool {
	for _, n := range networks {
		if n.Contains(a.WithZone("")) {
			return true
		}
	}
	return false
}
