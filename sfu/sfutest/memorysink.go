package sfutest

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/sfu"
)

// memorySink is a Sink that may be read while the loop runs.
type memorySink struct {
	stalled atomic.Bool
	mu      sync.Mutex
	sink    *Sink
}

func (s *memorySink) WriteRTP(batch []sfu.Outgoing) {
	if s.stalled.Load() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sink.WriteRTP(batch)
}

func (s *memorySink) Clock(rtp uint32, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sink.Clock(rtp, at)
}

func (s *memorySink) take() []Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sink.Packets)
}
