package signaling

import (
	"slices"

	"switchyard/sfu"
	"switchyard/signaling/protocol"
)

// roster merges who came, changed and went into one participants event. The
// zero value is empty.
type roster struct {
	came, changed []sfu.ParticipantInfo
	went          []protocol.Departure
}

func (r *roster) pending() bool { return len(r.came)+len(r.changed)+len(r.went) > 0 }

func find(list []sfu.ParticipantInfo, id sfu.ParticipantID) int {
	return slices.IndexFunc(list, func(p sfu.ParticipantInfo) bool { return p.ID == id })
}

func (r *roster) joined(p sfu.ParticipantInfo) { r.came = append(r.came, p) }

func (r *roster) updated(p sfu.ParticipantInfo) {
	if i := find(r.came, p.ID); i >= 0 {
		r.came[i] = p
		return
	}
	if i := find(r.changed, p.ID); i >= 0 {
		r.changed[i] = p
		return
	}
	r.changed = append(r.changed, p)
}

func (r *roster) left(ev sfu.ParticipantLeft) {
	if i := find(r.changed, ev.Participant); i >= 0 {
		r.changed = slices.Delete(r.changed, i, i+1)
	}
	if i := find(r.came, ev.Participant); i >= 0 {
		r.came = slices.Delete(r.came, i, i+1) // nobody was told of it yet
		return
	}
	r.went = append(r.went, protocol.Departure{ID: string(ev.Participant), Reason: string(ev.Reason)})
}

func (r *roster) message() *protocol.Participants {
	return &protocol.Participants{
		Joined: participantMessages(r.came), Updated: participantMessages(r.changed), Left: r.went,
	}
}
