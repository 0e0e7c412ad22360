package sfu

import "fmt"

// Kind of media.
type Kind uint8

// The kinds.
const (
	Audio Kind = iota + 1
	Video
)

func (k Kind) String() string {
	switch k {
	case Audio:
		return "audio"
	case Video:
		return "video"
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Codec of an RTP payload. Each stands for one exact set of parameters that all
// transports negotiate alike: Opus 48 kHz stereo, VP9 profile 0, H.264
// constrained baseline with packetization-mode 1, AV1 main profile.
type Codec uint8

// The codecs, by RFC 7587, 7741, 9628, 6184 and the AV1 RTP specification.
const (
	NoCodec Codec = iota
	Opus
	VP8
	VP9
	H264
	AV1
	codecs
)

var codecNames = [codecs]string{"", "opus", "vp8", "vp9", "h264", "av1"}

func (c Codec) String() string {
	if c < codecs {
		return codecNames[c]
	}
	return fmt.Sprintf("codec(%d)", uint8(c))
}

// ParseCodec is the inverse of Codec.String; NoCodec for an unknown name.
func ParseCodec(s string) Codec {
	for c, name := range codecNames {
		if name == s {
			return Codec(c)
		}
	}
	return NoCodec
}

// ClockRate is the codec's RTP clock in Hz.
func (c Codec) ClockRate() uint32 {
	if c == Opus {
		return 48000
	}
	return 90000
}

// Kind is the codec's kind of media.
func (c Codec) Kind() Kind {
	if c == Opus {
		return Audio
	}
	return Video
}

// CodecSet is a set of codecs.
type CodecSet uint16

// Codecs makes a set.
func Codecs(list ...Codec) CodecSet {
	var s CodecSet
	for _, c := range list {
		s |= 1 << c
	}
	return s
}

// AllCodecs is every codec there is.
const AllCodecs = CodecSet(1<<codecs - 2)

// Has reports whether c is in the set.
func (s CodecSet) Has(c Codec) bool { return s&(1<<c) != 0 }

// TrackSource says what a track shows, for display and for the rules of slots.
type TrackSource string

// The sources of tracks. Audio of the last three is never selected away.
const (
	Microphone  TrackSource = "microphone"
	Camera      TrackSource = "camera"
	Screen      TrackSource = "screen"
	ScreenAudio TrackSource = "screen-audio"
	Playback    TrackSource = "playback"
	Prompt      TrackSource = "prompt"
)

// Valid reports whether s is one of the sources above.
func (s TrackSource) Valid() bool {
	switch s {
	case Microphone, Camera, Screen, ScreenAudio, Playback, Prompt:
		return true
	}
	return false
}

// Track describes one audio or video source as its publisher announces it.
type Track struct {
	ID         string // the publisher's own stable id, unique within the participant, 1 to 64 bytes
	Kind       Kind
	Source     TrackSource
	Muted      bool
	Width      int        // of the capture in pixels, 0 if unknown
	Height     int        //
	Encodings  []Encoding // at least one, at most Config.MaxEncodings, smallest first where known
	Encryption Encryption // zero: none
	// Clock names the clock that the track's timestamps are taken from (the job
	// of the CNAME, RFC 7022): tracks of one participant with the same name stay
	// in sync with each other. A transport gives all that it carries its own name.
	Clock string
}

// Encoding describes one RTP stream of a track.
type Encoding struct {
	RID        string // RFC 8852; empty for the only encoding of a track
	Width      int    // pixels, 0 if unknown
	Height     int
	MaxBitrate int // bits per second, 0 if unknown
}

// Encryption of a track between its endpoints; of an encrypted track sfu reads
// only what stays clear. The zero value is none.
type Encryption struct {
	Scheme string `json:"scheme"` // "sframe"
	KeyID  uint64 `json:"keyId"`
}
