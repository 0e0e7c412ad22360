package main

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"switchyard/sfu"
)

func TestMomentsOfARoom(t *testing.T) {
	var told []string
	m := newRoomMoments(func(kind string, body any) {
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		told = append(told, kind+" "+string(text))
	})
	expect := func(event sfu.Event, want ...string) {
		t.Helper()
		told = nil
		m.take(event)
		if !slices.Equal(told, want) {
			t.Errorf("%T: told\n%q, want\n%q", event, told, want)
		}
	}
	ann := sfu.ParticipantInfo{ID: "p1", Identity: "user-ann", Name: "Ann", Kind: "browser"}
	ben := sfu.ParticipantInfo{ID: "p2", Identity: "guest-ben", Name: "Ben", Kind: "browser"}
	expect(sfu.Snapshot{Participants: []sfu.ParticipantInfo{ann}, Speakers: []sfu.Speaker{{Participant: "p1", Level: 20}}},
		`room.participant {"id":"p1","identity":"user-ann","name":"Ann","kind":"browser","reconnecting":false,"tracks":[]}`, `room.speakers {"speakers":["p1"]}`)
	expect(sfu.ParticipantJoined{Participant: ben}, `room.participant {"id":"p2","identity":"guest-ben","name":"Ben","kind":"browser","reconnecting":false,"tracks":[]}`)
	expect(sfu.ParticipantUpdated{Participant: ben}) // nothing that is told has changed
	ben.Hand = sfu.Hand{Number: 3, At: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)}
	ben.Publications = []sfu.PublicationInfo{{ID: "t1", Track: sfu.Track{Kind: sfu.Audio, Source: sfu.Microphone, Muted: true}}}
	expect(sfu.ParticipantUpdated{Participant: ben}, `room.participant {"id":"p2","identity":"guest-ben","name":"Ben","kind":"browser","reconnecting":false,`+
		`"hand":{"number":3,"at":"2026-03-02T08:00:00Z"},"tracks":[{"id":"t1","kind":"audio","source":"microphone","muted":true}]}`)
	expect(sfu.HandsLowered{}, `room.hands_lowered {}`)
	expect(sfu.ParticipantUpdated{Participant: ben}, `room.participant {"id":"p2","identity":"guest-ben","name":"Ben","kind":"browser","reconnecting":false,`+
		`"hand":{"number":3,"at":"2026-03-02T08:00:00Z"},"tracks":[{"id":"t1","kind":"audio","source":"microphone","muted":true}]}`)
	expect(sfu.SpeakersChanged{Speakers: []sfu.Speaker{{Participant: "p1", Level: 30}}}) // only more quietly
	expect(sfu.SpeakersChanged{Speakers: []sfu.Speaker{{Participant: "p2"}, {Participant: "p1"}}}, `room.speakers {"speakers":["p2","p1"]}`)
	expect(sfu.SpeakersChanged{}, `room.speakers {"speakers":[]}`)
	expect(sfu.Reacted{Participant: "p2", Emoji: "👍"}, `room.reaction {"emoji":"👍","id":"p2","identity":"guest-ben"}`)
	expect(sfu.StateChanged{State: sfu.State{Locked: true, Metadata: "x"}}, `room.state {"locked":true,"public":false}`)
	expect(sfu.MessageReceived{})
	expect(sfu.ParticipantLeft{Participant: "p2"}, `room.participant_left {"id":"p2","identity":"guest-ben"}`)
	expect(sfu.ParticipantJoined{Participant: ben}, `room.participant {"id":"p2","identity":"guest-ben","name":"Ben","kind":"browser","reconnecting":false,`+
		`"hand":{"number":3,"at":"2026-03-02T08:00:00Z"},"tracks":[{"id":"t1","kind":"audio","source":"microphone","muted":true}]}`)
}
