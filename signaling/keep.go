package signaling

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"switchyard/sfu"
	"switchyard/signaling/protocol"
)

// Keeper keeps what is said to everybody in a room, for those who come later. Any goroutine.
type Keeper interface {
	// Keeps reports whether what is said in a room is kept. It does not block.
	Keeps(room sfu.RoomID) bool
	// Keep writes a message down before anybody is told, and returns its ID and time. *NotKeptError or
	// *sfu.FieldError.
	Keep(ctx context.Context, room sfu.RoomID, from sfu.ParticipantInfo, text string) (id string, at time.Time, err error)
	// Kept returns at most limit messages of the room before the one with the ID before, or the last ones if
	// that is "", the oldest first; more: there are some before those. *NotKeptError.
	Kept(ctx context.Context, room sfu.RoomID, before string, limit int) (messages []sfu.Message, more bool, err error)
}

// NotKeptError says why a message cannot be kept now, so that it is not sent.
type NotKeptError struct {
	Reason string        // one sentence for the sender
	Retry  time.Duration // it may be tried again after so long; 0: it need not
}

func (e *NotKeptError) Error() string { return e.Reason }

// chatTopic is what is kept, if it is sent to everybody.
const chatTopic = "chat"

const (
	maxSaying    = 16 // messages of one session that wait to be written down
	pastDefault  = 100
	pastMost     = 200
	retryStorage = 5 * time.Second
	longestKeep  = time.Minute // a Keeper gives up long before
)

// saying is a message that waits to be written down.
type saying struct {
	message sfu.Message
	re      uint64
}

// say sends a message. One to everybody is written down first if somebody does that; its reply, and those to
// messages behind it, come in their order while the session goes on. On the session's goroutine.
func (s *session) say(p *sfu.Participant, m *protocol.Send, re uint64) {
	if p.Grants()&(sfu.MayMessage|sfu.MayPublish) == 0 {
		s.fail(protocol.Errorf(protocol.Forbidden, "the grant message is missing"), re)
		return
	}
	message := sfu.Message{Topic: m.Topic, Text: m.Text}
	if message.Topic == "" {
		message.Topic = chatTopic
	}
	for _, id := range m.To {
		message.To = append(message.To, sfu.ParticipantID(id))
	}
	switch {
	case s.server.deps.Keeper == nil || len(message.To) > 0 || message.Topic != chatTopic || !s.server.deps.Keeper.Keeps(p.Room().ID()):
		s.tell(p, saying{message, re})
	case len(m.Text) == 0 || len(m.Text) > sfu.MaxText:
		s.fail(protocol.Fieldf(protocol.BadField, "text", "text: %d bytes is not between 1 and %d", len(m.Text), sfu.MaxText), re)
	case len(s.sayings) >= maxSaying:
		s.fail(&protocol.Error{Code: protocol.NotKept, Message: fmt.Sprintf("%d messages wait to be written down", maxSaying), RetryMs: retryStorage.Milliseconds()}, re)
	default:
		s.sayings = append(s.sayings, saying{message, re})
		if len(s.sayings) == 1 {
			s.keepFirst(p)
		}
	}
}

// keepFirst has the first of the messages that wait written down, and its room told, even if the sender leaves meanwhile. An
// ended session does not wait for it; the server does.
func (s *session) keepFirst(p *sfu.Participant) {
	message, room, from := s.sayings[0].message, p.Room(), p.Info()
	s.server.running.Go(func() {
		defer s.server.recovered("keep", s)
		ctx, cancel := context.WithTimeout(context.Background(), longestKeep)
		defer cancel()
		var err error
		message.ID, message.At, err = s.server.deps.Keeper.Keep(ctx, room.ID(), from, message.Text)
		if err == nil {
			message.From, message.Sender, message.Name = from.ID, from.Identity, from.Name
			message.Number, err = room.Tell(message)
		}
		s.kept <- kept{message, err} // it has room for one, and there is no other
	})
}

// kept is what became of writing a message down.
type kept struct {
	message sfu.Message
	err     error
}

// afterKeeping replies to the first message that waited, and goes on with the next.
func (s *session) afterKeeping(k kept) {
	first := s.sayings[0]
	s.sayings = s.sayings[1:]
	if k.err != nil {
		s.fail(s.notKept(k.err), first.re)
	} else {
		s.send(&protocol.Sent{Message: k.message.ID, Number: k.message.Number}, first.re)
	}
	if len(s.sayings) > 0 {
		s.keepFirst(s.member())
	}
}

// tell sends a message of the moment.
func (s *session) tell(p *sfu.Participant, one saying) {
	sent, err := p.Send(one.message)
	if err != nil {
		field := ""
		if errors.Is(err, sfu.ErrNotFound) {
			field = "to"
		}
		s.fail(s.errorFor(err, field), one.re)
		return
	}
	s.send(&protocol.Sent{Message: sent.ID, Number: sent.Number}, one.re)
}

// notKept says why a message was not sent, or what was said before cannot be read, without ending the session.
func (s *session) notKept(err error) *protocol.Error {
	var why *NotKeptError
	if errors.As(err, &why) {
		return &protocol.Error{Code: protocol.NotKept, Message: why.Reason, RetryMs: why.Retry.Milliseconds()}
	}
	told := s.errorFor(err, "")
	if told.Code == protocol.Internal {
		told = &protocol.Error{Code: protocol.NotKept, Message: "it cannot be kept at this moment", RetryMs: retryStorage.Milliseconds()}
	}
	return told
}

// past replies with what was said before. It waits for the storage on a goroutine of its own, one at a time.
func (s *session) past(ctx context.Context, running *sync.WaitGroup, p *sfu.Participant, m *protocol.History, re uint64) {
	limit := m.Limit
	if limit == 0 {
		limit = pastDefault
	}
	switch {
	case m.Limit < 0 || m.Limit > pastMost:
		s.fail(protocol.Fieldf(protocol.BadField, "limit", "limit: %d is not between 1 and %d", m.Limit, pastMost), re)
		return
	case m.Before != "" && !isID(m.Before):
		s.fail(protocol.Fieldf(protocol.BadField, "before", "before: %.40q is not the id of a message", m.Before), re)
		return
	case s.server.deps.Keeper == nil || !s.server.deps.Keeper.Keeps(p.Room().ID()):
		s.send(&protocol.Past{}, re)
		return
	case !s.reading.CompareAndSwap(false, true):
		s.fail(protocol.Errorf(protocol.TooMany, "another history is being read"), re)
		return
	}
	running.Go(func() {
		defer s.server.recovered("history", s)
		messages, more, err := s.server.deps.Keeper.Kept(ctx, p.Room().ID(), m.Before, limit)
		s.reading.Store(false)
		if err != nil {
			if ctx.Err() == nil { // else the session has ended
				s.fail(s.notKept(err), re)
			}
			return
		}
		reply := &protocol.Past{More: more}
		for _, one := range messages {
			reply.Messages = append(reply.Messages, protocol.Said{
				Message: one.ID, From: string(one.From), Sender: one.Sender, Name: one.Name, Text: one.Text, At: protocol.Time{Time: one.At},
			})
		}
		s.send(reply, re)
	})
}

// isID reports whether a text can be the id of a message.
func isID(text string) bool {
	_, err := ulid.ParseStrict(text)
	return err == nil
}
