package main

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// TestAPanicEndsItsConnectionOnly: it is counted and logged, and the server lives.
func TestAPanicEndsItsConnectionOnly(t *testing.T) {
	var text bytes.Buffer
	reg := prometheus.NewRegistry()
	faults := newHTTPFaults(slog.New(slog.NewTextHandler(&text, nil)), reg)
	mux := http.NewServeMux()
	mux.HandleFunc("/bad", func(http.ResponseWriter, *http.Request) { panic("spilt milk") })
	mux.HandleFunc("/good", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "fine") })
	d, err := openDoor("http", "127.0.0.1:0", "http.listen", "--http", nil, mux, faults)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- d.serve() }()
	base := "http://" + d.listener.Addr().String()
	transport := &http.Transport{DisableKeepAlives: true}
	client := &http.Client{Transport: transport}
	if response, err := client.Get(base + "/bad"); err == nil {
		response.Body.Close()
		t.Error("a handler that panicked answered")
	}
	response, err := client.Get(base + "/good")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(response.Body)
	response.Body.Close()
	if string(body) != "fine\n" {
		t.Errorf("beside it: %q", body)
	}
	transport.CloseIdleConnections()
	if err := d.close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
	families, err := reg.Gather()
	if err != nil || len(families) != 1 || families[0].GetMetric()[0].GetCounter().GetValue() != 1 {
		t.Errorf("counted %v, %v", families, err)
	}
	if !strings.Contains(text.String(), "spilt milk") || !strings.Contains(text.String(), "level=ERROR") {
		t.Errorf("logged %s", text.String())
	}
}
