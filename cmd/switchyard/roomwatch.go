package main

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	"switchyard/services/meetings"
	"switchyard/sfu"
)

const retryUnavailable = 5 * time.Second

// watcherName is the identity of the hidden participant that tells meetings who comes and goes.
const watcherName = "switchyard-watch"

// roomWatch is present, hidden and uncounted, in the rooms of meetings.
type roomWatch struct {
	rooms    *sfu.SFU
	meetings interface {
		Joined(room string, p meetings.Participant, at time.Time)
		Left(room, identity string, at time.Time)
		RoomClosed(room string, at time.Time)
		Moment(room, kind string, body any)
	}
	log *slog.Logger

	mu      sync.Mutex
	watched map[sfu.RoomID]*sfu.Participant
	running sync.WaitGroup
}

func newRoomWatch(rooms *sfu.SFU, log *slog.Logger) *roomWatch {
	return &roomWatch{rooms: rooms, log: log, watched: map[sfu.RoomID]*sfu.Participant{}}
}

// ensure has the room watched, opening it if need be.
func (w *roomWatch) ensure(id sfu.RoomID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.watched[id] != nil {
		return nil
	}
	room, err := w.rooms.Open(id)
	if err != nil {
		return err
	}
	p, _, err := room.Join(sfu.Join{Identity: watcherName, Kind: "watch", Hidden: true})
	if err == nil {
		err = p.Attach(watcherName)
	}
	if err != nil {
		return fmt.Errorf("watch the room: %w", err)
	}
	w.watched[id] = p
	events := p.Events()
	w.running.Go(func() { w.follow(id, p, events) })
	return nil
}

// follow tells meetings what happens in one instance of a room, until it closes.
func (w *roomWatch) follow(id sfu.RoomID, p *sfu.Participant, events <-chan sfu.Event) {
	identities := map[sfu.ParticipantID]string{}
	moments := newRoomMoments(func(kind string, body any) { w.meetings.Moment(string(id), kind, body) })
	joined := func(info sfu.ParticipantInfo) {
		identities[info.ID] = info.Identity
		w.meetings.Joined(string(id), meetings.Participant{Identity: info.Identity, Name: info.Name, Kind: info.Kind}, info.JoinedAt)
	}
	for event := range events {
		moments.take(event)
		switch e := event.(type) {
		case sfu.Snapshot:
			for _, info := range e.Participants {
				joined(info)
			}
		case sfu.ParticipantJoined:
			joined(e.Participant)
		case sfu.ParticipantLeft:
			w.meetings.Left(string(id), identities[e.Participant], time.Now())
			delete(identities, e.Participant)
		case sfu.Left:
			if e.Reason == sfu.LeftSlow {
				w.log.Error("a meeting's room could not be followed", "room", string(id))
			}
		}
	}
	w.mu.Lock()
	delete(w.watched, id)
	w.mu.Unlock()
	w.meetings.RoomClosed(string(id), time.Now())
}

// wait waits until all rooms that were watched are closed and told of.
func (w *roomWatch) wait() { w.running.Wait() }
