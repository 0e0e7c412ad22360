package signaling

import (
	"math"

	"switchyard/sfu"
	"switchyard/signaling/protocol"
)

func participantMessage(p sfu.ParticipantInfo) protocol.Participant {
	m := protocol.Participant{
		ID: string(p.ID), Identity: p.Identity, Name: p.Name, Kind: p.Kind, State: protocol.StateJoined,
		Grants: p.Grants.Names(), Metadata: p.Metadata, LinkedTo: string(p.LinkedTo), JoinedAt: protocol.Time{Time: p.JoinedAt},
		Publications: make([]protocol.Publication, 0, len(p.Publications)),
	}
	if p.Reconnecting {
		m.State = protocol.StateReconnecting
	}
	if p.Hand.Raised() {
		m.Hand = &protocol.Hand{Number: p.Hand.Number, At: protocol.Time{Time: p.Hand.At}}
	}
	for _, pub := range p.Publications {
		m.Publications = append(m.Publications, publicationMessage(pub))
	}
	return m
}

func publicationMessage(p sfu.PublicationInfo) protocol.Publication {
	m := protocol.Publication{
		ID: string(p.ID), Number: p.Number, Track: p.Track.ID, Kind: p.Track.Kind.String(), Source: string(p.Track.Source),
		Codec: p.Codec.String(), Muted: p.Track.Muted, MutedBy: string(p.MutedBy), Width: p.Track.Width, Height: p.Track.Height,
	}
	for _, e := range p.Track.Encodings {
		if e.Width*e.Height > m.Width*m.Height {
			m.Width, m.Height = e.Width, e.Height
		}
	}
	if e := p.Track.Encryption; e.Scheme != "" {
		m.Encryption = &protocol.Encryption{Scheme: e.Scheme, KeyID: e.KeyID}
	}
	return m
}

func participantMessages(list []sfu.ParticipantInfo) []protocol.Participant {
	out := make([]protocol.Participant, 0, len(list))
	for _, p := range list {
		out = append(out, participantMessage(p))
	}
	return out
}

func roomMessage(r sfu.RoomInfo) protocol.Room {
	return protocol.Room{ID: string(r.ID), Instance: string(r.Instance), State: stateMessage(r.State)}
}

func stateMessage(s sfu.State) protocol.RoomState {
	return protocol.RoomState{
		Version: s.Version, Locked: s.Locked, Public: s.Public,
		Recording: protocol.RecordingState{State: s.Recording.State, By: string(s.Recording.By), Since: protocol.Time{Time: s.Recording.Since}},
		Consent:   protocol.ConsentState{Required: s.ConsentRequired},
		Pinned:    string(s.Pinned), Metadata: s.Metadata,
	}
}

func speakerMessages(list []sfu.Speaker) []protocol.Speaker {
	out := make([]protocol.Speaker, 0, len(list))
	for _, s := range list {
		// RFC 6464 counts down from 0 dB; three decimals are more than an ear has.
		level := math.Round(float64(127-min(s.Level, 127))/127*1000) / 1000
		out = append(out, protocol.Speaker{Participant: string(s.Participant), Level: level})
	}
	return out
}

func slotMessage(ev sfu.SlotChanged) protocol.SlotState {
	slot := ev.Subscription.Slot()
	m := protocol.SlotState{
		Slot: slot.Name, Kind: slot.Kind.String(), Publication: string(ev.Publication), Number: ev.Number, Paused: string(ev.Paused),
	}
	if ev.HasTimestamp {
		m.RTPTimestamp = &ev.FirstTimestamp
	}
	return m
}

func chatMessage(m sfu.Message) *protocol.ChatMessage {
	to := make([]string, 0, len(m.To))
	for _, id := range m.To {
		to = append(to, string(id))
	}
	return &protocol.ChatMessage{
		Message: m.ID, Number: m.Number, From: string(m.From), Sender: m.Sender, Name: m.Name, To: to, Topic: m.Topic, Text: m.Text,
		At: protocol.Time{Time: m.At},
	}
}

func trackOf(o protocol.TrackOffer) sfu.Track {
	t := sfu.Track{ID: o.Track, Source: sfu.TrackSource(o.Source), Muted: o.Muted, Width: o.Width, Height: o.Height}
	for _, e := range o.Encodings {
		t.Encodings = append(t.Encodings, sfu.Encoding{RID: e.RID, Width: e.Width, Height: e.Height, MaxBitrate: e.MaxBitrate})
	}
	if o.Encryption != nil {
		t.Encryption = sfu.Encryption{Scheme: o.Encryption.Scheme, KeyID: o.Encryption.KeyID}
	}
	return t
}

// departures says in one sentence what a reason means.
var departures = map[sfu.LeaveReason]string{
	sfu.LeftByItself: "You have left the room.",
	leftReplaced:     "You have joined again from somewhere else.",
	sfu.LeftRemoved:  "A moderator removed you from the room.",
	sfu.LeftTimeout:  "The connection was lost for too long.",
	sfu.LeftSlow:     "The connection was too slow to follow the room.",
	sfu.LeftClosed:   "The room was closed.",
	sfu.LeftShutdown: "The server is shutting down.",
}

// leftReplaced is the reason for a session, though not a participant, to end.
const leftReplaced sfu.LeaveReason = "replaced"
