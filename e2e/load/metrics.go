package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// metrics are the samples of one scrape: name with labels, as printed.
type metrics map[string]float64

func (s *server) metrics(ctx context.Context) (metrics, error) {
	body, err := s.get(ctx, "/metrics")
	if err != nil {
		return nil, fmt.Errorf("read the server's metrics: %w", err)
	}
	defer body.Close()
	m := metrics{}
	lines := bufio.NewScanner(io.LimitReader(body, 4<<20))
	for lines.Scan() {
		name, value, found := cutLast(lines.Text(), " ")
		if v, err := strconv.ParseFloat(value, 64); found && err == nil && !strings.HasPrefix(name, "#") {
			m[name] = v
		}
	}
	return m, lines.Err()
}

// sum adds all samples of a metric, whatever their labels.
func (m metrics) sum(name string) (total float64) {
	for sample, v := range m {
		if sample == name || strings.HasPrefix(sample, name+"{") {
			total += v
		}
	}
	return total
}

// liveHeap is what the last collection left, in bytes: the next one is due when
// that has grown by GOGC per cent of itself and the stacks.
func (m metrics) liveHeap() float64 {
	grow := m["go_gc_gogc_percent"] / 100
	return (m["go_memstats_next_gc_bytes"] - grow*m["go_memstats_stack_inuse_bytes"]) / (1 + grow)
}

// well is an error if the server counted a fault of its own.
func (s *server) well(ctx context.Context) error {
	m, err := s.metrics(ctx)
	if err != nil {
		return err
	}
	for _, name := range []string{"switchyard_rtc_guard_total", "switchyard_signaling_faults_total", "switchyard_http_panics_total"} {
		if n := m.sum(name); n > 0 {
			return fmt.Errorf("the server counts %v in %s, which must be 0", n, name)
		}
	}
	return nil
}

// losses says what the server and its socket have dropped so far, to explain a
// failure.
func (s *server) losses(ctx context.Context) string {
	var told []string
	if m, err := s.metrics(ctx); err == nil {
		for name, n := range m {
			if labels, found := strings.CutPrefix(name, "switchyard_rtc_dropped_total"); found && n > 0 {
				told = append(told, number(n)+" "+labels)
			}
		}
	}
	slices.Sort(told)
	if socket, err := s.mediaSocket(); err == nil {
		told = append(told, fmt.Sprintf("%d had no room in its socket", socket.drops))
	}
	return "the server has dropped: " + strings.Join(told, ", ")
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
