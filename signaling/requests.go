package signaling

import (
	"context"
	"sync"
	"time"

	"switchyard/sfu"
	"switchyard/signaling/protocol"
)

// handle answers one request. On the session's goroutine.
func (s *session) handle(ctx context.Context, running *sync.WaitGroup, e envelope) {
	switch m := e.request.(type) {
	case *protocol.Ping:
		s.send(&protocol.Pong{At: protocol.Time{Time: time.Now()}}, e.id)
		return
	case *protocol.Leave:
		s.leave(e.id)
		return
	case *protocol.Hello, *protocol.Resume:
		s.fail(protocol.Errorf(protocol.OutOfOrder, "%s in a session that has begun", protocol.TypeOf(m)), e.id)
		return
	case *protocol.Join:
		s.ask(ctx, running, m, e.id)
		return
	}
	switch s.phase() {
	case fresh:
		s.fail(protocol.Errorf(protocol.OutOfOrder, "%s came before join", protocol.TypeOf(e.request)), e.id)
		return
	case asking:
		// Requests may be sent in one breath with join.
		if len(s.held) >= maxHeld {
			s.fail(protocol.Errorf(protocol.OutOfOrder, "%s came before joined, after %d others", protocol.TypeOf(e.request), maxHeld), e.id)
			return
		}
		s.held = append(s.held, e)
		return
	}
	p := s.member()
	var err *protocol.Error
	switch m := e.request.(type) {
	case *protocol.Offer:
		if err = s.offer(ctx, p, m, e.id); err == nil {
			return // it has replied, in step with the slots
		}
	case *protocol.DemandRequest:
		err = s.demand(p, m)
	case *protocol.Mute:
		err = s.mute(p, m)
	case *protocol.Unpublish:
		err = s.unpublish(p, m)
	case *protocol.Update:
		err = s.update(p, m)
	case *protocol.SetState:
		err = s.setState(p, m)
	case *protocol.Remove:
		err = s.remove(p, m)
	case *protocol.Send:
		s.say(p, m, e.id)
		return
	case *protocol.History:
		s.past(ctx, running, p, m, e.id)
		return
	case *protocol.RaiseHand:
		err = s.outcome(p.RaiseHand())
	case *protocol.LowerHand:
		err = s.lowerHand(p, m)
	case *protocol.LowerHands:
		err = s.lowerHands(p)
	case *protocol.React:
		err = s.outcome(p.React(m.Emoji))
	}
	if err != nil {
		s.fail(err, e.id)
		return
	}
	s.send(&protocol.OK{}, e.id)
}

func (s *session) phase() sessionState {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

// leave takes the participant out of its room; its event stream then ends the
// session.
func (s *session) leave(id uint64) {
	s.send(&protocol.OK{}, id)
	if p := s.member(); p != nil {
		p.Leave(sfu.LeftByItself)
		return
	}
	s.end(leaving(sfu.LeftByItself))
}

func (s *session) update(p *sfu.Participant, m *protocol.Update) *protocol.Error {
	switch {
	case m.Name != nil && s.claims.Name != "" && *m.Name != s.claims.Name:
		return protocol.Fieldf(protocol.Forbidden, "name", "the token fixes the name")
	case m.Name != nil && len(*m.Name) > sfu.MaxName:
		return tooLong("name", len(*m.Name), sfu.MaxName)
	case m.Metadata != nil && len(*m.Metadata) > sfu.MaxMetadata:
		return tooLong("metadata", len(*m.Metadata), sfu.MaxMetadata)
	}
	err := p.Update(func(info *sfu.ParticipantInfo) {
		if m.Name != nil {
			info.Name = *m.Name
		}
		if m.Metadata != nil {
			info.Metadata = *m.Metadata
		}
	})
	if err != nil {
		return s.errorFor(err, "")
	}
	return nil
}

func tooLong(field string, n, most int) *protocol.Error {
	return protocol.Fieldf(protocol.BadField, field, "%s: %d bytes is more than %d", field, n, most)
}

// lacks says that a request needs a grant; nil if p has it.
func lacks(p *sfu.Participant, want sfu.Grants) *protocol.Error {
	if p.Grants().Has(want) {
		return nil
	}
	return protocol.Errorf(protocol.Forbidden, "the grant %s is missing", want.Names()[0])
}

func (s *session) setState(p *sfu.Participant, m *protocol.SetState) *protocol.Error {
	if err := lacks(p, sfu.MayModerate); err != nil {
		return err
	}
	room := p.Room()
	switch {
	case m.Metadata != nil && len(*m.Metadata) > sfu.MaxMetadata:
		return tooLong("metadata", len(*m.Metadata), sfu.MaxMetadata)
	case m.Pinned != nil && *m.Pinned != "" && room.Publication(sfu.PublicationID(*m.Pinned)) == nil:
		return protocol.Fieldf(protocol.NotFound, "pinned", "publication %.40q is not in the room", *m.Pinned)
	}
	room.Update(func(state *sfu.State) {
		if m.Locked != nil {
			state.Locked = *m.Locked
		}
		if m.Public != nil {
			state.Public = *m.Public
		}
		if m.Pinned != nil {
			state.Pinned = sfu.PublicationID(*m.Pinned)
		}
		if m.Metadata != nil {
			state.Metadata = *m.Metadata
		}
	})
	return nil
}

func (s *session) remove(p *sfu.Participant, m *protocol.Remove) *protocol.Error {
	if err := lacks(p, sfu.MayModerate); err != nil {
		return err
	}
	if len(m.Reason) > protocol.MaxRemoveReason {
		return tooLong("reason", len(m.Reason), protocol.MaxRemoveReason)
	}
	if err := p.Room().Remove(sfu.ParticipantID(m.Participant), sfu.LeftRemoved); err != nil {
		return s.errorFor(err, "participant")
	}
	s.log.Info("participant removed", "participant", m.Participant, "by", string(p.ID()), "reason", m.Reason)
	return nil
}
