package sfu

import (
	"fmt"
	"slices"
	"time"
)

// Publication is a track live in a room, and its publisher's handle. It
// outlives its source: the same track published again is the same Publication.
type Publication struct {
	id          PublicationID
	number      uint32
	participant *Participant

	// Guarded by the room's mu.
	track   Track
	codec   Codec
	mutedBy ParticipantID
	ended   bool

	feed feed // touched only on the loop
}

// ID of the publication.
func (pub *Publication) ID() PublicationID { return pub.id }

// Number is the CSRC of every packet of the publication.
func (pub *Publication) Number() uint32 { return pub.number }

// Participant that publishes it.
func (pub *Publication) Participant() *Participant { return pub.participant }

// Info describes the publication.
func (pub *Publication) Info() PublicationInfo {
	r := pub.participant.lockRoom()
	defer r.mu.Unlock()
	return pub.info()
}

func (pub *Publication) info() PublicationInfo {
	return PublicationInfo{ID: pub.id, Number: pub.number, Track: pub.track, Codec: pub.codec, MutedBy: pub.mutedBy}
}

// Mute mutes or unmutes: by is the publisher itself, or a moderator, who may
// mute but not unmute. What a moderator muted its publisher may unmute.
// Nothing of a muted publication is forwarded. ErrForbidden, ErrNotFound.
func (pub *Publication) Mute(muted bool, by ParticipantID) error {
	r := pub.participant.lockRoom()
	defer r.mu.Unlock()
	if by != pub.participant.id {
		moderator := r.participant(by)
		if moderator == nil || !moderator.grants.Has(MayModerate) || !muted {
			return fmt.Errorf("mute publication %s: %w", pub.id, ErrForbidden)
		}
	}
	return pub.mute(r, muted, by)
}

// Silence mutes for somebody whose right to do so was decided elsewhere; by is that
// participant, or empty if it is not in the room. ErrNotFound.
func (pub *Publication) Silence(by ParticipantID) error {
	r := pub.participant.lockRoom()
	defer r.mu.Unlock()
	if by == "" {
		by = outsider
	}
	return pub.mute(r, true, by)
}

// outsider stands for somebody who is not in the room.
const outsider ParticipantID = "host"

// mute does it, under the mu of r.
func (pub *Publication) mute(r *Room, muted bool, by ParticipantID) error {
	p := pub.participant
	if pub.ended || p.left != "" {
		return fmt.Errorf("publication %s: %w", pub.id, ErrNotFound)
	}
	if pub.track.Muted == muted {
		return nil
	}
	pub.track.Muted, pub.mutedBy = muted, ""
	if by != p.id {
		pub.mutedBy = by
		p.tell(PublicationMuted{pub.id, by})
	}
	r.tellUpdated(p)
	p.post(func() {
		pub.feed.muted = muted
		pub.feed.retarget()
	})
	return nil
}

// Detach says that src no longer feeds the publication, since its transport
// has closed. If src still is its source it stays, silent, until its
// participant leaves or publishes the track again.
func (pub *Publication) Detach(src Source) {
	pub.participant.Post(func() {
		if pub.feed.source == src {
			pub.feed.source = nil
			pub.feed.retarget()
		}
	})
}

// End unpublishes. It may be called more than once.
func (pub *Publication) End() {
	p := pub.participant
	r := p.lockRoom()
	defer r.mu.Unlock()
	if !pub.ended && p.left == "" {
		pub.end(r)
		r.tellUpdated(p)
	}
}

// end takes a live publication away. Under the mu of r, its room.
func (pub *Publication) end(r *Room) {
	p := pub.participant
	pub.ended = true
	p.publications = slices.DeleteFunc(p.publications, func(other *Publication) bool { return other == pub })
	r.unpin(pub)
	p.post(func() {
		p.seat.unpublish(pub)
		pub.feed.end()
	})
}

// Reserve appends n empty packets of an encoding's history to into. They are
// the caller's until Commit, which must follow before the loop goes on to
// something else. On the loop. n is at most a quarter of the history.
func (pub *Publication) Reserve(encoding, n int, into []*Packet) []*Packet {
	if encoding < 0 || encoding >= len(pub.feed.encodings) {
		return into
	}
	return pub.feed.encodings[encoding].reserve(n, into)
}

// Commit takes the packets that Reserve handed out for this encoding: those
// with a Payload were received together and are forwarded. On the loop.
func (pub *Publication) Commit(encoding int, packets []*Packet) {
	if encoding < 0 || encoding >= len(pub.feed.encodings) || len(packets) == 0 {
		return
	}
	pub.feed.commit(encoding, packets)
}

// SenderReport says that rtp of an encoding was captured at ntp on the
// publisher's clock (RFC 3550 section 6.4.1). On the loop.
func (pub *Publication) SenderReport(encoding int, ntp time.Time, rtp uint32) {
	if encoding < 0 || encoding >= len(pub.feed.encodings) {
		return
	}
	pub.feed.encodings[encoding].senderReport(ntp, rtp, pub.feed.seat.board.loop.Now().UnixNano())
}
