package sfu

import (
	"fmt"
	"slices"
)

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
	case p.left != "":
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
		pub.feed.seat = &p.seat
		p.publications = append(p.publications, pub)
	} else if pub.track.Kind != t.Kind {
		return nil, &FieldError{"track", fmt.Sprintf("%.64q is %v, not %v", t.ID, pub.track.Kind, t.Kind)}
	}
	if pub.mutedBy != "" {
		t.Muted = true // a reload does not undo what a moderator did
	}
	pub.track = t
	r.tellUpdated(p)
	p.post(func() {
		pub.feed.start(t, src)
		p.seat.publish(pub)
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

// validate checks what a publisher says of a track.
func (t *Track) validate(cfg *Config) error {
	switch {
	case len(t.ID) == 0 || len(t.ID) > MaxTrackID:
		return &FieldError{"track", fmt.Sprintf("%d bytes is not between 1 and %d", len(t.ID), MaxTrackID)}
	case t.Kind != Audio && t.Kind != Video:
		return &FieldError{"kind", fmt.Sprintf("%v is not audio or video", t.Kind)}
	case t.Kind == Audio && (t.Source == Camera || t.Source == Screen) || t.Kind == Video && (t.Source == Microphone || t.Source == ScreenAudio):
		return &FieldError{"source", fmt.Sprintf("%v does not come from a %s", t.Kind, t.Source)}
	case !t.Source.Valid():
		return &FieldError{"source", fmt.Sprintf("%.40q is not one of microphone, camera, screen, screen-audio, playback, prompt", t.Source)}
	case len(t.Encodings) > cfg.MaxEncodings:
		return &FieldError{"encodings", fmt.Sprintf("%d is more than %d", len(t.Encodings), cfg.MaxEncodings)}
	case !t.sized():
		return &FieldError{"track", fmt.Sprintf("a picture of %dx%d or one of its encodings is not between 0 and %d pixels wide and high", t.Width, t.Height, maxPixels)}
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

// maxPixels a picture may be wide or high.
const maxPixels = 16384

// sized reports whether all sizes are within bounds.
func (t *Track) sized() bool {
	bounded := func(w, h int) bool { return min(w, h) >= 0 && max(w, h) <= maxPixels }
	return bounded(t.Width, t.Height) &&
		!slices.ContainsFunc(t.Encodings, func(e Encoding) bool { return !bounded(e.Width, e.Height) })
}
