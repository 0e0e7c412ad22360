package sfu

import "time"

// Source is a publisher's transport, told what its receivers need. Both methods
// are called on the loop and never block.
type Source interface {
	// RequestKeyframe asks for a keyframe of an encoding (an index of
	// Track.Encodings). Requests are merged and at least
	// Config.KeyframeInterval apart.
	RequestKeyframe(encoding int)
	// Revoked says that the publication is no longer this source's to feed:
	// it has ended, or the same track was published by another source.
	Revoked()
}

// Sink is where a slot's packets go. Both methods are called on the loop and
// never block; a sink that can't keep up drops.
type Sink interface {
	// WriteRTP takes packets in the order in which they are to be sent. They
	// belong to the caller again when it returns.
	WriteRTP(batch []Outgoing)
	// Clock says, at every change of source and whenever the publisher's own
	// clock has been learnt better, that RTP timestamp rtp of this slot was
	// captured at time at on the server's clock. The transport reports it to
	// the receiver (RTCP sender report) within 100 ms.
	Clock(rtp uint32, at time.Time)
}

// Slot describes one receiving line of a participant.
type Slot struct {
	// Receiver names the transport that the slot belongs to: slots of one
	// receiver share the rules about audio and speakers.
	Receiver string
	Name     string // unique within the receiver; for WebRTC the mid
	Kind     Kind
	Codecs   CodecSet // what this line can decode
	// With, on an audio slot, is the video slot whose participant it carries.
	With *Subscription
}

// DemandKind says how a slot's content is chosen.
type DemandKind uint8

// The kinds of demand.
const (
	// WantSpeaker: video, the most recent speakers in the order of the slots;
	// audio, by the audio rule. The zero value.
	WantSpeaker DemandKind = iota
	// WantParticipant: the participant's camera, else its screen; its
	// microphone for audio.
	WantParticipant
	// WantTrack: one publication.
	WantTrack
	// WantNone: nothing.
	WantNone
)

// Demand is what a receiver would like to see in a slot, in pixels; the core
// maps it to a target (encoding, spatial and temporal layer).
type Demand struct {
	Kind        DemandKind
	Participant ParticipantID   // for WantParticipant
	Publication PublicationID   // for WantTrack
	Exclude     []ParticipantID // for WantSpeaker: never these
	Width       int             // pixels on the receiver's screen; 0 by 0: hidden, video is paused
	Height      int
	FPS         int // 0: as sent
	Priority    int // 0 to 10, higher first when the budget is short
}

// PauseReason says why nothing flows through a slot that has a publication.
type PauseReason string

// The reasons, by falling precedence.
const (
	NotPaused          PauseReason = ""
	PausedReconnecting PauseReason = "reconnecting" // the publisher's transport is gone
	PausedMuted        PauseReason = "muted"
	PausedHidden       PauseReason = "hidden"    // the receiver wants 0 by 0
	PausedCodec        PauseReason = "codec"     // the receiver can't decode it; its publisher was asked to republish
	PausedBandwidth    PauseReason = "bandwidth" // the budget does not reach
	PausedInactive     PauseReason = "inactive"  // the publisher sends nothing
)
