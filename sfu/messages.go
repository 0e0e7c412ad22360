package sfu

import (
	"fmt"
	"slices"

	"github.com/oklog/ulid/v2"
)

// Send sends a message to those in m.To, or to everybody; the sender gets it
// too. It returns the message with ID, Number, From, Name and At filled in.
// ErrForbidden, ErrNotFound for an unknown receiver, ErrClosed or a FieldError.
func (p *Participant) Send(m Message) (Message, error) {
	switch {
	case len(m.Text) == 0 || len(m.Text) > MaxText:
		return m, &FieldError{"text", fmt.Sprintf("%d bytes is not between 1 and %d", len(m.Text), MaxText)}
	case len(m.Topic) > MaxTopic:
		return m, &FieldError{"topic", fmt.Sprintf("%d bytes is more than %d", len(m.Topic), MaxTopic)}
	}
	r := p.lockRoom()
	defer r.mu.Unlock()
	switch {
	case p.left:
		return m, ErrClosed
	case p.grants&(MayMessage|MayPublish) == 0:
		return m, fmt.Errorf("send a message: %w", ErrForbidden)
	case len(m.To) > len(r.participants):
		return m, &FieldError{"to", fmt.Sprintf("%d receivers is more than the room has participants", len(m.To))}
	}
	for i, id := range m.To {
		if other := r.participant(id); other == nil || other.hidden {
			return m, fmt.Errorf("to[%d]: participant %.40q: %w", i, id, ErrNotFound)
		}
	}
	r.messages++
	m.ID, m.Number = ulid.Make().String(), r.messages
	m.From, m.Name, m.At = p.id, p.name, r.now()
	for _, other := range r.participants {
		if len(m.To) == 0 || other == p || slices.Contains(m.To, other.id) {
			other.tell(MessageReceived{m})
		}
	}
	return m, nil
}
