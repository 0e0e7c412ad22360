package signaling

import (
	"context"
	"errors"
	"sync"

	"switchyard/sfu"
	"switchyard/signaling/protocol"
)

// admission is what became of asking to be let in.
type admission struct {
	join sfu.Join
	err  error
}

// ask begins admission, which may take long: the session goes on meanwhile.
func (s *session) ask(ctx context.Context, running *sync.WaitGroup, m *protocol.Join, id uint64) {
	if s.phase() != fresh {
		s.fail(protocol.Errorf(protocol.OutOfOrder, "a second join"), id)
		return
	}
	switch {
	case m.Room != "" && m.Room != s.claims.Room:
		s.fail(protocol.Fieldf(protocol.WrongRoom, "room", "the token is for another room than %.64q", m.Room), id)
		return
	case len(m.Name) > sfu.MaxName:
		s.fail(tooLong("name", len(m.Name), sfu.MaxName), id)
		return
	case len(m.Metadata) > sfu.MaxMetadata:
		s.fail(tooLong("metadata", len(m.Metadata), sfu.MaxMetadata), id)
		return
	}
	s.mu.Lock()
	s.state = asking
	s.mu.Unlock()
	s.joinID = id
	want := Want{Kind: "browser", Name: m.Name, Metadata: m.Metadata}
	running.Go(func() {
		defer s.server.recovered("admission", s)
		join, err := s.server.deps.Admitter.Admit(ctx, s.claims, want, func(w Waiting) {
			s.send(&protocol.Waiting{Message: w.Message, Reason: w.Reason, Position: w.Position}, 0)
		})
		s.admitted <- admission{join, err}
	})
}

// enter joins the room once admission has ended, replies to join and handles
// what was held back.
func (s *session) enter(ctx context.Context, running *sync.WaitGroup, a admission) {
	held := s.held
	s.held = nil
	if a.err == nil {
		a.err = s.server.join(sfu.RoomID(s.claims.Room), func(room *sfu.Room) error {
			return s.joinRoom(running, room, a.join)
		})
	}
	if a.err != nil {
		told := s.errorFor(a.err, "")
		if errors.Is(a.err, sfu.ErrLimit) {
			told = protocol.Refusal(protocol.Full, "the room is full", retryWhenFull.Milliseconds())
		}
		s.end(failing(told, s.joinID))
		return
	}
	for _, e := range held {
		s.handle(ctx, running, e)
	}
}

func (s *session) joinRoom(running *sync.WaitGroup, room *sfu.Room, j sfu.Join) error {
	p, found, events, err := s.server.members.joinSession(room, j, s)
	if err != nil {
		return err
	}
	first, ok := (<-events).(sfu.Snapshot)
	if !ok {
		s.server.members.dropSession(p, s, false, s.server)
		return sfu.ErrClosed // it left at the same time
	}
	s.mu.Lock()
	s.state, s.participant = present, p
	if s.socket == nil {
		p.Quiet(s.name, true) // cut while it waited
	}
	s.sendLocked(&protocol.Joined{
		Participant: participantMessage(first.Self), Room: roomMessage(first.Room),
		Participants: participantMessages(first.Participants), Speakers: speakerMessages(first.Speakers), Resumed: found,
	}, s.joinID)
	s.log = s.log.With("participant", string(p.ID()))
	s.mu.Unlock()
	s.log.Info("session joined", "resumed", found)
	running.Go(func() { s.pump(p, events) })
	return nil
}
