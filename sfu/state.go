package sfu

import (
	"errors"
	"fmt"
	"time"
)

// State is what a room tells everyone in it and every late joiner.
type State struct {
	Version         uint64
	Locked          bool // nobody new gets in
	Public          bool
	Recording       Recording
	ConsentRequired bool
	Pinned          PublicationID
	Metadata        string // opaque, at most MaxMetadata bytes
}

// Recording is the state of a room's recording.
type Recording struct {
	State string // one of the constants below
	By    ParticipantID
	Since time.Time
}

// The states of a recording.
const (
	RecordingOff      = "off"
	RecordingStarting = "starting"
	RecordingOn       = "on"
	RecordingPaused   = "paused"
	RecordingStopping = "stopping"
)

// Limits of what participants may say about themselves and to each other, in bytes.
const (
	MaxName     = 128
	MaxIdentity = 128
	MaxMetadata = 4096
	MaxTrackID  = 64
	MaxTopic    = 64
	MaxText     = 16384
)

// Message is what one participant says to others.
type Message struct {
	ID     string // ULID
	Number uint64 // place in the room's order, from 1
	From   ParticipantID
	Sender string          // identity of the sender
	Name   string          // the sender's, when it was sent
	To     []ParticipantID // empty: everybody
	Topic  string
	Text   string
	At     time.Time
}

// Errors that callers branch on. They are wrapped with what was wrong.
var (
	ErrClosed    = errors.New("closed")
	ErrForbidden = errors.New("forbidden")
	ErrNotFound  = errors.New("not found")
	ErrLocked    = errors.New("the room is locked")
	ErrLimit     = errors.New("too many")
	ErrInvalid   = errors.New("invalid")
)

// FieldError is an ErrInvalid that names the field at fault.
type FieldError struct {
	Field  string
	Reason string // names the value and what is allowed
}

func (e *FieldError) Error() string { return fmt.Sprintf("%s: %s", e.Field, e.Reason) }

// Is makes errors.Is(err, ErrInvalid) hold.
func (e *FieldError) Is(target error) bool { return target == ErrInvalid }
