package signaling

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"time"
)

// Config of the doors into the server.
type Config struct {
	Origins     []string      `yaml:"origins"`      // pages of other hosts that may connect: host or scheme://host, * and ? as in a file name
	Invite      bool          `yaml:"invite"`       // POST /invite makes tokens for whoever has the invitation code
	InviteTTL   time.Duration `yaml:"invite_ttl"`   // how long such a token is valid
	MaxSessions int           `yaml:"max_sessions"` // WebSocket, WHIP and WHEP sessions together
	MaxPerson   int           `yaml:"max_person"`   // WHIP and WHEP sessions of one identity in one room
}

// DefaultConfig runs a useful server on one machine.
func DefaultConfig() Config {
	return Config{Invite: true, InviteTTL: 24 * time.Hour, MaxSessions: 10_000, MaxPerson: 8}
}

// Validate returns every fault, each naming the key, its value and what is
// allowed.
func (c Config) Validate() error {
	var faults []error
	for i, o := range c.Origins {
		_, err := path.Match(o, "")
		host := o
		if _, after, found := strings.Cut(o, "://"); found {
			host = after
		}
		if err != nil || host == "" || strings.Contains(host, "/") {
			faults = append(faults, fmt.Errorf("signaling.origins[%d]: %q is not a host or scheme://host, * and ? allowed", i, o))
		}
	}
	if c.InviteTTL < time.Minute || c.InviteTTL > 365*24*time.Hour {
		faults = append(faults, fmt.Errorf("signaling.invite_ttl: %v is not between 1m and 8760h", c.InviteTTL))
	}
	if c.MaxSessions < 1 || c.MaxSessions > 1_000_000 {
		faults = append(faults, fmt.Errorf("signaling.max_sessions: %d is not between 1 and 1000000", c.MaxSessions))
	}
	if c.MaxPerson < 1 || c.MaxPerson > 15 {
		faults = append(faults, fmt.Errorf("signaling.max_person: %d is not between 1 and 15", c.MaxPerson))
	}
	return errors.Join(faults...)
}
