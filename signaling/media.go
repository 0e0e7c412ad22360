package signaling

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"switchyard/sfu"
	"switchyard/sfu/rtc"
	"switchyard/signaling/protocol"
)

// answerTimeout bounds the work on one offer.
const answerTimeout = 10 * time.Second

// offer serves an offer and replies to it: the answer goes into the outbox
// under the same lock as events about slots, so that it never says less.
func (s *session) offer(ctx context.Context, p *sfu.Participant, m *protocol.Offer, id uint64) *protocol.Error {
	if err := s.checkOffer(p, m); err != nil {
		return err
	}
	tracks := make([]rtc.TrackOffer, 0, len(m.Tracks))
	for i, t := range m.Tracks {
		if !sfu.TrackSource(t.Source).Valid() {
			return protocol.Fieldf(protocol.BadField, fmt.Sprintf("tracks[%d].source", i), "%.40q is not a source", t.Source)
		}
		tracks = append(tracks, rtc.TrackOffer{Mid: t.Mid, Track: trackOf(t)})
	}
	if s.peer == nil {
		if err := s.newPeer(p); err != nil {
			return s.errorFor(err, "sdp")
		}
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	answer, err := s.peer.Answer(ctx, m.SDP, tracks)
	if err != nil {
		if errors.Is(err, rtc.ErrClosed) {
			s.peerLost()
			return &protocol.Error{Code: protocol.BadOffer, Field: "sdp", Message: "the media connection has just ended: offer again, from a new one"}
		}
		return s.errorFor(err, "")
	}
	reply := &protocol.Answer{SDP: answer.SDP}
	for _, pub := range answer.Publications {
		reply.Publications = append(reply.Publications, protocol.PublicationAnswer{Mid: pub.Mid, Publication: string(pub.Publication.ID())})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	shown := make(map[*sfu.Subscription]protocol.SlotState, len(answer.Slots))
	clear(s.slots)
	for _, slot := range answer.Slots {
		s.slots[slot.Mid] = slot.Subscription
		state, known := s.shown[slot.Subscription]
		if !known {
			state = protocol.SlotState{Slot: slot.Mid, Kind: slot.Kind.String()}
		}
		shown[slot.Subscription] = state
		reply.Slots = append(reply.Slots, state)
	}
	s.shown = shown
	s.sendLocked(reply, id)
	return nil
}

// checkOffer refuses what is too much before any of it is parsed.
func (s *session) checkOffer(p *sfu.Participant, m *protocol.Offer) *protocol.Error {
	deps := &s.server.deps
	if len(m.Tracks) > deps.MaxTracks {
		return protocol.Fieldf(protocol.TooMany, "tracks", "%d tracks is more than %d", len(m.Tracks), deps.MaxTracks)
	}
	sending, receiving := countLines(m.SDP)
	switch {
	case receiving > deps.MaxSlots:
		return protocol.Fieldf(protocol.TooMany, "sdp", "%d receiving lines is more than %d", receiving, deps.MaxSlots)
	case sending > 4*deps.MaxTracks+deps.MaxSlots: // lines that were stopped stay in an offer
		return protocol.Fieldf(protocol.TooMany, "sdp", "%d lines is more than %d", sending+receiving, 4*deps.MaxTracks+2*deps.MaxSlots)
	case len(m.Tracks) > 0:
		return lacks(p, sfu.MayPublish)
	}
	return nil
}

// countLines counts the media lines of an offer that only receive, and the
// others. It looks at nothing else.
func countLines(sdp string) (others, receiving int) {
	for line := range strings.Lines(sdp) {
		switch line = strings.TrimRight(line, "\r\n"); {
		case strings.HasPrefix(line, "m="):
			others++
		case line == "a=recvonly" && others > 0:
			others--
			receiving++
		}
	}
	return others, receiving
}

// newPeer makes the session's WebRTC transport.
func (s *session) newPeer(p *sfu.Participant) error {
	s.peers++
	name := fmt.Sprintf("%s/%d", s.name, s.peers)
	s.mu.Lock()
	s.receiver = name
	s.mu.Unlock()
	peer, err := s.server.deps.Peers.NewPeer(p, rtc.PeerOptions{Name: name, Role: rtc.Both})
	if err != nil {
		return err
	}
	s.peer, s.peerDone = peer, peer.Done()
	return nil
}

// peerLost asks for a new peer connection after the server has given up the old
// one.
func (s *session) peerLost() {
	s.peer.Close()
	s.peer, s.peerDone = nil, nil
	s.mu.Lock()
	defer s.mu.Unlock()
	s.receiver = ""
	clear(s.slots)
	clear(s.shown)
	select {
	case <-s.participant.Done(): // the reason comes by its events
	default:
		s.sendLocked(&protocol.Reoffer{Reason: protocol.ReofferMoved}, 0)
	}
}

// demand applies demands: none of them if one is out of bounds. A participant
// or publication that is not there (any more) shows nothing; the others apply
// and the reply says so.
func (s *session) demand(p *sfu.Participant, m *protocol.DemandRequest) *protocol.Error {
	if len(m.Demands) > s.server.deps.MaxSlots {
		return protocol.Fieldf(protocol.TooMany, "demands", "%d demands is more than %d", len(m.Demands), s.server.deps.MaxSlots)
	}
	room := p.Room()
	wants := make([]sfu.Demand, len(m.Demands))
	subscriptions := make([]*sfu.Subscription, len(m.Demands))
	var missing *protocol.Error
	s.mu.Lock()
	for i, d := range m.Demands {
		subscriptions[i] = s.slots[d.Slot]
	}
	s.mu.Unlock()
	for i, d := range m.Demands {
		at := fmt.Sprintf("demands[%d]", i)
		if subscriptions[i] == nil {
			return protocol.Fieldf(protocol.NotFound, at+".slot", "there is no slot %.64q", d.Slot)
		}
		want, err := demandOf(d, at)
		if err != nil {
			return err
		}
		wants[i] = want
		switch {
		case missing != nil:
		case want.Kind == sfu.WantParticipant && room.Participant(want.Participant) == nil:
			missing = protocol.Fieldf(protocol.NotFound, at+".id", "participant %.40q is not in the room", d.ID)
		case want.Kind == sfu.WantTrack && room.Publication(want.Publication) == nil:
			missing = protocol.Fieldf(protocol.NotFound, at+".id", "publication %.40q is not in the room", d.ID)
		}
	}
	for i, want := range wants {
		if err := subscriptions[i].Want(want); err != nil {
			return s.errorFor(err, fmt.Sprintf("demands[%d]", i))
		}
	}
	return missing
}

func demandOf(d protocol.Demand, at string) (sfu.Demand, *protocol.Error) {
	want := sfu.Demand{Width: d.Width, Height: d.Height, FPS: d.FPS, Priority: protocol.DefaultPriority}
	if d.Priority != nil {
		want.Priority = *d.Priority
	}
	for _, n := range []struct {
		field     string
		value, hi int
	}{{"width", d.Width, protocol.MaxDimension}, {"height", d.Height, protocol.MaxDimension}, {"fps", d.FPS, protocol.MaxFPS}, {"priority", want.Priority, protocol.MaxPriority}} {
		if n.value < 0 || n.value > n.hi {
			return want, protocol.Fieldf(protocol.BadField, at+"."+n.field, "%d is not between 0 and %d", n.value, n.hi)
		}
	}
	switch d.Source {
	case "speaker":
		want.Kind = sfu.WantSpeaker
	case "participant":
		want.Kind, want.Participant = sfu.WantParticipant, sfu.ParticipantID(d.ID)
	case "track":
		want.Kind, want.Publication = sfu.WantTrack, sfu.PublicationID(d.ID)
	case "none":
		want.Kind = sfu.WantNone
	default:
		return want, protocol.Fieldf(protocol.BadField, at+".source", "%.40q is not speaker, participant, track or none", d.Source)
	}
	if d.ID == "" && (want.Kind == sfu.WantParticipant || want.Kind == sfu.WantTrack) {
		return want, protocol.Fieldf(protocol.BadField, at+".id", "the source %s needs an id", d.Source)
	}
	return want, nil
}

func (s *session) mute(p *sfu.Participant, m *protocol.Mute) *protocol.Error {
	pub := p.Room().Publication(sfu.PublicationID(m.Publication))
	if pub == nil {
		return noPublication(m.Publication)
	}
	if pub.Participant() != p {
		if err := lacks(p, sfu.MayModerate); err != nil {
			return err
		}
		if !m.Muted {
			return protocol.Fieldf(protocol.Forbidden, "muted", "a moderator may mute others, not unmute them")
		}
	}
	if err := pub.Mute(m.Muted, p.ID()); err != nil {
		return s.errorFor(err, "publication")
	}
	return nil
}

func (s *session) unpublish(p *sfu.Participant, m *protocol.Unpublish) *protocol.Error {
	pub := p.Room().Publication(sfu.PublicationID(m.Publication))
	switch {
	case pub == nil:
		return noPublication(m.Publication)
	case pub.Participant() != p:
		return protocol.Fieldf(protocol.Forbidden, "publication", "it is not one's own")
	}
	pub.End()
	return nil
}

func noPublication(id string) *protocol.Error {
	return protocol.Fieldf(protocol.NotFound, "publication", "publication %.40q is not in the room", id)
}
