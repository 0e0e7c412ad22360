package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Limits of every HTTP connection. How long an answer may take is each
// handler's own matter: a WebSocket lasts for hours.
const (
	headerTimeout = 10 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 64 << 10
)

// door is one HTTP listener with its server.
type door struct {
	name     string // http or https
	listener net.Listener
	server   *http.Server
}

// openDoor listens on address; with a certificate it speaks TLS. key and flag
// name what to change if that fails.
func openDoor(name, address, key, flag string, certificate *tls.Certificate, handler http.Handler, faults io.Writer) (*door, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, listenFault(name, address, key, flag, err)
	}
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          log.New(faults, "", 0),
	}
	if certificate != nil {
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*certificate}, MinVersion: tls.VersionTLS12}
	}
	return &door{name, listener, server}, nil
}

// listenFault says in one sentence which port can't be had and what to do.
func listenFault(name, address, key, flag string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("listen for %s on %s: the port is taken by another program; stop it or choose another with %s (key %s): %w", name, address, flag, key, err)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("listen for %s on %s: ports below 1024 need the capability net_bind_service; choose another with %s (key %s): %w", name, address, flag, key, err)
	}
	return fmt.Errorf("listen for %s on %s (flag %s, key %s): %w", name, address, flag, key, err)
}

// serve blocks until close.
func (d *door) serve() error {
	var err error
	if d.server.TLSConfig != nil {
		err = d.server.ServeTLS(d.listener, "", "")
	} else {
		err = d.server.Serve(d.listener)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve %s: %w", d.name, err)
}

// close takes no more connections and waits for the requests that run, until
// ctx ends; then it cuts them.
func (d *door) close(ctx context.Context) error {
	if err := d.server.Shutdown(ctx); err != nil {
		return fmt.Errorf("close %s: %w", d.name, errors.Join(err, d.server.Close()))
	}
	return nil
}

func (d *door) port() int { return d.listener.Addr().(*net.TCPAddr).Port }

// httpFaults takes what net/http has to say. Handshakes that fail and clients
// that go away are everyday; a handler that panicked, whose connection it ended, is not.
type httpFaults struct {
	log    *slog.Logger
	panics prometheus.Counter
}

func newHTTPFaults(log *slog.Logger, reg prometheus.Registerer) *httpFaults {
	f := &httpFaults{log, prometheus.NewCounter(prometheus.CounterOpts{
		Name: "switchyard_http_panics_total", Help: "HTTP handlers that panicked; each ended its connection.",
	})}
	reg.MustRegister(f.panics)
	return f
}

func (f *httpFaults) Write(line []byte) (int, error) {
	text := string(bytes.TrimSpace(line))
	if bytes.HasPrefix(line, []byte("http: panic serving")) {
		f.panics.Inc()
		f.log.Error("an HTTP handler failed", "fault", text)
	} else {
		f.log.Debug("an HTTP connection failed", "fault", text)
	}
	return len(line), nil
}
