package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// server is the program under test, running with a data directory of its own.
type server struct {
	home   string // holds the program, its data and its log
	base   string // of its HTTP addresses
	media  int    // its media port
	key    []byte // signs tokens
	core   int
	keep   string // where the log is copied to
	http   *http.Client
	pid    int
	exited chan struct{}
	end    *os.ProcessState // valid when exited is closed; nil: it never ran
}

// startServer starts the program on free ports and waits until it is ready.
func (d *driver) startServer(ctx context.Context) (s *server, err error) {
	home, err := os.MkdirTemp("", "switchyard-load-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for the server: %w", err)
	}
	s = &server{home: home, core: d.pin, keep: d.log, exited: make(chan struct{}),
		http: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.stop())
		}
	}()
	web, err := freePort(false)
	if err != nil {
		return s, err
	}
	if s.media, err = freePort(true); err != nil {
		return s, err
	}
	s.base = "http://127.0.0.1:" + strconv.Itoa(web)
	cmd, err := s.command(d, web)
	if err != nil {
		return s, err
	}
	started := make(chan error)
	go s.supervise(cmd, started)
	if err := <-started; err != nil {
		return s, fmt.Errorf("start %s: %w", d.binary, err)
	}
	return s, s.ready(ctx)
}

// ready waits until newcomers may come, and learns the key of tokens.
func (s *server) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	for {
		if body, err := s.get(ctx, "/readyz"); err == nil {
			body.Close()
			break
		}
		select {
		case <-s.exited:
			return fmt.Errorf("the server ended (%v):\n%s", s.end, s.lastWords())
		case <-ctx.Done():
			return fmt.Errorf("the server was not ready in 15 s:\n%s", s.lastWords())
		case <-time.After(20 * time.Millisecond):
		}
	}
	keys, err := os.ReadFile(filepath.Join(s.home, "data", "keys", "signing.key"))
	if err != nil {
		return fmt.Errorf("read the server's signing key: %w", err)
	}
	s.key, _, _ = bytes.Cut(keys, []byte("\n"))
	return nil
}

func (s *server) get(ctx context.Context, path string) (io.ReadCloser, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+path, nil)
	if err != nil {
		return nil, err
	}
	resp, err := s.http.Do(r)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		return nil, fmt.Errorf("GET %s: %s", path, resp.Status)
	}
	return resp.Body, nil
}

// illness is what never stands in the log of a server that is well.
var illness = regexp.MustCompile(`(?m)^(panic:|fatal error:|goroutine \d+ \[).*|"level":"ERROR".*`)

// stop ends the server in order, removes its files, and says what was wrong
// with it, if anything.
func (s *server) stop() error {
	defer os.RemoveAll(s.home)
	if s.pid == 0 {
		return nil
	}
	var faults []error
	syscall.Kill(s.pid, syscall.SIGTERM)
	select {
	case <-s.exited:
	case <-time.After(25 * time.Second):
		syscall.Kill(s.pid, syscall.SIGKILL)
		<-s.exited
		faults = append(faults, errors.New("the server did not end in 25 s"))
	}
	s.http.CloseIdleConnections()
	log, _ := os.ReadFile(filepath.Join(s.home, "log"))
	if s.keep != "" {
		faults = append(faults, os.WriteFile(s.keep, log, 0o644))
	}
	if found := illness.Find(log); found != nil {
		faults = append(faults, fmt.Errorf("the server was ill: %.300s", found))
	}
	if !s.end.Success() {
		faults = append(faults, fmt.Errorf("the server ended (%v):\n%s", s.end, s.lastWords()))
	}
	return errors.Join(faults...)
}

// lastWords are the last lines of the log.
func (s *server) lastWords() string {
	log, _ := os.ReadFile(filepath.Join(s.home, "log"))
	lines := strings.Split(strings.TrimSpace(string(log)), "\n")
	return strings.Join(lines[max(0, len(lines)-15):], "\n")
}
