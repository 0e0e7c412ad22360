package signaling

import (
	"switchyard/sfu"
	"switchyard/signaling/protocol"
)

// lowerHand lowers one's own hand, or as a moderator anybody's.
func (s *session) lowerHand(p *sfu.Participant, m *protocol.LowerHand) *protocol.Error {
	if m.Participant == "" || m.Participant == string(p.ID()) {
		return s.outcome(p.LowerHand())
	}
	if err := lacks(p, sfu.MayModerate); err != nil {
		return err
	}
	other := p.Room().Participant(sfu.ParticipantID(m.Participant))
	if other == nil || other.Hidden() {
		return protocol.Fieldf(protocol.NotFound, "participant", "participant %.40q is not in the room", m.Participant)
	}
	if err := other.LowerHand(); err != nil { // it is leaving just now, and its hand with it
		return protocol.Fieldf(protocol.NotFound, "participant", "participant %.40q has left the room", m.Participant)
	}
	return nil
}

func (s *session) lowerHands(p *sfu.Participant) *protocol.Error {
	if err := lacks(p, sfu.MayModerate); err != nil {
		return err
	}
	p.Room().LowerHands()
	return nil
}

// outcome is errorFor of what may have succeeded.
func (s *session) outcome(err error) *protocol.Error {
	if err == nil {
		return nil
	}
	return s.errorFor(err, "")
}
