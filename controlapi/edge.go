package controlapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"
)

const bodyTimeout = 30 * time.Second

// edge is around every request: a recover, the caller, limits, protection against
// other sites, idempotency.
func (a *API) edge(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		counted := &statusWriter{ResponseWriter: w}
		began := a.now()
		defer func() {
			if fault := recover(); fault != nil {
				a.metrics.panics.Inc()
				a.deps.Log.Error("recovered from a fault", "where", "controlapi", "fault", fmt.Sprint(fault), "stack", string(debug.Stack()))
				if counted.status == 0 {
					writeProblem(counted, problem(http.StatusInternalServerError, "", "something went wrong in the server"))
				}
			}
			a.metrics.answered(r.Method, counted.status, a.now().Sub(began))
		}()
		h := counted.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		a.serve(counted, r, next)
	})
}

func (a *API) serve(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if p := checkAddress(r); p != nil {
		writeProblem(w, p)
		return
	}
	c, err := a.identify(r)
	if err != nil {
		if p := asProblem(err); p != nil {
			writeProblem(w, p)
			return
		}
		a.deps.Log.Error("a caller could not be identified", "error", err)
		writeProblem(w, problem(http.StatusInternalServerError, "", "something went wrong in the server"))
		return
	}
	if wait := a.limits.take(w.Header(), c); wait > 0 {
		writeProblem(w, later(http.StatusTooManyRequests, "too many requests", wait))
		return
	}
	if c.byCookie || r.Header.Get("Authorization") == "" {
		if err := a.csrf.Check(r); err != nil {
			writeProblem(w, problem(http.StatusForbidden, "", "the request comes from another site"))
			return
		}
	}
	r = r.WithContext(withCaller(r.Context(), c))
	if r.Method == http.MethodPost && r.Header.Get("Idempotency-Key") != "" {
		a.serveOnce(w, r, c, next)
		return
	}
	next.ServeHTTP(w, r)
}

func writeProblem(w http.ResponseWriter, p *Problem) {
	h := w.Header()
	for name, values := range p.GetHeaders() {
		h[name] = values
	}
	h.Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	// A client that has gone needs no answer.
	_ = json.NewEncoder(w).Encode(p)
}

// clientAddress is where a request comes from: the nearest address that is not one
// of our proxies.
func clientAddress(r *http.Request, proxies []netip.Prefix) netip.Addr {
	ap, _ := netip.ParseAddrPort(r.RemoteAddr)
	address := ap.Addr().Unmap()
	trusted := func(a netip.Addr) bool {
		for _, p := range proxies {
			if p.Contains(a) {
				return true
			}
		}
		return false
	}
	if !trusted(address) {
		return address
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		if address = hop.Unmap(); !trusted(address) {
			break
		}
	}
	return address
}

// statusWriter remembers the status.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader remembers the status.
func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write is that of a handler that sets no status.
func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController through.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
