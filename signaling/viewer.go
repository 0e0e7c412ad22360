package signaling

import (
	"net/http"
	"net/url"
	"slices"

	"switchyard/sfu"
	"switchyard/sfu/rtc"
	"switchyard/signaling/protocol"
)

// choice is what a WHEP viewer's query asks to see. IDs are of participants or
// identities, of publications for tracks.
type choice struct {
	participant string
	tracks      []string
	exclude     []string
}

// Bounds of a viewer's query.
const (
	maxChosen   = 64
	maxChosenID = 128 // bytes
)

// fullSize is what a viewer that can't say how large its picture is gets: the
// best there is.
const fullSize = protocol.MaxDimension

func parseChoice(query url.Values) (*choice, error) {
	c := &choice{tracks: query["track"], exclude: query["exclude"]}
	if list := query["participant"]; len(list) > 1 {
		return nil, statusError(http.StatusBadRequest, "participant: %d values, at most one is allowed", len(list))
	}
	c.participant = query.Get("participant")
	for name, list := range map[string][]string{"participant": query["participant"], "track": c.tracks, "exclude": c.exclude} {
		if len(list) > maxChosen {
			return nil, statusError(http.StatusBadRequest, "%s: %d values is more than %d", name, len(list), maxChosen)
		}
		for _, id := range list {
			if id == "" || len(id) > maxChosenID {
				return nil, statusError(http.StatusBadRequest, "%s: %d bytes is not between 1 and %d", name, len(id), maxChosenID)
			}
		}
	}
	if c.participant != "" && len(c.tracks) > 0 {
		return nil, statusError(http.StatusBadRequest, "participant and track exclude each other")
	}
	return c, nil
}

// live reports whether what is shown changes with who is there.
func (c *choice) live() bool { return c.participant != "" || len(c.tracks) > 0 || len(c.exclude) > 0 }

// wants is the demand for each slot in the room as it is.
func (c *choice) wants(room *sfu.Room, slots []rtc.Slot) []sfu.Demand {
	out := make([]sfu.Demand, len(slots))
	if c.participant == "" && len(c.tracks) == 0 {
		without := c.without(room)
		for i := range out {
			out[i] = sfu.Demand{Kind: sfu.WantSpeaker, Exclude: without}
		}
	} else {
		left := map[sfu.Kind][]sfu.PublicationID{}
		if c.participant != "" {
			left[sfu.Audio], left[sfu.Video] = c.ofParticipant(room)
		} else {
			left[sfu.Audio], left[sfu.Video] = c.chosen(room)
		}
		for i, slot := range slots {
			out[i].Kind = sfu.WantNone
			if list := left[slot.Kind]; len(list) > 0 {
				out[i] = sfu.Demand{Kind: sfu.WantTrack, Publication: list[0]}
				left[slot.Kind] = list[1:]
			}
		}
	}
	for i := range out {
		out[i].Width, out[i].Height, out[i].Priority = fullSize, fullSize, protocol.DefaultPriority
	}
	return out
}

// lookup finds a participant by id or identity; nil if it is not there.
func lookup(room *sfu.Room, who string) *sfu.Participant {
	if p := room.Participant(sfu.ParticipantID(who)); p != nil {
		return p
	}
	return room.ByIdentity(who)
}

func (c *choice) without(room *sfu.Room) []sfu.ParticipantID {
	var list []sfu.ParticipantID
	for _, who := range c.exclude {
		if p := lookup(room, who); p != nil {
			list = append(list, p.ID())
		}
	}
	return list
}

// rank puts a participant's cameras before its screens, and its microphone
// before its other sounds.
func rank(s sfu.TrackSource) int {
	switch s {
	case sfu.Microphone, sfu.Camera:
		return 0
	case sfu.Screen, sfu.ScreenAudio:
		return 1
	}
	return 2
}

func (c *choice) ofParticipant(room *sfu.Room) (audio, video []sfu.PublicationID) {
	p := lookup(room, c.participant)
	if p == nil {
		return nil, nil
	}
	list := p.Info().Publications
	slices.SortStableFunc(list, func(a, b sfu.PublicationInfo) int { return rank(a.Track.Source) - rank(b.Track.Source) })
	return split(list)
}

func (c *choice) chosen(room *sfu.Room) (audio, video []sfu.PublicationID) {
	var list []sfu.PublicationInfo
	for _, id := range c.tracks {
		if pub := room.Publication(sfu.PublicationID(id)); pub != nil {
			list = append(list, pub.Info())
		}
	}
	return split(list)
}

func split(list []sfu.PublicationInfo) (audio, video []sfu.PublicationID) {
	for _, pub := range list {
		if pub.Track.Kind == sfu.Audio {
			audio = append(audio, pub.ID)
		} else {
			video = append(video, pub.ID)
		}
	}
	return audio, video
}
