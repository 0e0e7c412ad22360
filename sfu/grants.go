package sfu

import (
	"fmt"
	"strings"
)

// Grants are what a participant may do in a room.
type Grants uint8

// The grants.
const (
	MayPublish Grants = 1 << iota
	MaySubscribe
	MayMessage
	MayModerate // change the room's State, mute and remove others, lower their hands
)

// DefaultGrants are those of somebody of whom nothing else is said.
const DefaultGrants = MayPublish | MaySubscribe

var grantNames = []string{"publish", "subscribe", "message", "moderate"}

// Has reports whether all of want are granted.
func (g Grants) Has(want Grants) bool { return g&want == want }

// Names lists the grants in a fixed order.
func (g Grants) Names() []string {
	names := make([]string, 0, len(grantNames))
	for i, name := range grantNames {
		if g&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// ParseGrants reads names as Names writes them.
func ParseGrants(names []string) (Grants, error) {
	var g Grants
next:
	for _, name := range names {
		for i, known := range grantNames {
			if name == known {
				g |= 1 << i
				continue next
			}
		}
		return 0, fmt.Errorf("grant %.32q is not one of %s", name, strings.Join(grantNames, ", "))
	}
	return g, nil
}
