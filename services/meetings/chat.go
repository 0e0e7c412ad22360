package meetings

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

const (
	maxChatText   = 16 << 10 // bytes of a message
	maxChatOfARun = 10_000   // messages of one instance
	chatPatience  = 3 * time.Second
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

// Speaker is who says something in a room.
type Speaker struct {
	Participant string
	Identity    string
	Name        string
}

type chatRow struct {
	ChatMessage
	at int64
}

const chatColumns = `id, participant, identity, user_id, name, text, at`

func (r *chatRow) columns() []any {
	return []any{&r.ID, &r.Participant, &r.Identity, &r.User, &r.Name, &r.Text, &r.at}
}

// toldMessage is what the log tells of a message.
type toldMessage struct {
	Meeting  string `json:"meeting"`
	Instance string `json:"instance"`
	ChatMessage
}

// Say writes down what somebody says to everybody in a meeting's room. The room is told when it has returned: what is told is
// kept. ErrNotAMeeting, *FieldError, ErrChatFull, access.ErrNotFound of a deleted user, db.ErrUnavailable.
func (s *Service) Say(ctx context.Context, roomKey string, from Speaker, text string) (ChatMessage, error) {
	id, isOne := MeetingOf(roomKey)
	if !isOne {
		return ChatMessage{}, ErrNotAMeeting
	}
	if len(text) > maxChatText {
		return ChatMessage{}, fault("text", text, "has %d bytes; at most %d are allowed", len(text), maxChatText)
	}
	if err := checkText("text", text, 1, maxChatText, true); err != nil {
		return ChatMessage{}, err
	}
	r, err := s.known(ctx, id)
	if err != nil {
		return ChatMessage{}, err
	}
	user, _ := cutUser(from.Identity)
	now := s.now()
	m := ChatMessage{ID: newID(), Participant: from.Participant, Identity: from.Identity, User: user, Name: from.Name, Text: text, At: now.UTC().Truncate(time.Microsecond)}
	written := make(chan error, 1)
	var givenUp atomic.Bool
	defer givenUp.Store(true)
	s.mu.Lock()
	l := s.room(id)
	s.begin(l, now)
	run, started := l.run, l.started
	full := l.said >= maxChatOfARun
	if !full {
		l.said++
		// After what is told of its coming, which may be on its way.
		err = s.deps.Backlog.Submit(eventlog.Op{Do: func(ctx context.Context, tx *db.Tx, _ bool) error {
			if givenUp.Load() {
				return nil
			}
			return s.storeMessage(ctx, tx, r, run, started, m, written)
		}})
	}
	s.mu.Unlock()
	switch {
	case full:
		return ChatMessage{}, ErrChatFull
	case err != nil:
		return ChatMessage{}, fmt.Errorf("%w: %w", db.ErrUnavailable, err)
	}
	patience := time.NewTimer(chatPatience)
	defer patience.Stop()
	select {
	case err = <-written:
		return m, err
	case <-patience.C:
		return ChatMessage{}, fmt.Errorf("%w: a message was not written down in %v", db.ErrUnavailable, chatPatience)
	case <-ctx.Done():
		return ChatMessage{}, ctx.Err()
	}
}

// storeMessage writes a message and its event; written, which has room for one, is told when
// that is durable, or why it never will be.
func (s *Service) storeMessage(ctx context.Context, tx *db.Tx, r *meetingRow, run string, started time.Time, m ChatMessage, written chan<- error) error {
	actor := "guest:" + m.Identity
	if m.User != "" {
		actor = "user:" + m.User
		if _, err := onePerson(ctx, tx, m.User); errors.Is(err, db.ErrNone) { // it was deleted just now
			select {
			case written <- access.ErrNotFound:
			default: // the transaction was tried again
			}
			return nil
		} else if err != nil {
			return err
		}
	}
	if err := needRun(ctx, tx, r, run, started); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO meeting_message (id, instance, participant, identity, user_id, name, text, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		m.ID, run, m.Participant, m.Identity, m.User, m.Name, m.Text, m.At.UnixMicro())
	if err != nil {
		return err
	}
	tx.AfterCommit(func() { written <- nil })
	return s.emit(tx, eventlog.Event{Tenant: r.Tenant, Type: "meeting.chat_message", Subject: r.subject(), Actor: actor, At: m.At, Audience: r.audience()},
		toldMessage{r.ID, run, m})
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
	if before == "" {
		before = "~" // after every ULID
	}
	limit = max(1, min(limit, 200))
	err = s.deps.DB.Glance(ctx, func(q db.Querier) error {
		rows, err := db.All(ctx, q, (*chatRow).columns, `SELECT `+chatColumns+` FROM meeting_message WHERE instance = $1 AND id < $2 ORDER BY id DESC LIMIT $3`, run, before, limit+1)
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

// needRun has the instance written down unless it is: what tells of its beginning may still be on its way.
func needRun(ctx context.Context, tx *db.Tx, r *meetingRow, run string, started time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO meeting_instance (id, meeting, tenant, started, seen, ended) VALUES ($1, $2, $3, $4, $4, 0)
		ON CONFLICT (id) DO NOTHING`, run, r.ID, r.Tenant, started.UnixMicro())
	if err != nil {
		return fmt.Errorf("the instance of the meeting: %w", err)
	}
	return nil
}
