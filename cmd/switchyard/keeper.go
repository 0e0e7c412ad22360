package main

import (
	"context"
	"errors"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/services/meetings"
	"switchyard/sfu"
	"switchyard/signaling"
)

// keeper has meetings keep what is said to everybody in their rooms.
type keeper struct{ meetings *meetings.Service }

// Keeps is signaling's.
func (k keeper) Keeps(room sfu.RoomID) bool {
	_, isOne := meetings.MeetingOf(string(room))
	return isOne
}

// Keep is signaling's.
func (k keeper) Keep(ctx context.Context, room sfu.RoomID, from sfu.ParticipantInfo, text string) (id string, at time.Time, err error) {
	m, err := k.meetings.Say(ctx, string(room), meetings.Speaker{Participant: string(from.ID), Identity: from.Identity, Name: from.Name}, text)
	return m.ID, m.At, keepingError(err)
}

// Kept is signaling's.
func (k keeper) Kept(ctx context.Context, room sfu.RoomID, before string, limit int) (messages []sfu.Message, more bool, err error) {
	said, more, err := k.meetings.Said(ctx, string(room), before, limit)
	for _, m := range said {
		messages = append(messages, sfu.Message{
			ID: m.ID, From: sfu.ParticipantID(m.Participant), Sender: m.Identity, Name: m.Name, Topic: "chat", Text: m.Text, At: m.At,
		})
	}
	return messages, more, keepingError(err)
}

func keepingError(err error) error {
	var field *meetings.FieldError
	var wait *meetings.WaitError
	switch {
	case errors.Is(err, meetings.ErrChatFull):
		return &signaling.NotKeptError{Reason: err.Error()}
	case errors.As(err, &field):
		return &sfu.FieldError{Field: field.Field, Reason: field.Reason}
	case errors.As(err, &wait):
		return &signaling.NotKeptError{Reason: "that is more than anybody can read", Retry: wait.Retry}
	case errors.Is(err, meetings.ErrNotRunning):
		return &signaling.NotKeptError{Reason: "you are not in the meeting any more"}
	case errors.Is(err, access.ErrNotFound):
		return &signaling.NotKeptError{Reason: "there is no such meeting any more"}
	case errors.Is(err, db.ErrUnavailable):
		return &signaling.NotKeptError{Reason: "the message cannot be kept at this moment, so it was not sent", Retry: retryUnavailable}
	}
	return err
}
