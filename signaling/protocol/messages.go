package protocol

// Message is a message of the server, a reply or an event: a pointer to one of
// the types below, or an Error.
type Message interface{ name() string }

// Welcome is the reply to Hello.
type Welcome struct {
	Session  string       `json:"session"`
	Caps     List[string] `json:"caps"`
	Server   string       `json:"server"`
	PingMs   int          `json:"pingMs"`
	MaxSlots int          `json:"maxSlots"`
}

// Joined is the reply to Join.
type Joined struct {
	Participant  Participant       `json:"participant"`
	Room         Room              `json:"room"`
	Participants List[Participant] `json:"participants"`
	Speakers     List[Speaker]     `json:"speakers"`
	Resumed      bool              `json:"resumed"`
}

// Waiting says that admission is pending.
type Waiting struct {
	Message  string `json:"message"`
	Reason   string `json:"reason,omitempty"`
	Position int    `json:"position"`
}

// Answer is the reply to Offer.
type Answer struct {
	SDP          string                  `json:"sdp"`
	Slots        List[SlotState]         `json:"slots"`
	Publications List[PublicationAnswer] `json:"publications"`
}

// Slots says what flows through slots that changed, in order.
type Slots struct {
	Slots List[SlotState] `json:"slots"`
}

// Muted tells a publisher that a moderator muted it.
type Muted struct {
	Publication string `json:"publication"`
	By          string `json:"by"`
}

// Asked asks for something that only the participant can do.
type Asked struct {
	What string `json:"what"`
}

// Republish asks for a publication in another codec.
type Republish struct {
	Publication string `json:"publication"`
	Codec       string `json:"codec"`
}

// Reoffer asks for a new offer.
type Reoffer struct {
	Reason string `json:"reason"`
	Slots  int    `json:"slots,omitempty"`
}

// The reasons of Reoffer.
const (
	ReofferSlots = "slots"
	ReofferCodec = "codec"
	ReofferICE   = "ice"
	ReofferMoved = "moved"
)

// Participants says who came, changed and went.
type Participants struct {
	Joined  List[Participant] `json:"joined"`
	Updated List[Participant] `json:"updated"`
	Left    List[Departure]   `json:"left"`
}

// Speakers says who is speaking.
type Speakers struct {
	Speakers List[Speaker] `json:"speakers"`
}

// State says how the room is now.
type State struct {
	State RoomState `json:"state"`
}

// Sent is the reply to Send.
type Sent struct {
	Message string `json:"message"`
	Number  uint64 `json:"number"`
}

// ChatMessage is what somebody sent.
type ChatMessage struct {
	Message string       `json:"message"`
	Number  uint64       `json:"number"`
	From    string       `json:"from"`
	Sender  string       `json:"sender"`
	Name    string       `json:"name"`
	To      List[string] `json:"to"`
	Topic   string       `json:"topic"`
	Text    string       `json:"text"`
	At      Time         `json:"at"`
}

// Past replies to History.
type Past struct {
	Messages List[Said] `json:"messages"`
	More     bool       `json:"more"`
}

// HandsLowered says that nobody's hand is raised any more.
type HandsLowered struct{}

// Reactions are what participants show just now.
type Reactions struct {
	Reactions List[Reaction] `json:"reactions"`
}

// Moved says that the client is in another room now.
type Moved struct {
	Participant  Participant       `json:"participant"`
	Room         Room              `json:"room"`
	Participants List[Participant] `json:"participants"`
}

// Pong is the reply to Ping.
type Pong struct {
	At Time `json:"at"`
}

// OK is the reply to requests that have no other.
type OK struct{}

// Left is the last message of a session.
type Left struct {
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

// GoAway says that the server is going.
type GoAway struct {
	Reason     string `json:"reason"`
	DeadlineMs int64  `json:"deadlineMs"`
	RetryMs    int64  `json:"retryMs"`
}

// Resumed is the reply to Resume.
type Resumed struct {
	LastID uint64 `json:"lastId"`
}

func (*Welcome) name() string      { return "welcome" }
func (*Joined) name() string       { return "joined" }
func (*Waiting) name() string      { return "waiting" }
func (*Answer) name() string       { return "answer" }
func (*Slots) name() string        { return "slots" }
func (*Muted) name() string        { return "muted" }
func (*Asked) name() string        { return "asked" }
func (*Republish) name() string    { return "republish" }
func (*Reoffer) name() string      { return "reoffer" }
func (*Participants) name() string { return "participants" }
func (*Speakers) name() string     { return "speakers" }
func (*State) name() string        { return "state" }
func (*Sent) name() string         { return "sent" }
func (*ChatMessage) name() string  { return "message" }
func (*Past) name() string         { return "past" }
func (*HandsLowered) name() string { return "handsLowered" }
func (*Reactions) name() string    { return "reactions" }
func (*Moved) name() string        { return "moved" }
func (*Pong) name() string         { return "pong" }
func (*OK) name() string           { return "ok" }
func (*Left) name() string         { return "left" }
func (*GoAway) name() string       { return "goaway" }
func (*Resumed) name() string      { return "resumed" }
func (*Error) name() string        { return "error" }

// Messages returns an empty one of every type of message.
func Messages() []Message {
	return []Message{
		&Welcome{}, &Joined{}, &Waiting{}, &Answer{}, &Slots{}, &Muted{}, &Asked{}, &Republish{}, &Reoffer{}, &Participants{},
		&Speakers{}, &State{}, &Sent{}, &ChatMessage{}, &Past{}, &HandsLowered{}, &Reactions{}, &Moved{}, &Pong{}, &OK{}, &Left{}, &GoAway{}, &Resumed{}, &Error{},
	}
}
