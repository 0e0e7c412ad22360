package sfu

import (
	"fmt"
	"log/slog"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// SFU holds the rooms of a process. All its methods may be called from any
// goroutine.
type SFU struct {
	cfg     Config
	codecs  []Codec // cfg.VideoCodecs, parsed
	shares  []*share
	log     *slog.Logger
	metrics *metrics

	mu     sync.Mutex
	rooms  map[RoomID]*Room
	closed bool
}

// New builds an SFU whose rooms run on loop, and on further ones after Spread,
// and whose metrics are registered with reg. It starts nothing. The error lists
// all faults of cfg.
func New(cfg Config, loop Loop, log *slog.Logger, reg prometheus.Registerer) (*SFU, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := &SFU{cfg: cfg, shares: []*share{{loop: loop}}, log: log, rooms: make(map[RoomID]*Room)}
	for _, name := range cfg.VideoCodecs {
		s.codecs = append(s.codecs, ParseCodec(name))
	}
	s.metrics = newMetrics(s)
	if err := reg.Register(s.metrics); err != nil {
		return nil, fmt.Errorf("register the metrics of sfu: %w", err)
	}
	return s, nil
}

// Open returns the room with this id, opening it if there is none. A room
// without a counted participant closes after Config.EmptyRoom. ErrClosed after
// Close.
func (s *SFU) Open(id RoomID) (*Room, error) {
	if id == "" || len(id) > MaxIdentity {
		return nil, &FieldError{"room", fmt.Sprintf("%d bytes is not between 1 and %d", len(id), MaxIdentity)}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	r := s.rooms[id]
	if r == nil {
		r = newRoom(s, id, s.emptiest())
		s.rooms[id] = r
	}
	return r, nil
}

// Room returns the room with this id, or nil.
func (s *SFU) Room(id RoomID) *Room {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rooms[id]
}

// Rooms lists the open rooms in no particular order.
func (s *SFU) Rooms() []*Room {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]*Room, 0, len(s.rooms))
	for _, r := range s.rooms {
		list = append(list, r)
	}
	return list
}

// Close closes all rooms with LeftShutdown and refuses new ones.
func (s *SFU) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	for _, r := range s.Rooms() {
		r.Close(LeftShutdown)
	}
}

// forget drops a closed room, unless another instance has taken its place.
func (s *SFU) forget(r *Room) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rooms[r.id] == r {
		delete(s.rooms, r.id)
	}
}
