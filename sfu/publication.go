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

func (t *Track) validate(cfg *Config) error {
	switch {
	case len(t.ID) == 0 || len(t.ID) > MaxTrackID:
		return &FieldError{"track", fmt.Sprintf("%d bytes is not between 1 and %d", len(t.ID), MaxTrackID)}
	case t.Kind != Audio && t.Kind != Video:
		return &FieldError{"kind", fmt.Sprintf("%v is not audio or video", t.Kind)}
	case !t.Source.Valid():
		return &FieldError{"source", fmt.Sprintf("%.40q is not one of microphone, camera, screen, screen-audio, playback, prompt", t.Source)}
	case len(t.Encodings) > cfg.MaxEncodings:
		return &FieldError{"encodings", fmt.Sprintf("%d is more than %d", len(t.Encodings), cfg.MaxEncodings)}
	case t.Encryption.Scheme != "" && t.Encryption.Scheme != "sframe":
		return &FieldError{"encryption.scheme", fmt.Sprintf("%.40q is not sframe", t.Encryption.Scheme)}
	}
	for i, e := range t.Encodings {
		for _, other := range t.Encodings[:i] {
			if e.RID == other.RID {
				return &FieldError{fmt.Sprintf("encodings[%d].rid", i), fmt.Sprintf("%.40q is there twice", e.RID)}
			}
		}
	}
	return nil
}

// Publish makes a track live. The same Track.ID of the same participant is the
// same Publication: its subscribers stay, and the source that fed it before is
// Revoked unless it is src. Sources must be comparable. A track without
// Encodings has one. ErrForbidden, ErrLimit, ErrClosed or a FieldError.
func (p *Participant) Publish(t Track, src Source) (*Publication, error) {
	if len(t.Encodings) == 0 {
		t.Encodings = []Encoding{{Width: t.Width, Height: t.Height}}
	}
	r := p.lockRoom()
	defer r.mu.Unlock()
	if err := t.validate(&r.sfu.cfg); err != nil {
		return nil, err
	}
	switch {
	case p.left:
		return nil, ErrClosed
	case !p.grants.Has(MayPublish):
		return nil, fmt.Errorf("publish: %w", ErrForbidden)
	}
	t.Encodings = slices.Clone(t.Encodings)
	pub := p.publication(t.ID)
	if pub == nil {
		if limit := r.sfu.cfg.MaxPublications; len(p.publications) >= limit {
			return nil, fmt.Errorf("%d publications of a participant: %w", limit, ErrLimit)
		}
		pub = &Publication{id: PublicationID(randomID()), number: r.freeNumber(), participant: p}
		p.publications = append(p.publications, pub)
	} else if pub.track.Kind != t.Kind {
		return nil, &FieldError{"track", fmt.Sprintf("%.64q is %v, not %v", t.ID, pub.track.Kind, t.Kind)}
	}
	if pub.mutedBy != "" {
		t.Muted = true // a reload does not undo what a moderator did
	}
	pub.track = t
	r.tellUpdated(p)
	r.loop.Post(func() {
		pub.feed.start(pub, t, src)
		p.room.Load().board.addPublication(pub)
	})
	return pub, nil
}

func (p *Participant) publication(track string) *Publication {
	for _, pub := range p.publications {
		if pub.track.ID == track {
			return pub
		}
	}
	return nil
}

// freeNumber is a publication number that nobody in the room has. Under r.mu.
func (r *Room) freeNumber() uint32 {
	for {
		n := randomNumber()
		taken := slices.ContainsFunc(r.participants, func(p *Participant) bool {
			return slices.ContainsFunc(p.publications, func(pub *Publication) bool { return pub.number == n })
		})
		if !taken {
			return n
		}
	}
}

// Mute mutes or unmutes: by is the publisher itself, or a moderator, who may
// mute but not unmute. What a moderator muted its publisher may unmute.
// Nothing of a muted publication is forwarded. ErrForbidden, ErrNotFound.
func (pub *Publication) Mute(muted bool, by ParticipantID) error {
	p := pub.participant
	r := p.lockRoom()
	defer r.mu.Unlock()
	if pub.ended || p.left {
		return fmt.Errorf("publication %s: %w", pub.id, ErrNotFound)
	}
	own := by == p.id
	if !own {
		moderator := r.participant(by)
		if moderator == nil || !moderator.grants.Has(MayModerate) || !muted {
			return fmt.Errorf("mute publication %s: %w", pub.id, ErrForbidden)
		}
	}
	if pub.track.Muted == muted {
		return nil
	}
	pub.track.Muted, pub.mutedBy = muted, ""
	if !own {
		pub.mutedBy = by
		p.tell(PublicationMuted{pub.id, by})
	}
	r.tellUpdated(p)
	r.loop.Post(func() {
		pub.feed.muted = muted
		p.room.Load().board.changed()
	})
	return nil
}

// Detach says that src no longer feeds the publication, since its transport
// has closed. If src still is its source it stays, silent, until its
// participant leaves or publishes the track again.
func (pub *Publication) Detach(src Source) {
	p := pub.participant
	p.Loop().Post(func() {
		if pub.feed.source == src {
			pub.feed.source = nil
			p.room.Load().board.changed()
		}
	})
}

// End unpublishes. It may be called more than once.
func (pub *Publication) End() {
	p := pub.participant
	r := p.lockRoom()
	defer r.mu.Unlock()
	if pub.ended || p.left {
		return
	}
	pub.ended = true
	p.publications = slices.DeleteFunc(p.publications, func(other *Publication) bool { return other == pub })
	r.tellUpdated(p)
	r.loop.Post(func() {
		pub.feed.stop()
		p.room.Load().board.removePublication(pub)
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
	pub.feed.commit(pub, encoding, packets)
}

// SenderReport says that rtp of an encoding was captured at ntp on the
// publisher's clock (RFC 3550 section 6.4.1). On the loop.
func (pub *Publication) SenderReport(encoding int, ntp time.Time, rtp uint32) {
	if encoding < 0 || encoding >= len(pub.feed.encodings) {
		return
	}
	pub.feed.encodings[encoding].senderReport(ntp, rtp, pub.participant.Loop().Now().UnixNano())
}
