package eventlog

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

// MaxBody bounds an event's body, in bytes.
const MaxBody = 256 << 10

// Event is one thing that happened.
type Event struct {
	Tenant   string
	Seq      int64     // 1, 2, 3 … of the tenant; given by the log
	ID       string    // ULID; the same whenever the event is read; given by the log
	Type     string    // what.happened, a closed set in docs/events.md
	At       time.Time // when it happened, microseconds; the log's time of appending if zero
	Subject  string    // kind:id of what it is about; the order of delivery counts by it
	Actor    string    // kind:id of who did it, "" for the server itself
	Audience Audience
	Late     bool            // it was appended long after At, since the database was gone
	Body     json.RawMessage // an object: the new state of the subject; never a secret
}

// Audience says who may see an event, besides administrators and services that may
// read all events: users by id, or everybody in the tenant.
type Audience struct {
	Everybody bool     `json:"everybody,omitempty"`
	Users     []string `json:"users,omitempty"`
}

// Everybody is the Audience of events that each user of the tenant may see.
var Everybody = Audience{Everybody: true}

func (e *Event) validate() error {
	switch {
	case e.Tenant == "" || e.Type == "" || e.Subject == "":
		return fmt.Errorf("event %q of tenant %q about %q: all three are needed", e.Type, e.Tenant, e.Subject)
	case len(e.Body) > MaxBody:
		return fmt.Errorf("event %s: a body of %d bytes is more than %d", e.Type, len(e.Body), MaxBody)
	case len(e.Body) == 0 || e.Body[0] != '{' || !json.Valid(e.Body) || !utf8.Valid(e.Body):
		return fmt.Errorf("event %s: its body is not an object", e.Type)
	}
	return nil
}

// ForgottenError is the answer to who wants events that are not kept any more: it
// has to start from a snapshot.
type ForgottenError struct{ Oldest int64 } // the oldest event that is there

func (e *ForgottenError) Error() string {
	return fmt.Sprintf("events before %d are not kept any more", e.Oldest)
}

// ErrAhead: there has never been an event with that number.
var ErrAhead = errors.New("the log has not come that far")
