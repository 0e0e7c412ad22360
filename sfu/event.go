package sfu

import "time"

// Event is something that a participant is told. The concrete types are below;
// whoever reads Participant.Events switches over them.
type Event interface{ event() }

// Snapshot is the first event of every stream: the room at one instant, to
// which all later events are changes.
type Snapshot struct {
	Room         RoomInfo
	Self         ParticipantInfo
	Participants []ParticipantInfo // the others that are not hidden
	Speakers     []Speaker
}

// RoomInfo describes a room.
type RoomInfo struct {
	ID       RoomID
	Instance InstanceID
	Parent   RoomID // of a breakout room
	State    State
}

// ParticipantInfo describes a participant to the others.
type ParticipantInfo struct {
	ID           ParticipantID
	Identity     string
	Name         string
	Kind         string
	Reconnecting bool
	Grants       Grants
	Metadata     string
	LinkedTo     ParticipantID
	Origin       string
	JoinedAt     time.Time
	Hand         Hand
	Publications []PublicationInfo
}

// PublicationInfo describes a publication to the others.
type PublicationInfo struct {
	ID      PublicationID
	Number  uint32 // the CSRC of its packets
	Track   Track
	Codec   Codec // NoCodec until a moment after the first packet
	MutedBy ParticipantID
}

// ParticipantJoined: somebody visible came.
type ParticipantJoined struct{ Participant ParticipantInfo }

// ParticipantUpdated: name, metadata, grants, state, hand or publications changed;
// the whole participant as it is now. It is also sent to that participant.
type ParticipantUpdated struct{ Participant ParticipantInfo }

// ParticipantLeft: somebody visible went.
type ParticipantLeft struct {
	Participant ParticipantID
	Reason      LeaveReason
}

// SpeakersChanged: who is speaking now, the dominant one first.
type SpeakersChanged struct{ Speakers []Speaker }

// Speaker is somebody who is speaking.
type Speaker struct {
	Participant ParticipantID
	Level       uint8 // RFC 6464: 0 loud to 127 silent
}

// StateChanged: the room's State changed; the whole of it.
type StateChanged struct{ State State }

// HandsLowered: nobody's hand is raised any more.
type HandsLowered struct{}

// Reacted: somebody shows an emoji for a moment.
type Reacted struct {
	Participant ParticipantID
	Emoji       string
}

// MessageReceived: somebody sent a message.
type MessageReceived struct{ Message Message }

// SlotChanged: what flows through one of the participant's own slots changed.
// For video it is queued before the first packet of the publication is
// written, and FirstTimestamp is that packet's.
type SlotChanged struct {
	Subscription   *Subscription
	Publication    PublicationID // empty: nothing
	Number         uint32
	FirstTimestamp uint32
	HasTimestamp   bool // FirstTimestamp is known: video flows
	Paused         PauseReason
}

// PublicationMuted tells a publisher that a moderator muted it.
type PublicationMuted struct {
	Publication PublicationID
	By          ParticipantID
}

// Republish asks a publisher to send a publication in another codec, since
// somebody can't decode it.
type Republish struct {
	Publication PublicationID
	Track       string
	Codec       Codec
}

// Asked: somebody who may asks the participant to do something that only it can.
type Asked struct{ What string }

// AskUnmute is what a participant is asked that nobody else may do for it.
const AskUnmute = "unmute"

// Moved: the participant is in another room now. A Snapshot of that room.
type Moved struct{ Snapshot }

// Left is the last event of a stream that ended because the participant left.
type Left struct{ Reason LeaveReason }

func (Snapshot) event()           {}
func (ParticipantJoined) event()  {}
func (ParticipantUpdated) event() {}
func (ParticipantLeft) event()    {}
func (SpeakersChanged) event()    {}
func (StateChanged) event()       {}
func (HandsLowered) event()       {}
func (Reacted) event()            {}
func (MessageReceived) event()    {}
func (SlotChanged) event()        {}
func (PublicationMuted) event()   {}
func (Republish) event()          {}
func (Asked) event()              {}
func (Moved) event()              {}
func (Left) event()               {}

// LeaveReason says why a participant is no longer in a room.
type LeaveReason string

// The reasons.
const (
	LeftByItself LeaveReason = "left"
	LeftRemoved  LeaveReason = "removed"
	LeftTimeout  LeaveReason = "timeout" // no transport for Config.KeepDetached
	LeftSlow     LeaveReason = "slow"    // did not read its events
	LeftClosed   LeaveReason = "closed"  // the room was closed
	LeftMoved    LeaveReason = "moved"
	LeftShutdown LeaveReason = "shutdown"
)
