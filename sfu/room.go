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
	share    *share
	board    *board // the packet path's half; touched only on the loop

	mu           sync.Mutex // guards everything below, and the fields of participants that say so
	closed       bool
	parent       RoomID
	state        State
	participants []*Participant // in the order in which they joined
	messages     uint64         // number of the last one
	hands        uint64         // number of the one that was raised last
	reacted      allowance
	empty        alarm // closes a room that nobody came to or stayed in
}

func newRoom(s *SFU, id RoomID, at *share) *Room {
	r := &Room{sfu: s, id: id, instance: InstanceID(randomID()), loop: at.loop, share: at}
	at.rooms.Add(1)
	r.state.Recording.State = RecordingOff
	r.board = newBoard(s, r.loop, r.tellAll)
	r.mu.Lock()
	defer r.mu.Unlock()
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
// change runs under the room's lock: it must not call anything of the room.
func (r *Room) Update(change func(*State)) State {
	r.mu.Lock()
	defer r.mu.Unlock()
	version := r.state.Version
	change(&r.state)
	r.state.Version = version + 1
	r.tellOthers(nil, StateChanged{r.state})
	return r.state
}

// unpin takes back that a publication, which goes, was pinned. Under r.mu.
func (r *Room) unpin(pub *Publication) {
	if r.state.Pinned == pub.id {
		r.state.Pinned = ""
		r.state.Version++
		r.tellOthers(nil, StateChanged{r.state})
	}
}

// Remove makes a participant leave. ErrNotFound.
func (r *Room) Remove(id ParticipantID, reason LeaveReason) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.participant(id)
	if p == nil {
		return fmt.Errorf("participant %.40q: %w", id, ErrNotFound)
	}
	p.depart(r, reason)
	return nil
}

// Close makes everybody leave and ends the room; the next Open of its id is a
// new instance.
func (r *Room) Close(reason LeaveReason) {
	r.mu.Lock()
	ended := r.end(reason)
	r.mu.Unlock()
	if ended {
		r.sfu.forget(r)
	}
}

// end closes the room; false if it was. Nobody is told that the others leave,
// since everybody does. Under r.mu.
func (r *Room) end(reason LeaveReason) bool {
	if r.closed {
		return false
	}
	r.closed = true
	r.empty.stop()
	r.share.rooms.Add(-1)
	everybody := r.participants
	r.share.members.Add(-int64(len(everybody)))
	r.participants = nil
	for _, p := range everybody {
		p.depart(r, reason)
	}
	r.loop.Post(r.board.close)
	return true
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
	s := Snapshot{Room: r.info(), Self: p.info()}
	for _, other := range r.participants {
		if other != p && !other.hidden {
			s.Participants = append(s.Participants, other.info())
		}
	}
	for _, speaker := range r.board.lastSpeakers() {
		if r.participant(speaker.Participant) != nil { // it may have left since
			s.Speakers = append(s.Speakers, speaker)
		}
	}
	return s
}

func (r *Room) now() time.Time { return r.loop.Now() }
