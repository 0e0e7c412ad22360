package sfutest_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/sfu"
	"switchyard/sfu/sfutest"
)

// TestMemoryConformance runs the suite for the in-memory member that the suite
// itself is made of, and so checks the core and the suite against each other.
func TestMemoryConformance(t *testing.T) {
	var loop *sfutest.Loop
	sfutest.Kind{
		SFU: func(t *testing.T) *sfu.SFU {
			loop = sfutest.NewLoop()
			s, err := sfu.New(sfu.DefaultConfig(), loop, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
		Member: func(t *testing.T, p *sfu.Participant) sfutest.Member {
			m, err := sfutest.NewMemory(p)
			if err != nil {
				t.Fatal(err)
			}
			return m
		},
		Pass:      func(d time.Duration) { loop.Advance(d) },
		Publishes: []sfu.Kind{sfu.Audio, sfu.Video},
		Receives:  []sfu.Kind{sfu.Audio, sfu.Video},
	}.Conformance(t)
}
