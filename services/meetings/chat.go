package meetings

import (
	"context"
	"errors"
	"slices"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

// ChatMessage is what somebody said to everybody in a meeting's room.
type ChatMessage struct {
	ID          string    `json:"id"`          // ULID: in the order in which they were said
	Participant string    `json:"participant"` // of the room
	Identity    string    `json:"identity"`
	User        string    `json:"user,omitempty"`
	Name        string    `json:"name"`
	Text        string    `json:"text"`
	At          time.Time `json:"at"`
}

type chatRow struct {
	ChatMessage
	at int64
}

const chatColumns = `id, participant, identity, user_id, name, text, at`

func (r *chatRow) columns() []any {
	return []any{&r.ID, &r.Participant, &r.Identity, &r.User, &r.Name, &r.Text, &r.at}
}

// Said lists what was said in the present run of a meeting's room before a message, or last if that is "", the oldest first; more: there
// is something before that. ErrNotAMeeting, db.ErrUnavailable.
func (s *Service) Said(ctx context.Context, roomKey, before string, limit int) (messages []ChatMessage, more bool, err error) {
	id, isOne := MeetingOf(roomKey)
	if !isOne {
		return nil, false, ErrNotAMeeting
	}
	run := ""
	s.mu.Lock()
	if l := s.rooms[id]; l != nil {
		run = l.run
	}
	s.mu.Unlock()
	limit = max(1, min(limit, 200))
	err = s.deps.DB.Glance(ctx, func(q db.Querier) error {
		rows, err := db.All(ctx, q, (*chatRow).columns, `SELECT `+chatColumns+` FROM meeting_message WHERE instance = $1 AND ($2 = '' OR id < $2) ORDER BY id DESC LIMIT $3`, run, before, limit+1)
		if more = len(rows) > limit; more {
			rows = rows[:limit]
		}
		slices.Reverse(rows)
		messages = chatOf(rows)
		return err
	})
	return messages, more, err
}

func chatOf(rows []chatRow) []ChatMessage {
	messages := make([]ChatMessage, len(rows))
	for i, r := range rows {
		r.At = time.UnixMicro(r.at).UTC()
		messages[i] = r.ChatMessage
	}
	return messages
}

// ChatPage is a part of what was said.
type ChatPage struct {
	Messages []ChatMessage `json:"messages"`
	Next     string        `json:"next,omitempty"` // cursor of the next page; empty if this is the last
	Seq      int64         `json:"seq"`            // of the event log: what came later is not in it
}

// Chat lists what was said in one run of a meeting, the oldest first: for those who were invited or were
// there, administrators and services.
func (s *Service) Chat(ctx context.Context, c Caller, meeting, instance, after string, limit int) (ChatPage, error) {
	var p ChatPage
	err := s.deps.DB.Read(ctx, func(q db.Querier) error {
		r, err := oneMeeting(ctx, q, `m.id = $1`, meeting)
		if errors.Is(err, db.ErrNone) {
			return access.ErrNotFound
		}
		if err != nil {
			return err
		}
		n, err := db.Value[int64](ctx, q, `SELECT count(*) FROM meeting_instance WHERE id = $1 AND meeting = $2`, instance, meeting)
		if err != nil {
			return err
		}
		target := r.target()
		target.Everybody = false // that anybody may come in does not make what was said public
		was, err := db.Value[int64](ctx, q, `SELECT count(*) FROM meeting_attendance WHERE instance = $1 AND user_id = $2 AND user_id <> ''`, instance, c.ID)
		if err != nil {
			return err
		}
		if was > 0 {
			target.Participants = append(target.Participants, c.ID)
		}
		if err := s.allow(c, access.MeetingChat, target); err != nil {
			return err
		}
		if n == 0 {
			return access.ErrNotFound
		}
		rows, err := db.All(ctx, q, (*chatRow).columns, `SELECT `+chatColumns+` FROM meeting_message WHERE instance = $1 AND id > $2 ORDER BY id LIMIT $3`, instance, after, limit+1)
		if err != nil {
			return err
		}
		if len(rows) > limit {
			rows = rows[:limit]
			p.Next = rows[limit-1].ID
		}
		p.Messages = chatOf(rows)
		head, err := eventlog.ReadHead(ctx, q, r.Tenant)
		p.Seq = head.Seq
		return err
	})
	return p, err
}
