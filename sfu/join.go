package sfu

import (
	"fmt"
	"slices"
)

// Join is who joins.
type Join struct {
	Identity string // stable id chosen by the caller, 1 to MaxIdentity bytes
	Name     string // shown; cut to MaxName
	Kind     string // browser, whip, whep, phone, recorder, player: for display and metrics only
	Grants   Grants
	Metadata string        // opaque to sfu, at most MaxMetadata bytes
	Hidden   bool          // not in rosters
	Counted  bool          // keeps the room open, counts as present
	Admitted bool          // whoever decides has let it in: a locked room is no obstacle
	LinkedTo ParticipantID // the same person's other entry
	Origin   string        // node
}

func (j *Join) validate() error {
	if len(j.Identity) == 0 || len(j.Identity) > MaxIdentity {
		return &FieldError{"identity", fmt.Sprintf("%d bytes is not between 1 and %d", len(j.Identity), MaxIdentity)}
	}
	return checkMetadata(j.Metadata)
}

func checkMetadata(s string) error {
	if len(s) > MaxMetadata {
		return &FieldError{"metadata", fmt.Sprintf("%d bytes is more than %d", len(s), MaxMetadata)}
	}
	return nil
}

// Join adds a participant, or finds the one with this identity (found is
// true), to whom name, metadata, and grants of j then apply as by
// Participant.Update. It counts as detached until Participant.Attach.
// ErrLocked, ErrLimit, ErrClosed or a FieldError.
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
		p.become(r, j.Name, j.Metadata, j.Grants)
		return p, true, nil
	}
	if err := r.mayEnter(j.Counted && !j.Admitted); err != nil {
		return nil, false, err
	}
	p = newParticipant(r, j)
	r.admit(p)
	return p, false, nil
}

// mayEnter says why a newcomer may not come in, if so. Under r.mu.
func (r *Room) mayEnter(stoppedByLock bool) error {
	if r.state.Locked && stoppedByLock {
		return ErrLocked
	}
	if limit := r.sfu.cfg.MaxParticipants; len(r.participants) >= limit {
		return fmt.Errorf("%d participants in a room: %w", limit, ErrLimit)
	}
	return nil
}

// admit puts p on the roster. Under r.mu.
func (r *Room) admit(p *Participant) {
	r.participants = append(r.participants, p)
	r.share.members.Add(1)
	if !p.hidden {
		r.tellOthers(p, ParticipantJoined{p.info()})
	}
	p.watchTransports(r)
	r.watchEmpty()
}

// dismiss takes p off the roster, if it is on it. Under r.mu.
func (r *Room) dismiss(p *Participant, reason LeaveReason) {
	p.hand = Hand{} // it was raised in this room
	i := slices.Index(r.participants, p)
	if i < 0 {
		return
	}
	r.participants = slices.Delete(r.participants, i, i+1)
	r.share.members.Add(-1)
	if !p.hidden {
		r.tellOthers(p, ParticipantLeft{p.id, reason})
	}
	for _, pub := range p.publications {
		r.unpin(pub)
	}
	r.watchEmpty()
}

// watchEmpty starts or stops the alarm that closes a room without counted
// participants. Under r.mu.
func (r *Room) watchEmpty() {
	counted := slices.ContainsFunc(r.participants, func(p *Participant) bool { return p.counted })
	switch {
	case counted:
		r.empty.stop()
	case !r.empty.running() && !r.closed:
		r.empty.start(r.loop, r.sfu.cfg.EmptyRoom, r.closeEmpty)
	}
}

func (r *Room) closeEmpty(run int) {
	r.mu.Lock()
	ended := r.empty.rang(run) && r.end(LeftClosed)
	r.mu.Unlock()
	if ended {
		r.sfu.forget(r)
	}
}

// Move takes p with all that it publishes and receives to another room. Its
// transports, publications and slots stay; demands that name somebody of the
// old room show nothing. ErrNotFound if p is not in this room, ErrClosed,
// ErrLocked, ErrLimit, or a FieldError if its identity is in the other room
// already.
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
	case p.left != "" || p.room.Load() != r:
		return fmt.Errorf("participant %s: %w", p.id, ErrNotFound)
	case to.closed:
		return ErrClosed
	case to.byIdentity(p.identity) != nil:
		return &FieldError{"identity", fmt.Sprintf("%.64q is in the other room already", p.identity)}
	}
	if err := to.mayEnter(p.counted); err != nil {
		return err
	}
	r.dismiss(p, LeftMoved)
	p.room.Store(to)
	to.admit(p)
	p.tell(Moved{to.snapshot(p)})
	p.move(to.board)
	return nil
}
