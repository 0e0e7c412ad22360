package sfu

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Participant is one member of a room, whatever its transports are and however
// many it has. All methods may be called from any goroutine.
type Participant struct {
	id       ParticipantID
	identity string
	kind     string
	hidden   bool
	counted  bool
	linkedTo ParticipantID
	origin   string
	joinedAt time.Time
	done     chan struct{} // closed when it has left

	room   atomic.Pointer[Room] // changes under the mu of both rooms
	budget atomic.Int64         // bits per second, 0 unlimited

	// Guarded by the room's mu.
	name          string
	metadata      string
	grants        Grants
	publications  []*Publication
	subscriptions []*Subscription
	left          bool
	transports    transports

	streamMu sync.Mutex // may be taken under the room's mu, never the other way round
	stream   *eventStream
}

func newParticipant(r *Room, j Join) *Participant {
	p := &Participant{
		id: ParticipantID(randomID()), identity: j.Identity, kind: j.Kind,
		hidden: j.Hidden, counted: j.Counted, linkedTo: j.LinkedTo, origin: j.Origin,
		joinedAt: r.now(), done: make(chan struct{}),
		name: j.Name, metadata: j.Metadata, grants: j.Grants,
	}
	p.room.Store(r)
	return p
}

// lockRoom locks and returns the room that p is in at that moment.
func (p *Participant) lockRoom() *Room {
	for {
		r := p.room.Load()
		r.mu.Lock()
		if p.room.Load() == r {
			return r
		}
		r.mu.Unlock()
	}
}

// ID of this participant in this room.
func (p *Participant) ID() ParticipantID { return p.id }

// Identity is the stable id that the caller of Join chose.
func (p *Participant) Identity() string { return p.identity }

// Room is the room that p is in now, or was in last.
func (p *Participant) Room() *Room { return p.room.Load() }

// Loop is where the packets of p's room are handled.
func (p *Participant) Loop() Loop { return p.room.Load().loop }

// Done is closed when the participant has left for good.
func (p *Participant) Done() <-chan struct{} { return p.done }

// Info describes the participant as others see it.
func (p *Participant) Info() ParticipantInfo {
	r := p.lockRoom()
	defer r.mu.Unlock()
	return p.info()
}

func (p *Participant) info() ParticipantInfo {
	info := ParticipantInfo{
		ID: p.id, Identity: p.identity, Name: p.name, Kind: p.kind, Reconnecting: p.transports.reconnecting,
		Grants: p.grants, Metadata: p.metadata, LinkedTo: p.linkedTo, Origin: p.origin, JoinedAt: p.joinedAt,
		Publications: make([]PublicationInfo, 0, len(p.publications)),
	}
	for _, pub := range p.publications {
		info.Publications = append(info.Publications, pub.info())
	}
	return info
}

// Grants are what the participant may do now.
func (p *Participant) Grants() Grants {
	r := p.lockRoom()
	defer r.mu.Unlock()
	return p.grants
}

// Update changes Name, Metadata and Grants, and tells everyone. Other fields of
// the ParticipantInfo are ignored. A FieldError, or ErrClosed once p has left.
// Losing MayPublish ends its publications.
func (p *Participant) Update(change func(*ParticipantInfo)) error {
	r := p.lockRoom()
	if p.left {
		r.mu.Unlock()
		return ErrClosed
	}
	info := p.info()
	change(&info)
	if len(info.Metadata) > MaxMetadata {
		r.mu.Unlock()
		return &FieldError{"metadata", fmt.Sprintf("%d bytes is more than %d", len(info.Metadata), MaxMetadata)}
	}
	p.name, p.metadata, p.grants = cleanText(info.Name, MaxName), info.Metadata, info.Grants
	var ending []*Publication
	if !p.grants.Has(MayPublish) {
		ending = slices.Clone(p.publications)
	}
	r.tellUpdated(p)
	r.mu.Unlock()
	for _, pub := range ending {
		pub.End()
	}
	return nil
}

// SetBudget says how many bits per second may be sent to the participant; 0 is
// unlimited. Only a transport calls it.
func (p *Participant) SetBudget(bitsPerSecond int) {
	p.budget.Store(int64(max(bitsPerSecond, 0)))
	r := p.room.Load()
	r.loop.Post(r.board.retarget)
}

// Leave takes the participant out of its room with all that it publishes and
// receives, and ends its event stream. It may be called more than once.
func (p *Participant) Leave(reason LeaveReason) {
	r := p.lockRoom()
	if p.left {
		r.mu.Unlock()
		return
	}
	p.left = true
	p.transports.stop()
	r.dismiss(p, reason)
	p.publications, p.subscriptions = nil, nil
	board := r.board
	r.mu.Unlock()

	p.endStream(Left{reason})
	close(p.done)
	r.loop.Post(func() { board.removeParticipant(p) })
}

// Move takes p with all that it publishes and receives to another room. Its
// transports, publications and slots stay; demands that name somebody of the
// old room show nothing. ErrClosed, ErrLocked, ErrLimit, or ErrInvalid if its
// identity is in the other room already.
func (r *Room) Move(p *Participant, to *Room) error {
	if r == to {
		return nil
	}
	first, second := r, to
	if second.instance < first.instance {
		first, second = second, first
	}
	first.mu.Lock()
	defer first.mu.Unlock()
	second.mu.Lock()
	defer second.mu.Unlock()

	switch {
	case p.left || p.room.Load() != r:
		return fmt.Errorf("participant %s: %w", p.id, ErrNotFound)
	case to.closed:
		return ErrClosed
	case to.byIdentity(p.identity) != nil:
		return &FieldError{"identity", fmt.Sprintf("%.64q is in the other room already", p.identity)}
	case len(to.participants) >= to.sfu.cfg.MaxParticipants:
		return fmt.Errorf("%d participants in a room: %w", to.sfu.cfg.MaxParticipants, ErrLimit)
	}
	r.dismiss(p, LeftMoved)
	p.room.Store(to)
	to.admit(p)
	p.tell(Moved{to.snapshot(p)})
	// What p publishes leaves one loop before it enters the other.
	r.loop.Post(func() {
		luggage := r.board.removeParticipant(p)
		to.loop.Post(func() { to.board.addParticipant(luggage) })
	})
	return nil
}
