package sfutest

import (
	"encoding/binary"
	"time"

	"switchyard/sfu"
)

// Member is a participant of some kind, with the transport that makes it that
// kind: what the conformance suite needs of it.
type Member interface {
	// Participant in its room.
	Participant() *sfu.Participant
	// Publish makes a track live and returns what feeds it.
	Publish(t sfu.Track) (Feed, error)
	// Slot opens a receiving line; an audio line may go with a video line of the
	// same member (or nil).
	Slot(kind sfu.Kind, with Line) (Line, error)
	// Reload drops the transport without a farewell and comes back with the same
	// tracks and as many lines. Feeds and lines from before go on working.
	Reload() error
	// Close ends the transport, not the participant. It may be called twice.
	Close()
}

// Feed is the sending end of a track.
type Feed interface {
	Publication() *sfu.Publication
	// Send sends the next frame in one packet, made by FramePayload; video sends
	// a keyframe first and whenever one was asked for.
	Send()
	// KeyframesAsked counts requests so far.
	KeyframesAsked() int
}

// Line is the receiving end of a slot.
type Line interface {
	Subscription() *sfu.Subscription
	// Packets received so far, in the order of arrival.
	Packets() []Received
	// Stall makes the receiving end take nothing, or take packets again. What is
	// sent meanwhile may be lost.
	Stall(stalled bool)
}

// frameMagic begins the part of a payload that is the same at both ends.
const frameMagic = 0x53575944

// FramePayload makes a whole frame that fits one packet: an Opus packet or a VP8
// frame of 640x360 with its descriptor, holding a mark and a count.
func FramePayload(kind sfu.Kind, key bool, mark, count uint32) []byte {
	var b []byte
	switch {
	case kind == sfu.Audio:
		b = []byte{0xfc}
	case key:
		b = append(vp8Descriptor(count), 0x10, 0, 0, 0x9d, 0x01, 0x2a, 640&0xff, 640>>8, 360&0xff, 360>>8)
	default:
		b = append(vp8Descriptor(count), 0x01, 0, 0)
	}
	b = binary.BigEndian.AppendUint32(b, frameMagic)
	b = binary.BigEndian.AppendUint32(b, mark)
	return binary.BigEndian.AppendUint32(b, count)
}

// vp8Descriptor starts a partition 0 with a 15-bit picture id (RFC 7741).
func vp8Descriptor(picture uint32) []byte {
	return []byte{0x90, 0x80, 0x80 | byte(picture>>8), byte(picture)}
}

// ReadFrame finds what FramePayload put into a payload, whatever became of its
// descriptor. Key tells a VP8 keyframe.
func ReadFrame(kind sfu.Kind, payload []byte) (mark, count uint32, key, ok bool) {
	n := len(payload)
	if n < 13 || binary.BigEndian.Uint32(payload[n-12:]) != frameMagic {
		return 0, 0, false, false
	}
	key = kind == sfu.Video && n >= 12+10+4
	return binary.BigEndian.Uint32(payload[n-8:]), binary.BigEndian.Uint32(payload[n-4:]), key, true
}

// FrameInterval is the time between two frames of a feed.
func FrameInterval(kind sfu.Kind) time.Duration {
	if kind == sfu.Audio {
		return 20 * time.Millisecond
	}
	return 40 * time.Millisecond
}
