// Package configs composes the configuration of every part of the server into
// one struct and loads it: defaults, then a YAML file in which unknown keys are
// faults, then SWITCHYARD_* environment variables, then flags, then Validate.
// Only cmd imports it; each part is handed its own piece.
package configs

import (
	"errors"
	"fmt"

	"switchyard/internal/mail"
	"switchyard/internal/outbound"
	"switchyard/sfu"
	"switchyard/sfu/rtc"
	"switchyard/signaling"
)

// Config is the whole configuration. switchyard.example.yaml explains every key.
type Config struct {
	Data      string           `yaml:"data"` // directory of what the server keeps
	Log       Log              `yaml:"log"`
	HTTP      HTTP             `yaml:"http"`
	TLS       TLS              `yaml:"tls"`
	RTC       rtc.Config       `yaml:"rtc"`
	SFU       sfu.Config       `yaml:"sfu"`
	Signaling signaling.Config `yaml:"signaling"`
	Database  Database         `yaml:"database"`
	Events    Events           `yaml:"events"`
	Mail      mail.Config      `yaml:"mail"`
	Outbound  outbound.Config  `yaml:"outbound"`
	Shutdown  Shutdown         `yaml:"shutdown"`
}

// Default runs a useful server on one machine.
func Default() Config {
	return Config{
		Data:      "data",
		Log:       defaultLog(),
		HTTP:      defaultHTTP(),
		TLS:       defaultTLS(),
		RTC:       rtc.DefaultConfig(),
		SFU:       sfu.DefaultConfig(),
		Signaling: signaling.DefaultConfig(),
		Database:  Database{},
		Events:    defaultEvents(),
		Mail:      mail.DefaultConfig(),
		Shutdown:  defaultShutdown(),
	}
}

// Validate returns every fault of every part joined, each naming the key, its
// value and what is allowed.
func (c Config) Validate() error {
	return errors.Join(c.together(), c.Log.validate(), c.HTTP.validate(), c.TLS.validate(),
		c.RTC.Validate(), c.SFU.Validate(), c.Signaling.Validate(), c.Database.validate(), c.Events.validate(), c.Mail.Validate(), c.Outbound.Validate(), c.Shutdown.validate())
}

// together finds what no part sees alone.
func (c Config) together() error {
	var faults []error
	if c.Data == "" {
		faults = append(faults, errors.New(`data: "" is not a directory`))
	}
	if c.HTTP.Listen == "" && c.TLS.Mode == TLSOff {
		faults = append(faults, errors.New(`http.listen: "" leaves no way in while tls.mode is off`))
	}
	if c.RTC.MaxSlots > c.SFU.MaxSlots {
		faults = append(faults, fmt.Errorf("rtc.max_slots: %d is more than sfu.max_slots (%d)", c.RTC.MaxSlots, c.SFU.MaxSlots))
	}
	if c.RTC.MaxTracks > c.SFU.MaxPublications {
		faults = append(faults, fmt.Errorf("rtc.max_tracks: %d is more than sfu.max_publications (%d)", c.RTC.MaxTracks, c.SFU.MaxPublications))
	}
	return errors.Join(faults...)
}
