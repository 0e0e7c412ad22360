package main

import (
	"reflect"
	"slices"
	"time"

	"switchyard/sfu"
)

// roomMoments tells what is of the moment in one instance of a room: who is there with raised hand and tracks, who speaks, reactions and the
// room's own state. What it tells of somebody is the whole of it, so that a message that is lost is made up for by the next.
type roomMoments struct {
	tell     func(kind string, body any)
	people   map[sfu.ParticipantID]roomPerson // as they were told
	speakers []string
}

// roomPerson is what is told of a participant; package controlapi has the same of rooms that are asked for.
type roomPerson struct {
	ID           string      `json:"id"`
	Identity     string      `json:"identity"`
	Name         string      `json:"name"`
	Kind         string      `json:"kind"`
	Reconnecting bool        `json:"reconnecting"`
	Hand         *roomHand   `json:"hand,omitempty"`
	Tracks       []roomTrack `json:"tracks"`
}

type roomHand struct {
	Number uint64    `json:"number"`
	At     time.Time `json:"at"`
}

type roomTrack struct {
	ID     string `json:"id"`
	Kind   string `json:"kind"`
	Source string `json:"source"`
	Muted  bool   `json:"muted"`
}

func newRoomMoments(tell func(kind string, body any)) *roomMoments {
	return &roomMoments{tell: tell, people: map[sfu.ParticipantID]roomPerson{}}
}

// take tells what an event of the room changes. Messages are not told: they are kept, or for few.
func (m *roomMoments) take(event sfu.Event) {
	switch e := event.(type) {
	case sfu.Snapshot:
		for _, info := range e.Participants {
			m.person(info)
		}
		m.speaking(e.Speakers)
	case sfu.ParticipantJoined:
		m.person(e.Participant)
	case sfu.ParticipantUpdated:
		m.person(e.Participant)
	case sfu.ParticipantLeft:
		m.tell("room.participant_left", map[string]string{"id": string(e.Participant), "identity": m.people[e.Participant].Identity})
		delete(m.people, e.Participant)
	case sfu.HandsLowered:
		for id, p := range m.people {
			p.Hand = nil
			m.people[id] = p
		}
		m.tell("room.hands_lowered", struct{}{})
	case sfu.SpeakersChanged:
		m.speaking(e.Speakers)
	case sfu.Reacted:
		m.tell("room.reaction", map[string]string{"id": string(e.Participant), "identity": m.people[e.Participant].Identity, "emoji": e.Emoji})
	case sfu.StateChanged:
		m.tell("room.state", map[string]bool{"locked": e.State.Locked, "public": e.State.Public})
	}
}

func (m *roomMoments) person(info sfu.ParticipantInfo) {
	p := roomPerson{
		ID: string(info.ID), Identity: info.Identity, Name: info.Name, Kind: info.Kind, Reconnecting: info.Reconnecting, Tracks: []roomTrack{},
	}
	if info.Hand.Raised() {
		p.Hand = &roomHand{info.Hand.Number, info.Hand.At.UTC()}
	}
	for _, pub := range info.Publications {
		p.Tracks = append(p.Tracks, roomTrack{string(pub.ID), pub.Track.Kind.String(), string(pub.Track.Source), pub.Track.Muted})
	}
	if reflect.DeepEqual(m.people[info.ID], p) {
		return
	}
	m.people[info.ID] = p
	m.tell("room.participant", p)
}

// speaking tells who speaks, the loudest first, when that has changed; how loud changes all the time.
func (m *roomMoments) speaking(speakers []sfu.Speaker) {
	now := []string{}
	for _, s := range speakers {
		now = append(now, string(s.Participant))
	}
	if slices.Equal(now, m.speakers) {
		return
	}
	m.speakers = now
	m.tell("room.speakers", map[string]any{"speakers": now})
}
