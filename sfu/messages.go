package sfu

import (
	"fmt"
	"slices"

	"github.com/oklog/ulid/v2"
)

// Send sends a message to those in m.To, or to everybody; the sender gets it
// too. It returns the message with ID, Number, From, Sender, Name and At filled in.
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
	case p.left != "":
		return m, ErrClosed
	case p.grants&(MayMessage|MayPublish) == 0:
		return m, fmt.Errorf("send a message: %w", ErrForbidden)
	case len(m.To) > len(r.participants):
		return m, &FieldError{"to", fmt.Sprintf("%d receivers is more than the room has participants", len(m.To))}
	}
	receivers := r.participants
	if len(m.To) > 0 {
		var err error
		if receivers, err = r.addressed(m.To, p); err != nil {
			return m, err
		}
	}
	r.messages++
	m.ID, m.Number = ulid.Make().String(), r.messages
	m.From, m.Sender, m.Name, m.At = p.id, p.identity, p.name, r.now()
	m.To = slices.Clone(m.To)
	for _, other := range receivers {
		other.tell(MessageReceived{m})
	}
	return m, nil
}

// Tell tells everybody a message that was written down somewhere: it is complete but for its Number, and its
// sender may have left meanwhile. ErrClosed if there is nobody to tell any more.
func (r *Room) Tell(m Message) (number uint64, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return 0, ErrClosed
	}
	r.messages++
	m.Number = r.messages
	r.tellOthers(nil, MessageReceived{m})
	return m.Number, nil
}

// addressed finds who gets a message to some: those, and its sender. Under r.mu.
func (r *Room) addressed(to []ParticipantID, sender *Participant) ([]*Participant, error) {
	missing := make(map[ParticipantID]int, len(to))
	for i, id := range to {
		missing[id] = i
	}
	var list []*Participant
	for _, p := range r.participants {
		_, named := missing[p.id]
		if named && !p.hidden {
			delete(missing, p.id)
		}
		if named || p == sender {
			list = append(list, p)
		}
	}
	for id, i := range missing {
		return nil, fmt.Errorf("to[%d]: participant %.40q: %w", i, id, ErrNotFound)
	}
	return list, nil
}
