package signaling

import (
	"context"
	"fmt"
	"time"

	"switchyard/access"
	"switchyard/sfu"
)

// Want is what somebody at the door says of itself.
type Want struct {
	Kind     string // browser, whip or whep
	Name     string // shown name, empty if it said none
	Metadata string // opaque
}

// Waiting is what is shown to somebody whose admission is pending.
type Waiting struct {
	Message  string
	Reason   string // for programs: host, lobby, locked; "" for others
	Position int    // in the queue, 0 if there is none
}

// Admitter decides who gets in.
type Admitter interface {
	// Admit returns how the bearer of claims joins the room that they name, or
	// a *Refusal. It may take as long as the newcomer has to wait, telling so by
	// calling waiting as often as it likes; it returns when ctx ends, since then
	// the newcomer has gone. Any goroutine.
	Admit(ctx context.Context, claims access.Claims, want Want, waiting func(Waiting)) (sfu.Join, error)
}

// Refusal is the error with which an Admitter turns somebody away.
type Refusal struct {
	Code   string        // one of protocol.Reasons
	Reason string        // one sentence that the newcomer is told
	Retry  time.Duration // it may try again after so long; 0: it need not
}

func (r *Refusal) Error() string { return fmt.Sprintf("refused: %s", r.Reason) }

// TokenOnly admits everybody who has a valid token.
type TokenOnly struct{}

// Admit lets the bearer in as the token says.
func (TokenOnly) Admit(_ context.Context, claims access.Claims, want Want, _ func(Waiting)) (sfu.Join, error) {
	name := claims.Name
	if name == "" {
		name = want.Name
	}
	return sfu.Join{
		Identity: claims.Identity, Name: name, Kind: want.Kind, Grants: claims.Grants, Metadata: want.Metadata, Counted: true,
	}, nil
}
