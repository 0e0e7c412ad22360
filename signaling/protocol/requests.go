package protocol

// Request is a message of a client: a pointer to one of the types below.
type Request interface{ name() string }

// Hello is the first message of a new session.
type Hello struct {
	Token  string       `json:"token,omitempty"`
	Caps   List[string] `json:"caps"`
	Client string       `json:"client,omitempty"`
}

// Join asks to be let into the room.
type Join struct {
	Room     string `json:"room,omitempty"`
	Name     string `json:"name,omitempty"`
	Metadata string `json:"metadata,omitempty"`
}

// Offer publishes and asks for slots.
type Offer struct {
	SDP    string           `json:"sdp"`
	Tracks List[TrackOffer] `json:"tracks"`
}

// DemandRequest says what the client wants to see.
type DemandRequest struct {
	Demands List[Demand] `json:"demands"`
}

// Mute mutes or unmutes a publication.
type Mute struct {
	Publication string `json:"publication"`
	Muted       bool   `json:"muted"`
}

// Unpublish ends a publication.
type Unpublish struct {
	Publication string `json:"publication"`
}

// Update changes oneself; nil stays.
type Update struct {
	Name     *string `json:"name,omitempty"`
	Metadata *string `json:"metadata,omitempty"`
}

// SetState changes the room; nil stays.
type SetState struct {
	Locked   *bool   `json:"locked,omitempty"`
	Public   *bool   `json:"public,omitempty"`
	Pinned   *string `json:"pinned,omitempty"`
	Metadata *string `json:"metadata,omitempty"`
}

// Remove makes a participant leave.
type Remove struct {
	Participant string `json:"participant"`
	Reason      string `json:"reason,omitempty"`
}

// Send is a message to the room or to some of it.
type Send struct {
	To    List[string] `json:"to"`
	Topic string       `json:"topic,omitempty"`
	Text  string       `json:"text"`
}

// History asks for what was sent to everybody before the client came.
type History struct {
	Before string `json:"before,omitempty"`
	Limit  int    `json:"limit,omitempty"`
}

// RaiseHand raises one's own hand.
type RaiseHand struct{}

// LowerHand lowers a hand: one's own if Participant is empty.
type LowerHand struct {
	Participant string `json:"participant,omitempty"`
}

// LowerHands lowers all hands.
type LowerHands struct{}

// React shows everybody an emoji for a moment.
type React struct {
	Emoji string `json:"emoji"`
}

// Ping shows that the client is there.
type Ping struct{}

// Leave leaves the room.
type Leave struct{}

// Resume takes up a session on a new socket.
type Resume struct {
	Session string `json:"session"`
	Token   string `json:"token,omitempty"`
	Seq     uint64 `json:"seq"`
}

func (*Hello) name() string         { return "hello" }
func (*Join) name() string          { return "join" }
func (*Offer) name() string         { return "offer" }
func (*DemandRequest) name() string { return "demand" }
func (*Mute) name() string          { return "mute" }
func (*Unpublish) name() string     { return "unpublish" }
func (*Update) name() string        { return "update" }
func (*SetState) name() string      { return "setState" }
func (*Remove) name() string        { return "remove" }
func (*Send) name() string          { return "send" }
func (*History) name() string       { return "history" }
func (*RaiseHand) name() string     { return "raiseHand" }
func (*LowerHand) name() string     { return "lowerHand" }
func (*LowerHands) name() string    { return "lowerHands" }
func (*React) name() string         { return "react" }
func (*Ping) name() string          { return "ping" }
func (*Leave) name() string         { return "leave" }
func (*Resume) name() string        { return "resume" }

// TypeOf is the value of the field type of a request or a message.
func TypeOf(m interface{ name() string }) string { return m.name() }

// newRequest makes an empty request of a type; nil if there is none.
func newRequest(kind string) Request {
	for _, r := range Requests() {
		if r.name() == kind {
			return r
		}
	}
	return nil
}

// Requests returns an empty one of every type of request.
func Requests() []Request {
	return []Request{
		&Hello{}, &Join{}, &Offer{}, &DemandRequest{}, &Mute{}, &Unpublish{}, &Update{}, &SetState{}, &Remove{},
		&Send{}, &History{}, &RaiseHand{}, &LowerHand{}, &LowerHands{}, &React{}, &Ping{}, &Leave{}, &Resume{},
	}
}
