package sfu

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// reactions are what may be sent. The set is closed, so that every client can
// draw them all and say each to those who do not see it.
var reactions = []string{"👍", "👎", "👏", "❤️", "😂", "😮", "😢", "🤔", "🎉", "🙏"}

// Reactions lists what Participant.React takes.
func Reactions() []string { return slices.Clone(reactions) }

// How often there may be reactions: of one participant, and in a room.
const (
	ReactionBurst = 10
	ReactionEvery = time.Second // after which one more is allowed

	roomReactionBurst = 50
	roomReactionEvery = 20 * time.Millisecond
)

// React shows everybody, the participant too, an emoji of Reactions for a
// moment. It is kept nowhere, and not told to readers that are far behind. When
// a room has more of them than anybody could look at, only the participant
// itself is told. A FieldError, ErrForbidden, ErrClosed, or a RateError beyond
// ReactionBurst.
func (p *Participant) React(emoji string) error {
	if !slices.Contains(reactions, emoji) {
		return &FieldError{"emoji", fmt.Sprintf("%.32q is not one of %s", emoji, strings.Join(reactions, " "))}
	}
	r := p.lockRoom()
	defer r.mu.Unlock()
	switch {
	case p.left != "":
		return ErrClosed
	case p.grants&(MayMessage|MayPublish) == 0:
		return fmt.Errorf("react: %w", ErrForbidden)
	}
	now := r.now()
	if wait := p.reacted.take(now, ReactionBurst, ReactionEvery); wait > 0 {
		return &RateError{
			Limit: fmt.Sprintf("%d reactions at once and one more every %v", ReactionBurst, ReactionEvery),
			Retry: wait,
		}
	}
	ev := Reacted{p.id, emoji}
	if r.reacted.take(now, roomReactionBurst, roomReactionEvery) > 0 {
		p.mention(ev)
		return nil
	}
	for _, other := range r.participants {
		other.mention(ev)
	}
	return nil
}

// RateError says that something was asked for more often than is allowed.
type RateError struct {
	Limit string        // what is allowed
	Retry time.Duration // after which it is allowed again
}

func (e *RateError) Error() string { return "no more than " + e.Limit }

// allowance counts what may be done so many times at once and then once in a
// while. The zero value is unspent.
type allowance struct {
	spentUntil time.Time // when all of it will have been given back
}

// take spends one of burst, each of which is given back after every; if there
// is none left, it spends nothing and says how long to wait.
func (a *allowance) take(now time.Time, burst int, every time.Duration) (wait time.Duration) {
	until := a.spentUntil
	if until.Before(now) {
		until = now
	}
	until = until.Add(every)
	if wait = until.Sub(now) - time.Duration(burst)*every; wait > 0 {
		return wait
	}
	a.spentUntil = until
	return 0
}
