package sfu

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// Room is a meeting place: what is published in it is forwarded among its
// participants. All methods may be called from any goroutine.
type Room struct {
	sfu      *SFU
	id       RoomID
	instance InstanceID
	loop     Loop
	board    *board // the packet path's half; touched only on the loop

	mu           sync.Mutex // guards everything below, and the fields of participants that say so
	closed       bool
	parent       RoomID
	state        State
	participants []*Participant // in the order in which they joined
	messages     uint64         // number of the last one
	emptyTimer   func()         // cancels the closing of an empty room; nil when it is not running
	emptyRun     int            // tells a timer that was cancelled too late that it was
}

func newRoom(s *SFU, id RoomID) *Room {
	r := &Room{sfu: s, id: id, instance: InstanceID(randomID()), loop: s.loop}
	r.state.Recording.State = RecordingOff
	r.board = newBoard(s, r.loop, r.tellAll)
	r.watchEmpty()
	return r
}

// ID is the room's key.
func (r *Room) ID() RoomID { return r.id }

// Loop is where the room's packet path runs.
func (r *Room) Loop() Loop { return r.loop }

// Info describes the room as it is now.
func (r *Room) Info() RoomInfo {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.info()
}

func (r *Room) info() RoomInfo {
	return RoomInfo{ID: r.id, Instance: r.instance, Parent: r.parent, State: r.state}
}

// SetParent makes the room a breakout room of another.
func (r *Room) SetParent(parent RoomID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.parent = parent
}

// Join is who joins.
type Join struct {
	Identity string // stable id chosen by the caller, 1 to MaxIdentity bytes
	Name     string // shown; cut to MaxName
	Kind     string // browser, whip, whep, phone, recorder, player: for display and metrics only
	Grants   Grants
	Metadata string        // opaque to sfu, at most MaxMetadata bytes
	Hidden   bool          // not in rosters
	Counted  bool          // keeps the room open, counts as present
	LinkedTo ParticipantID // the same person's other entry
	Origin   string        // node
}

func (j *Join) validate() error {
	if len(j.Identity) == 0 || len(j.Identity) > MaxIdentity {
		return &FieldError{"identity", fmt.Sprintf("%d bytes is not between 1 and %d", len(j.Identity), MaxIdentity)}
	}
	if len(j.Metadata) > MaxMetadata {
		return &FieldError{"metadata", fmt.Sprintf("%d bytes is more than %d", len(j.Metadata), MaxMetadata)}
	}
	j.Name = cleanText(j.Name, MaxName)
	return nil
}

// Join adds a participant, or finds the one with this identity (found is
// true), to whom name, metadata, and grants of j then apply. It counts as
// detached until Participant.Attach. ErrLocked, ErrLimit, ErrClosed or a
// FieldError.
func (r *Room) Join(j Join) (p *Participant, found bool, err error) {
	if err := j.validate(); err != nil {
		return nil, false, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, false, ErrClosed
	}
	if p := r.byIdentity(j.Identity); p != nil {
		p.name, p.metadata, p.grants = j.Name, j.Metadata, j.Grants
		r.tellUpdated(p)
		return p, true, nil
	}
	if r.state.Locked && j.Counted {
		return nil, false, ErrLocked
	}
	if limit := r.sfu.cfg.MaxParticipants; len(r.participants) >= limit {
		return nil, false, fmt.Errorf("%d participants in a room: %w", limit, ErrLimit)
	}
	p = newParticipant(r, j)
	r.admit(p)
	return p, false, nil
}

// admit puts p on the roster. Under r.mu.
func (r *Room) admit(p *Participant) {
	r.participants = append(r.participants, p)
	if !p.hidden {
		r.tellOthers(p, ParticipantJoined{p.info()})
	}
	p.watchTransports(r)
	r.watchEmpty()
}

// dismiss takes p off the roster. Under r.mu; false if it was not on it.
func (r *Room) dismiss(p *Participant, reason LeaveReason) bool {
	i := slices.Index(r.participants, p)
	if i < 0 {
		return false
	}
	r.participants = slices.Delete(r.participants, i, i+1)
	if !p.hidden {
		r.tellOthers(p, ParticipantLeft{p.id, reason})
	}
	r.watchEmpty()
	return true
}

// watchEmpty starts or stops the timer that closes a room without counted
// participants. Under r.mu.
func (r *Room) watchEmpty() {
	empty := !r.closed && !slices.ContainsFunc(r.participants, func(p *Participant) bool { return p.counted })
	if !empty {
		if r.emptyTimer != nil {
			r.emptyTimer()
			r.emptyTimer = nil
		}
		r.emptyRun++
		return
	}
	if r.emptyTimer == nil {
		run := r.emptyRun
		r.emptyTimer = r.loop.After(r.sfu.cfg.EmptyRoom, func() { r.closeIfEmpty(run) })
	}
}

func (r *Room) closeIfEmpty(run int) {
	r.mu.Lock()
	stale := run != r.emptyRun
	r.mu.Unlock()
	if !stale {
		r.Close(LeftClosed)
	}
}

// Participant finds a participant; nil if it is not in the room.
func (r *Room) Participant(id ParticipantID) *Participant {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.participant(id)
}

func (r *Room) participant(id ParticipantID) *Participant {
	for _, p := range r.participants {
		if p.id == id {
			return p
		}
	}
	return nil
}

// ByIdentity finds a participant by its identity; nil if it is not in the room.
func (r *Room) ByIdentity(identity string) *Participant {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.byIdentity(identity)
}

func (r *Room) byIdentity(identity string) *Participant {
	for _, p := range r.participants {
		if p.identity == identity {
			return p
		}
	}
	return nil
}

// Participants lists everybody, the hidden included, in the order of joining.
func (r *Room) Participants() []*Participant {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.participants)
}

// Publication finds a publication; nil if it is not in the room.
func (r *Room) Publication(id PublicationID) *Publication {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.participants {
		for _, pub := range p.publications {
			if pub.id == id {
				return pub
			}
		}
	}
	return nil
}

// Codecs lists what may be published in this room now, the policy's first
// choice first: what every member that receives this kind can decode, or the
// whole policy if they have nothing in common.
func (r *Room) Codecs(kind Kind) []Codec {
	if kind == Audio {
		return []Codec{Opus}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	common := AllCodecs
	for _, p := range r.participants {
		for _, s := range p.subscriptions {
			if s.slot.Kind == kind {
				common &= s.slot.Codecs
			}
		}
	}
	var list []Codec
	for _, c := range r.sfu.codecs {
		if common.Has(c) {
			list = append(list, c)
		}
	}
	if len(list) == 0 {
		return slices.Clone(r.sfu.codecs)
	}
	return list
}

// Update changes the State and tells everyone; its Version grows by one.
func (r *Room) Update(change func(*State)) State {
	r.mu.Lock()
	defer r.mu.Unlock()
	version := r.state.Version
	change(&r.state)
	r.state.Version = version + 1
	r.tellOthers(nil, StateChanged{r.state})
	return r.state
}

// Remove makes a participant leave. ErrNotFound.
func (r *Room) Remove(id ParticipantID, reason LeaveReason) error {
	p := r.Participant(id)
	if p == nil {
		return fmt.Errorf("participant %.40q: %w", id, ErrNotFound)
	}
	p.Leave(reason)
	return nil
}

// Close makes everybody leave and ends the room; the next Open of its id is a
// new instance.
func (r *Room) Close(reason LeaveReason) {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return
	}
	r.closed = true
	if r.emptyTimer != nil {
		r.emptyTimer()
		r.emptyTimer = nil
	}
	everybody := slices.Clone(r.participants)
	r.mu.Unlock()
	r.sfu.forget(r)
	for _, p := range everybody {
		p.Leave(reason)
	}
	r.loop.Post(r.board.close)
}

// tellOthers queues an event for everybody but one. Under r.mu, so that all
// streams have one order.
func (r *Room) tellOthers(except *Participant, ev Event) {
	for _, p := range r.participants {
		if p != except {
			p.tell(ev)
		}
	}
}

// tellAll queues an event for everybody.
func (r *Room) tellAll(ev Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tellOthers(nil, ev)
}

// tellUpdated says how p is now, to p itself too. Under r.mu.
func (r *Room) tellUpdated(p *Participant) {
	ev := ParticipantUpdated{p.info()}
	p.tell(ev)
	if !p.hidden {
		r.tellOthers(p, ev)
	}
}

// snapshot is the room as p sees it. Under r.mu.
func (r *Room) snapshot(p *Participant) Snapshot {
	s := Snapshot{Room: r.info(), Self: p.info(), Speakers: r.board.lastSpeakers()}
	for _, other := range r.participants {
		if other != p && !other.hidden {
			s.Participants = append(s.Participants, other.info())
		}
	}
	return s
}

func (r *Room) now() time.Time { return r.loop.Now() }
