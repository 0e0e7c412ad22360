package main

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"switchyard/configs"
)

func TestServeWithoutConfiguration(t *testing.T) {
	s := startServer(t)
	s.awaitReady(t)
	for path, want := range map[string]string{
		"/healthz": "ok\n",
		"/readyz":  "ready\n",
		"/metrics": "switchyard_build_info{",
		"/":        "<!doctype html>",
	} {
		response, body := s.get(t, s.http+path)
		if response.StatusCode != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("GET %s: %s, without %q: %.300s", path, response.Status, want, body)
		}
	}
	if s.code == "" {
		t.Errorf("no invitation in the greeting:\n%s", s.greeting)
	}
	s.stop()
	if code := s.wait(t); code != exitOK {
		t.Errorf("exit %d: %s", code, s.stderr)
	}
	if strings.Contains(s.stderr.String(), s.code) {
		t.Error("the invitation code is in the log")
	}
}

func TestServeSelfSigned(t *testing.T) {
	s := startServer(t, "--tls=self-signed", "--https=:0")
	s.awaitReady(t)
	if response, body := s.get(t, s.https+"/readyz"); response.StatusCode != http.StatusOK || body != "ready\n" {
		t.Errorf("HTTPS: %s %q", response.Status, body)
	}
	if !strings.Contains(s.greeting, "SHA-256 fingerprint") {
		t.Errorf("greeting:\n%s", s.greeting)
	}
}

func TestMetricsAreNotForEverybody(t *testing.T) {
	cfg := configFileWith(t, "http: {metrics_from: [192.0.2.0/24]}\n")
	s := startServer(t, "--config="+cfg)
	if response, body := s.get(t, s.http+"/metrics"); response.StatusCode != http.StatusForbidden || !strings.Contains(body, "metrics_from") {
		t.Errorf("%s %q", response.Status, body)
	}
}

func TestTakenPorts(t *testing.T) {
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	cases := []struct {
		args []string
		want []string
	}{
		{[]string{"--http=" + tcp.Addr().String(), "--media=127.0.0.1:0"}, []string{tcp.Addr().String(), "taken", "--http", "http.listen"}},
		{[]string{"--http=127.0.0.1:0", "--media=" + udp.LocalAddr().String()}, []string{udp.LocalAddr().String(), "taken", "--media", "rtc.listen"}},
		{[]string{"--http=127.0.0.1:0", "--media=127.0.0.1:0", "--tls=self-signed", "--https=" + tcp.Addr().String()}, []string{"taken", "--https", "tls.listen"}},
	}
	for _, c := range cases {
		code, stdout, stderr := run(t, nil, append([]string{"serve", "--data=" + t.TempDir()}, c.args...)...)
		if code != exitListen || stdout != "" {
			t.Errorf("%v: exit %d, stdout %q", c.args, code, stdout)
		}
		for _, want := range c.want {
			if !strings.Contains(stderr, want) {
				t.Errorf("%v: %q is missing in: %s", c.args, want, stderr)
			}
		}
	}
}

func TestAPartThatFailsEndsTheHouse(t *testing.T) {
	cfg := configs.Default()
	cfg.Data, cfg.HTTP.Listen, cfg.RTC.Listen = t.TempDir(), "127.0.0.1:0", "127.0.0.1:0"
	h := buildHouse(t, cfg)
	if err := h.listen(); err != nil {
		t.Fatal(err)
	}
	h.http.listener.Close() // as if the system took it away
	ended := make(chan error, 1)
	go func() { ended <- h.run(t.Context(), t.Context()) }()
	select {
	case err := <-ended:
		if err == nil || !strings.Contains(err.Error(), "serve http") {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the house stands on")
	}
}

func TestReadinessEndsBeforeTheDoorsClose(t *testing.T) {
	// Only the last one's leaving can end this drain in time.
	s := startServer(t, "--config="+configFileWith(t, "shutdown: {drain: 10m}\n"))
	ws := s.join(t, "ann")
	s.stop()
	// The session keeps the drain going while readiness is over.
	ws.until(t, "goaway")
	response, body := s.get(t, s.http+"/readyz")
	if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" {
		t.Errorf("readyz while draining: %s %q", response.Status, body)
	}
	if response, _ := s.get(t, s.http+"/healthz"); response.StatusCode != http.StatusOK {
		t.Errorf("healthz while draining: %s", response.Status)
	}
	ws.leave(t)
	if code := s.wait(t); code != exitOK {
		t.Errorf("exit %d: %s", code, s.stderr)
	}
}

func TestSecondSignalCuts(t *testing.T) {
	cfg := configFileWith(t, "shutdown: {drain: 10m}\n")
	s := startServer(t, "--config="+cfg)
	ws := s.join(t, "ann")
	s.stop()
	ws.until(t, "goaway")
	s.cut()
	if code := s.wait(t); code != exitCut {
		t.Errorf("exit %d, want %d: %s", code, exitCut, s.stderr)
	}
}

func TestStopBeforeStart(t *testing.T) {
	stop, cancel := context.WithCancel(t.Context())
	cancel()
	out := &recorder{}
	code := Run(stop, t.Context(), process{[]string{"serve", "--http=127.0.0.1:0", "--media=127.0.0.1:0", "--data=" + t.TempDir()}, nil, out, out})
	if code != exitOK {
		t.Errorf("exit %d: %s", code, out)
	}
}
