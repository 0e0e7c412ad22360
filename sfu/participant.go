package sfu

import (
	"cmp"
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
	person   ParticipantID // linkedTo, or else id: the same for all entries of one person
	origin   string
	joinedAt time.Time
	done     chan struct{} // closed when it has left

	room atomic.Pointer[Room] // changes under the mu of both rooms

	// Guarded by the room's mu.
	name          string
	metadata      string
	grants        Grants
	hand          Hand
	reacted       allowance
	publications  []*Publication
	subscriptions []*Subscription
	left          LeaveReason // empty: it is there
	transports    transports
	transit       transit

	streamMu sync.Mutex // may be taken under the room's mu, never the other way round
	stream   *eventStream

	seat seat // the packet path's half; touched only on the loop
}

func newParticipant(r *Room, j Join) *Participant {
	p := &Participant{
		id: ParticipantID(randomID()), identity: j.Identity, kind: j.Kind,
		hidden: j.Hidden, counted: j.Counted, linkedTo: j.LinkedTo, origin: j.Origin,
		joinedAt: r.now(), done: make(chan struct{}),
		name: cleanText(j.Name, MaxName), metadata: j.Metadata, grants: j.Grants,
	}
	p.person = cmp.Or(p.linkedTo, p.id)
	p.room.Store(r)
	p.seat = seat{participant: p, board: r.board}
	p.transit.loop = r.loop
	return p
}

// lockRoom locks and returns the room that p is in at that moment. What is
// posted to the loop under that lock finds p's seat in the same room.
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

// Hidden reports whether the participant is in no roster.
func (p *Participant) Hidden() bool { return p.hidden }

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
		Grants: p.grants, Metadata: p.metadata, LinkedTo: p.linkedTo, Origin: p.origin, JoinedAt: p.joinedAt, Hand: p.hand,
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
// Losing MayPublish ends its publications; without MaySubscribe nothing flows
// through its slots. change runs under the room's lock: it must not call
// anything of the room.
func (p *Participant) Update(change func(*ParticipantInfo)) error {
	r := p.lockRoom()
	defer r.mu.Unlock()
	if p.left != "" {
		return ErrClosed
	}
	info := p.info()
	change(&info)
	if err := checkMetadata(info.Metadata); err != nil {
		return err
	}
	p.become(r, info.Name, info.Metadata, info.Grants)
	return nil
}

// Ask tells the participant what somebody who may asks of it.
func (p *Participant) Ask(what string) {
	r := p.lockRoom()
	defer r.mu.Unlock()
	p.tell(Asked{what})
}

// become changes what may change of p and tells everyone. Under the mu of r,
// which is p's room.
func (p *Participant) become(r *Room, name, metadata string, grants Grants) {
	p.name, p.metadata, p.grants = cleanText(name, MaxName), metadata, grants
	if !grants.Has(MayPublish) {
		for len(p.publications) > 0 {
			p.publications[0].end(r)
		}
	}
	r.tellUpdated(p)
	p.post(func() { p.seat.setDeaf(!grants.Has(MaySubscribe)) })
}

// SetBudget says how many bits per second may be sent to the participant; 0 is
// unlimited. Only a transport calls it.
func (p *Participant) SetBudget(bitsPerSecond int) {
	p.Post(func() { p.seat.setBudget(bitsPerSecond) })
}

// Leave takes the participant out of its room with all that it publishes and
// receives, and ends its event stream. It may be called more than once.
func (p *Participant) Leave(reason LeaveReason) {
	r := p.lockRoom()
	defer r.mu.Unlock()
	p.depart(r, reason)
}

// depart is Leave under the mu of r, which is p's room.
func (p *Participant) depart(r *Room, reason LeaveReason) {
	if p.left != "" {
		return
	}
	p.left = cmp.Or(reason, LeftByItself)
	p.transports.stop()
	r.dismiss(p, p.left)
	p.publications, p.subscriptions = nil, nil
	p.endStream(Left{p.left})
	close(p.done)
	p.post(p.seat.leave)
}
