package sfu

import (
	"errors"
	"fmt"
	"time"
)

// Config of the forwarding core.
type Config struct {
	VideoCodecs      []string      `yaml:"video_codecs"`      // what may be published, first choice first
	MaxParticipants  int           `yaml:"max_participants"`  // in one room
	MaxPublications  int           `yaml:"max_publications"`  // of one participant
	MaxSlots         int           `yaml:"max_slots"`         // of one receiver
	MaxEncodings     int           `yaml:"max_encodings"`     // of one track
	EventQueue       int           `yaml:"event_queue"`       // events that a reader may be behind
	KeepDetached     time.Duration `yaml:"keep_detached"`     // a participant without a transport
	ShowReconnecting time.Duration `yaml:"show_reconnecting"` // others see it after so long
	EmptyRoom        time.Duration `yaml:"empty_room"`        // a room without a counted participant
	KeyframeInterval time.Duration `yaml:"keyframe_interval"` // least time between keyframe requests for one encoding
	SpeakerHold      time.Duration `yaml:"speaker_hold"`      // least time that a source keeps an audio slot
	History          time.Duration `yaml:"history"`           // how long packets are kept for receivers that lack them
	VideoHistory     int           `yaml:"video_history"`     // packets kept of one video encoding, at most
	AudioHistory     int           `yaml:"audio_history"`
}

// DefaultConfig runs a useful server.
func DefaultConfig() Config {
	return Config{
		VideoCodecs:      []string{"vp8", "vp9", "h264", "av1"},
		MaxParticipants:  5000,
		MaxPublications:  16,
		MaxSlots:         64,
		MaxEncodings:     4,
		EventQueue:       1024,
		KeepDetached:     30 * time.Second,
		ShowReconnecting: 2 * time.Second,
		EmptyRoom:        60 * time.Second,
		KeyframeInterval: 300 * time.Millisecond,
		SpeakerHold:      2 * time.Second,
		History:          1500 * time.Millisecond,
		VideoHistory:     1024,
		AudioHistory:     256,
	}
}

// Validate returns every fault, each naming the key, its value and what is allowed.
func (c Config) Validate() error {
	var faults []error
	within := func(key string, v, lo, hi int) {
		if v < lo || v > hi {
			faults = append(faults, fmt.Errorf("sfu.%s: %d is not between %d and %d", key, v, lo, hi))
		}
	}
	lasting := func(key string, v, lo, hi time.Duration) {
		if v < lo || v > hi {
			faults = append(faults, fmt.Errorf("sfu.%s: %v is not between %v and %v", key, v, lo, hi))
		}
	}
	if len(c.VideoCodecs) == 0 {
		faults = append(faults, errors.New("sfu.video_codecs: empty; at least one of vp8, vp9, h264, av1"))
	}
	for i, name := range c.VideoCodecs {
		if codec := ParseCodec(name); codec == NoCodec || codec.Kind() != Video {
			faults = append(faults, fmt.Errorf("sfu.video_codecs[%d]: %q is not one of vp8, vp9, h264, av1", i, name))
		}
	}
	within("max_participants", c.MaxParticipants, 2, 100000)
	within("max_publications", c.MaxPublications, 1, 64)
	within("max_slots", c.MaxSlots, 1, 256)
	within("max_encodings", c.MaxEncodings, 1, 8)
	within("event_queue", c.EventQueue, 64, 65536)
	within("video_history", c.VideoHistory, 64, 16384)
	within("audio_history", c.AudioHistory, 16, 4096)
	lasting("history", c.History, 100*time.Millisecond, 10*time.Second)
	lasting("keep_detached", c.KeepDetached, time.Second, 10*time.Minute)
	lasting("show_reconnecting", c.ShowReconnecting, 0, time.Minute)
	lasting("empty_room", c.EmptyRoom, time.Second, 24*time.Hour)
	lasting("keyframe_interval", c.KeyframeInterval, 50*time.Millisecond, 10*time.Second)
	lasting("speaker_hold", c.SpeakerHold, 0, time.Minute)
	return errors.Join(faults...)
}
