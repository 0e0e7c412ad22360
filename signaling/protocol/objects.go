package protocol

// Participant is one member of the room, whole.
type Participant struct {
	ID           string            `json:"id"`
	Identity     string            `json:"identity"`
	Name         string            `json:"name"`
	Kind         string            `json:"kind"`
	State        string            `json:"state"`
	Grants       List[string]      `json:"grants"`
	Metadata     string            `json:"metadata"`
	LinkedTo     string            `json:"linkedTo,omitempty"`
	JoinedAt     Time              `json:"joinedAt"`
	Hand         *Hand             `json:"hand,omitempty"`
	Publications List[Publication] `json:"publications"`
}

// Hand is a raised hand.
type Hand struct {
	Number uint64 `json:"number"` // its place in the order of the room, from 1
	At     Time   `json:"at"`
}

// The states of a participant as others see it.
const (
	StateJoined       = "joined"
	StateReconnecting = "reconnecting"
)

// Publication is one track live in the room.
type Publication struct {
	ID         string      `json:"id"`
	Number     uint32      `json:"number"`
	Track      string      `json:"track"`
	Kind       string      `json:"kind"`
	Source     string      `json:"source"`
	Codec      string      `json:"codec"`
	Muted      bool        `json:"muted"`
	MutedBy    string      `json:"mutedBy,omitempty"`
	Width      int         `json:"width"`
	Height     int         `json:"height"`
	Encryption *Encryption `json:"encryption,omitempty"`
}

// Encryption of a track between its endpoints.
type Encryption struct {
	Scheme string `json:"scheme"`
	KeyID  uint64 `json:"keyId"`
}

// Room is the room as it is.
type Room struct {
	ID       string    `json:"id"`
	Instance string    `json:"instance"`
	State    RoomState `json:"state"`
}

// RoomState is what a room tells everyone in it.
type RoomState struct {
	Version   uint64         `json:"version"`
	Locked    bool           `json:"locked"`
	Public    bool           `json:"public"`
	Recording RecordingState `json:"recording"`
	Consent   ConsentState   `json:"consent"`
	Pinned    string         `json:"pinned,omitempty"`
	Metadata  string         `json:"metadata"`
}

// RecordingState says whether the room is being recorded.
type RecordingState struct {
	State string `json:"state"`
	By    string `json:"by,omitempty"`
	Since Time   `json:"since,omitzero"`
}

// ConsentState says whether everybody has to agree to a recording.
type ConsentState struct {
	Required bool `json:"required"`
}

// Speaker is somebody who is speaking.
type Speaker struct {
	Participant string  `json:"participant"`
	Level       float64 `json:"level"` // 0 silent to 1
}

// Reaction is an emoji that somebody shows for a moment.
type Reaction struct {
	Participant string `json:"participant"`
	Emoji       string `json:"emoji"`
}

// SlotState is what flows through one receiving line.
type SlotState struct {
	Slot         string  `json:"slot"`
	Kind         string  `json:"kind"`
	Publication  string  `json:"publication,omitempty"`
	Number       uint32  `json:"number,omitempty"`
	RTPTimestamp *uint32 `json:"rtpTimestamp,omitempty"`
	Paused       string  `json:"paused,omitempty"`
}

// TrackOffer describes what a client sends on one line of its offer.
type TrackOffer struct {
	Mid        string              `json:"mid"`
	Track      string              `json:"track"`
	Source     string              `json:"source"`
	Muted      bool                `json:"muted,omitempty"`
	Width      int                 `json:"width"`
	Height     int                 `json:"height"`
	Encodings  List[EncodingOffer] `json:"encodings"`
	Encryption *Encryption         `json:"encryption,omitempty"`
}

// EncodingOffer describes one simulcast encoding.
type EncodingOffer struct {
	RID        string `json:"rid"`
	Width      int    `json:"width"`
	Height     int    `json:"height"`
	MaxBitrate int    `json:"maxBitrate"` // bits per second
}

// PublicationAnswer names the publication that a sending line became.
type PublicationAnswer struct {
	Mid         string `json:"mid"`
	Publication string `json:"publication"`
}

// Demand is what a client wants to see in one slot.
type Demand struct {
	Slot     string `json:"slot"`
	Source   string `json:"source"`
	ID       string `json:"id,omitempty"`
	Width    int    `json:"width"`
	Height   int    `json:"height"`
	FPS      int    `json:"fps,omitempty"`
	Priority *int   `json:"priority,omitempty"`
}

// Departure says who left and why.
type Departure struct {
	ID     string `json:"id"`
	Reason string `json:"reason"`
}

// Said is what somebody sent to everybody before.
type Said struct {
	Message string `json:"message"`
	From    string `json:"from"`
	Sender  string `json:"sender"`
	Name    string `json:"name"`
	Text    string `json:"text"`
	At      Time   `json:"at"`
}
