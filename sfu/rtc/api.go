package rtc

import "switchyard/sfu"

// Role says what a peer may do with the lines of its offers.
type Role uint8

// The roles.
const (
	Both      Role = iota // a session: it publishes and has slots
	Publisher             // WHIP: receiving lines are answered inactive
	Viewer                // WHEP: sending lines are answered inactive
)

// PeerOptions of a new peer.
type PeerOptions struct {
	// Name is unique in the process: the transport's name towards its
	// participant (Attach, Quiet, Detach) and the receiver's name of its slots.
	Name string
	Role Role
}

// TrackOffer is what signaling says of a line that the client sends on.
type TrackOffer struct {
	Mid   string
	Track sfu.Track
}

// Answer is what became of an offer.
type Answer struct {
	SDP          string
	Slots        []Slot        // in the order of the offer's lines
	Publications []Publication // likewise
	ICEUfrag     string        // the server's own
	ICEPwd       string
}

// Slot is one line that the client receives on.
type Slot struct {
	Mid          string
	Kind         sfu.Kind
	Subscription *sfu.Subscription
}

// Publication is one line that the client sends on.
type Publication struct {
	Mid         string
	Publication *sfu.Publication
}
