package main

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"switchyard/configs"
)

// running is a server that was started by its command line on free ports.
type running struct {
	http, https string // base addresses; empty without
	code        string // the invitation
	setup       string // the secret that makes the first administrator
	greeting    string
	client      *http.Client
	stop, cut   context.CancelFunc
	exited      chan int
	stderr      *recorder
}

// recorder is an io.Writer that tells of its first line, for tests to read
// while the server writes.
type recorder struct {
	mu    sync.Mutex
	text  strings.Builder
	first chan string // gets the first write
}

func (r *recorder) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.text.Len() == 0 && r.first != nil {
		r.first <- string(b)
	}
	return r.text.Write(b)
}

func (r *recorder) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

var printedURL = regexp.MustCompile(`(https?)://\S+`)

// buildHouse puts the parts together on a database that is closed after the test.
func buildHouse(t *testing.T, cfg configs.Config) *house {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	store, err := openStore(t.Context(), cfg, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.close(); err != nil {
			t.Error(err)
		}
	})
	h, err := build(cfg, quiet, store)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// startServer runs `switchyard serve` in this process. It is stopped at the end of the test.
func startServer(t *testing.T, args ...string) *running {
	t.Helper()
	// The test's own context ends before its cleanup: that would be a second signal, which leaves things running.
	lasting := context.WithoutCancel(t.Context())
	stop, endStop := context.WithCancel(lasting)
	cut, endCut := context.WithCancel(lasting)
	greeting := &recorder{first: make(chan string, 1)}
	s := &running{stop: endStop, cut: endCut, exited: make(chan int, 1), stderr: &recorder{}}
	args = append([]string{"serve", "--http=127.0.0.1:0", "--media=127.0.0.1:0", "--data=" + t.TempDir()}, args...)
	go func() {
		s.exited <- Run(stop, cut, process{args, nil, greeting, s.stderr})
	}()
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	s.client = &http.Client{Timeout: 10 * time.Second, Transport: transport}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		s.stop()
		s.wait(t)
		s.cut()
	})
	select {
	case s.greeting = <-greeting.first:
	case code := <-s.exited:
		s.exited <- code
		t.Fatalf("serve ended at once with %d: %s", code, s.stderr)
	case <-time.After(20 * time.Second):
		t.Fatalf("serve printed nothing: %s", s.stderr)
	}
	for _, m := range printedURL.FindAllStringSubmatch(s.greeting, -1) {
		u, err := url.Parse(m[0])
		if err != nil {
			t.Fatalf("printed address: %v", err)
		}
		if u.Path == "/setup" {
			s.setup = u.Fragment
			continue
		}
		fragment, err := url.ParseQuery(u.Fragment)
		if err != nil || fragment.Get("room") != "main" || u.RawQuery != "" {
			t.Errorf("printed address %s", m[0])
		}
		s.code = fragment.Get("code")
		switch {
		case m[1] == "http":
			s.http = "http://" + u.Host
		case !strings.HasSuffix(u.Host, ":8443"):
			s.https = "https://127.0.0.1:" + u.Port()
		}
	}
	return s
}

// wait returns the exit code.
func (s *running) wait(t *testing.T) int {
	t.Helper()
	select {
	case code := <-s.exited:
		s.exited <- code
		return code
	case <-time.After(30 * time.Second):
		t.Fatalf("serve does not end: %s", s.stderr)
		return 0
	}
}

// get returns the status and the body.
func (s *running) get(t *testing.T, address string) (*http.Response, string) {
	t.Helper()
	response, err := s.client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

// awaitReady waits until newcomers may be sent here, which is a moment after
// the greeting.
func (s *running) awaitReady(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if response, _ := s.get(t, s.http+"/readyz"); response.StatusCode == http.StatusOK {
			return
		}
	}
	t.Fatal("not ready within 10 s")
}
