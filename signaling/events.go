package signaling

import (
	"time"

	"switchyard/sfu"
	"switchyard/signaling/protocol"
)

// rosterInterval is the least time between two participants events: in between
// they are merged, so that a hundred people who come at once are a few
// messages. The first is told at once.
const rosterInterval = 100 * time.Millisecond

// reactionInterval is the least time between two reactions events.
const reactionInterval = 250 * time.Millisecond

// maxBatch events are looked at before what they came to is sent.
const maxBatch = 256

// pump turns the participant's events into messages until the stream or the
// session ends.
func (s *session) pump(p *sfu.Participant, events <-chan sfu.Event) {
	defer p.StopEvents(events)
	defer s.server.recovered("events", s)
	d := digest{session: s}
	for {
		var held <-chan time.Time
		if at, pending := d.due(); pending {
			held = time.After(time.Until(at))
		}
		select {
		case <-s.done:
			return
		case <-held:
			d.flush()
			continue
		case ev, open := <-events:
			if !d.take(ev, open) {
				return
			}
		}
		for more := maxBatch; more > 0; more-- {
			select {
			case ev, open := <-events:
				if !d.take(ev, open) {
					return
				}
				continue
			default:
			}
			break
		}
		d.flush()
	}
}

// digest merges events of one batch into few messages. What a later message may
// refer to is always sent before it.
type digest struct {
	session     *session
	roster      roster
	rosterAt    time.Time // not before
	reactions   []protocol.Reaction
	reactionsAt time.Time // not before
	slots       []sfu.SlotChanged
	speakers    *sfu.SpeakersChanged
	state       *sfu.StateChanged
}

// take adds an event; false when it was the last.
func (d *digest) take(ev sfu.Event, open bool) bool {
	s := d.session
	if !open {
		d.flush()
		s.end(leaving(leftReplaced))
		return false
	}
	if changesRoster(ev) {
		s.server.members.rosterChanged(s.member())
	}
	switch ev := ev.(type) {
	case sfu.ParticipantJoined:
		d.roster.joined(ev.Participant)
	case sfu.ParticipantUpdated:
		d.roster.updated(ev.Participant)
	case sfu.ParticipantLeft:
		d.roster.left(ev)
	case sfu.SlotChanged:
		d.slotChanged(ev)
	case sfu.SpeakersChanged:
		d.speakers = &ev
	case sfu.StateChanged:
		d.state = &ev
	case sfu.MessageReceived:
		d.send(chatMessage(ev.Message))
	case sfu.HandsLowered:
		d.send(&protocol.HandsLowered{})
	case sfu.Reacted:
		d.reactions = append(d.reactions, protocol.Reaction{Participant: string(ev.Participant), Emoji: ev.Emoji})
	case sfu.PublicationMuted:
		d.send(&protocol.Muted{Publication: string(ev.Publication), By: string(ev.By)})
	case sfu.Republish:
		d.send(&protocol.Republish{Publication: string(ev.Publication), Codec: ev.Codec.String()})
	case sfu.Asked:
		d.send(&protocol.Asked{What: ev.What})
	case sfu.Moved:
		*d = digest{session: s}
		s.send(&protocol.Moved{
			Participant: participantMessage(ev.Self), Room: roomMessage(ev.Room), Participants: participantMessages(ev.Participants),
		}, 0)
		s.send(&protocol.Speakers{Speakers: speakerMessages(ev.Speakers)}, 0)
	case sfu.Left:
		d.flushAll()
		s.end(leaving(ev.Reason))
		return false
	}
	return true
}

// send sends a message that is never merged, after all that came before it.
func (d *digest) send(m protocol.Message) {
	d.flushAll()
	d.session.send(m, 0)
}

// slotChanged keeps every change of a slot that announces a timestamp, since
// each belongs to frames of its own.
func (d *digest) slotChanged(ev sfu.SlotChanged) {
	for i := range d.slots {
		if d.slots[i].Subscription == ev.Subscription {
			if d.slots[i].HasTimestamp && d.slots[i].Publication != ev.Publication {
				d.flushAll()
				break
			}
			d.slots[i] = ev
			return
		}
	}
	d.slots = append(d.slots, ev)
}

// due is when something that is held back may be sent.
func (d *digest) due() (at time.Time, pending bool) {
	if pending = d.roster.pending(); pending {
		at = d.rosterAt
	}
	if len(d.reactions) > 0 && (!pending || d.reactionsAt.Before(at)) {
		return d.reactionsAt, true
	}
	return at, pending
}

// flush sends what may be sent now.
func (d *digest) flush() {
	if d.roster.pending() && (len(d.slots) > 0 || d.speakers != nil || !time.Now().Before(d.rosterAt)) {
		d.session.send(d.roster.message(), 0)
		d.roster = roster{}
		d.rosterAt = time.Now().Add(rosterInterval)
	}
	if len(d.slots) > 0 {
		d.session.showSlots(d.slots)
		d.slots = d.slots[:0]
	}
	if d.speakers != nil {
		d.session.send(&protocol.Speakers{Speakers: speakerMessages(d.speakers.Speakers)}, 0)
		d.speakers = nil
	}
	if d.state != nil {
		d.session.send(&protocol.State{State: stateMessage(d.state.State)}, 0)
		d.state = nil
	}
	if len(d.reactions) > 0 && !time.Now().Before(d.reactionsAt) {
		d.session.mention(&protocol.Reactions{Reactions: d.reactions})
		d.reactions = nil
		d.reactionsAt = time.Now().Add(reactionInterval)
	}
}

func (d *digest) flushAll() {
	d.rosterAt = time.Time{}
	d.flush()
}

// showSlots tells what flows through slots of the session's present peer, and
// remembers it for the next answer. Those of other transports of the
// participant are not its business.
func (s *session) showSlots(changes []sfu.SlotChanged) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := &protocol.Slots{}
	for _, ev := range changes {
		if ev.Subscription.Slot().Receiver != s.receiver {
			continue
		}
		state := slotMessage(ev)
		s.shown[ev.Subscription] = state
		m.Slots = append(m.Slots, state)
	}
	if len(m.Slots) > 0 {
		s.sendLocked(m, 0)
	}
}

func (s *session) member() *sfu.Participant {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.participant
}
