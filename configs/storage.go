package configs

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Database is where people, meetings and the event log are kept.
type Database struct {
	URL     string `yaml:"url" secret:"true"` // sqlite:PATH or postgres://…; empty: switchyard.db in the data directory
	URLFile string `yaml:"url_file"`          // file that holds the URL, so that its password is in no configuration
}

func (d Database) validate() error {
	if d.URL != "" && d.URLFile != "" {
		return errors.New("database.url_file: is given beside database.url; one of them is allowed")
	}
	scheme, rest, _ := strings.Cut(d.URL, ":")
	switch {
	case d.URL == "":
		return nil
	case scheme != "sqlite" && scheme != "postgres" && scheme != "postgresql":
		return errors.New("database.url: begins neither with sqlite: nor with postgres://")
	case rest == "":
		return errors.New("database.url: names no database")
	}
	return nil
}

// Events says how long what happened can be read again, and who else hears of it.
type Events struct {
	Keep         time.Duration `yaml:"keep"`          // age at which events are forgotten
	AuditKeep    time.Duration `yaml:"audit_keep"`    // age at which entries of the audit log are
	MeetingsKeep time.Duration `yaml:"meetings_keep"` // age at which it is forgotten who was in a meeting
	NATS         string        `yaml:"nats"`          // servers of a NATS cluster, separated by commas; empty: one inside the process
}

const day = 24 * time.Hour

func defaultEvents() Events {
	return Events{Keep: 90 * day, AuditKeep: 730 * day, MeetingsKeep: 730 * day}
}

func (e Events) validate() error {
	faults := []error{
		lasting("events.keep", e.Keep, day, 3650*day),
		lasting("events.audit_keep", e.AuditKeep, day, 3650*day),
		lasting("events.meetings_keep", e.MeetingsKeep, day, 3650*day),
	}
	if e.NATS == "" {
		return errors.Join(faults...)
	}
	for server := range strings.SplitSeq(e.NATS, ",") {
		if !strings.HasPrefix(server, "nats://") && !strings.HasPrefix(server, "tls://") {
			faults = append(faults, fmt.Errorf("events.nats: %q is not of the form nats://HOST:PORT", server))
		}
	}
	return errors.Join(faults...)
}
