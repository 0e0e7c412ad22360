package main

import (
	"errors"

	"switchyard/services/meetings"
	"switchyard/sfu"
)

// hostControl does to rooms what hosts of meetings ask for. What is not there is no error.
type hostControl struct{ rooms *sfu.SFU }

func (h hostControl) participant(room, identity string) *sfu.Participant {
	if r := h.rooms.Room(sfu.RoomID(room)); r != nil {
		return r.ByIdentity(identity)
	}
	return nil
}

// Remove makes somebody leave.
func (h hostControl) Remove(room, identity, _ string) error {
	if p := h.participant(room, identity); p != nil {
		p.Leave(sfu.LeftRemoved)
	}
	return nil
}

// Mute mutes what somebody says, or everybody but by; what they show stays.
func (h hostControl) Mute(room, identity, by string) error {
	r := h.rooms.Room(sfu.RoomID(room))
	if r == nil {
		return nil
	}
	host := sfu.ParticipantID("")
	if p := r.ByIdentity(by); p != nil {
		host = p.ID()
	}
	var faults []error
	for _, p := range r.Participants() {
		info := p.Info()
		if identity != "" && info.Identity != identity || identity == "" && info.Identity == by {
			continue
		}
		for _, publication := range info.Publications {
			if publication.Track.Kind != sfu.Audio || publication.Track.Source == sfu.ScreenAudio {
				continue
			}
			if pub := r.Publication(publication.ID); pub != nil {
				if err := pub.Silence(host); !errors.Is(err, sfu.ErrNotFound) {
					faults = append(faults, err)
				}
			}
		}
	}
	return errors.Join(faults...)
}

// AskUnmute asks somebody to unmute.
func (h hostControl) AskUnmute(room, identity string) error {
	if p := h.participant(room, identity); p != nil {
		p.Ask(sfu.AskUnmute)
	}
	return nil
}

// LowerHand lowers somebody's hand, or all.
func (h hostControl) LowerHand(room, identity string) error {
	if r := h.rooms.Room(sfu.RoomID(room)); r != nil && identity == "" {
		r.LowerHands()
		return nil
	}
	if p := h.participant(room, identity); p != nil {
		if err := p.LowerHand(); !errors.Is(err, sfu.ErrClosed) {
			return err
		}
	}
	return nil
}

// UpdateGrants gives somebody what its new role may do, and tells the roster of the role.
func (h hostControl) UpdateGrants(room, identity, role string) error {
	return h.update(room, identity, func(info *sfu.ParticipantInfo) { info.Metadata = meetings.WithRole(info.Metadata, meetings.Role(role)) })
}

// UpdateProfile tells the roster of somebody's name and picture.
func (h hostControl) UpdateProfile(room, identity, name, avatar string) error {
	return h.update(room, identity, func(info *sfu.ParticipantInfo) {
		info.Name, info.Metadata = name, meetings.WithAvatar(info.Metadata, avatar)
	})
}

func (h hostControl) update(room, identity string, change func(*sfu.ParticipantInfo)) error {
	p := h.participant(room, identity)
	if p == nil {
		return nil
	}
	err := p.Update(change)
	if errors.Is(err, sfu.ErrClosed) {
		return nil
	}
	return err
}

// SetLocked shows everybody that the room is locked, or not any more. Who is let in nevertheless is the meeting's matter.
func (h hostControl) SetLocked(room string, locked bool) error {
	if r := h.rooms.Room(sfu.RoomID(room)); r != nil {
		r.Update(func(s *sfu.State) { s.Locked = locked })
	}
	return nil
}

// SetPublic shows everybody that the meeting is public, or not.
func (h hostControl) SetPublic(room string, public bool) error {
	if r := h.rooms.Room(sfu.RoomID(room)); r != nil {
		r.Update(func(s *sfu.State) { s.Public = public })
	}
	return nil
}

// Close ends the room for all.
func (h hostControl) Close(room string) error {
	if r := h.rooms.Room(sfu.RoomID(room)); r != nil {
		r.Close(sfu.LeftClosed)
	}
	return nil
}
