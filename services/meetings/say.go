package meetings

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

const (
	maxChatText    = 16 << 10 // bytes of a message
	maxChatOfARun  = 10_000   // messages of one instance
	maxChatOfOne   = 2_500    // of them by one identity
	maxChatBacklog = 1_000    // what waits for the database beyond which no message is taken: the rest is for who comes and goes
	chatBurst      = 20       // messages at once by one identity, then one every chatEvery
	chatEvery      = time.Second
	chatPatience   = 3 * time.Second
	longestWrite   = 35 * time.Second // more than a transaction may take
)

// Speaker is who says something in a room.
type Speaker struct {
	Participant string
	Identity    string
	Name        string
}

// toldMessage is what the log tells of a message.
type toldMessage struct {
	Meeting  string `json:"meeting"`
	Instance string `json:"instance"`
	ChatMessage
}

// Say writes down what somebody says to everybody in a meeting's room. The room is told when it has returned: what is told is
// kept. ErrNotAMeeting, *FieldError, *WaitError, ErrChatFull, ErrNotRunning of who is not in the room, access.ErrNotFound of a user or
// meeting that was deleted, db.ErrUnavailable.
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
	if err := s.awaitPresence(ctx, id, from.Identity); err != nil {
		return ChatMessage{}, err
	}
	m := ChatMessage{Participant: from.Participant, Identity: from.Identity, Name: from.Name, Text: text}
	m.User, _ = cutUser(from.Identity)
	w := &writing{written: make(chan error, 1)}
	run, err := s.submitMessage(id, &m, w)
	if err != nil {
		return ChatMessage{}, err
	}
	if err := w.wait(ctx); err != nil {
		s.unsay(id, run, from.Identity)
		return ChatMessage{}, err
	}
	return m, nil
}

// awaitPresence waits until it is known that somebody is in a room: what tells of its coming may be on its way. ErrNotRunning
// if it is not there.
func (s *Service) awaitPresence(ctx context.Context, id, identity string) error {
	const patience, look = time.Second, 10 * time.Millisecond
	for waited := time.Duration(0); ; waited += look {
		s.mu.Lock()
		l := s.rooms[id]
		there := l != nil && l.present[identity] != nil
		read := there && l.m != nil
		s.mu.Unlock()
		switch {
		case read:
			return nil
		case there:
			m, err := s.known(ctx, id)
			if err == nil {
				s.changed(m)
			}
			return err
		case waited >= patience:
			return ErrNotRunning
		}
		select {
		case <-time.After(look):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// submitMessage has a message written down after all that happened in the room before, and gives it its ID and time.
func (s *Service) submitMessage(id string, m *ChatMessage, w *writing) (run string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.rooms[id]
	if l == nil || l.m == nil || l.present[m.Identity] == nil {
		return "", ErrNotRunning
	}
	if l.said[""] >= maxChatOfARun || l.said[m.Identity] >= maxChatOfOne {
		return "", ErrChatFull
	}
	now := s.now()
	if wait := l.talk(m.Identity, now); wait > 0 {
		return "", &WaitError{Retry: wait}
	}
	if since := s.deps.Backlog.Since(); s.deps.Backlog.Len() > maxChatBacklog || !since.IsZero() && now.Sub(since) > chatPatience {
		return "", fmt.Errorf("%w: what happened before waits to be written down", db.ErrUnavailable)
	}
	m.ID, m.At = newID(), now.UTC().Truncate(time.Microsecond)
	r, run, started, one := l.m, l.run, l.started, *m
	err = s.deps.Backlog.Submit(eventlog.Op{Undone: w.undone, Do: func(ctx context.Context, tx *db.Tx, _ bool) error {
		if !w.begin() {
			return nil
		}
		return s.storeMessage(ctx, tx, r, run, started, one, w)
	}})
	if err != nil {
		return "", fmt.Errorf("%w: %w", db.ErrUnavailable, err)
	}
	l.said[""]++
	l.said[m.Identity]++
	return run, nil
}

// unsay gives back the place of a message that was not written down.
func (s *Service) unsay(id, run, identity string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.rooms[id]; l != nil && l.run == run {
		l.said[""]--
		l.said[identity]--
	}
}

// talk counts a message of somebody and says how long it has to wait before the next one; 0: it need not.
func (l *live) talk(identity string, now time.Time) time.Duration {
	st := l.present[identity]
	st.quiet = later(st.quiet, now.Add(-chatBurst*chatEvery))
	if next := st.quiet.Add(chatEvery); next.After(now) {
		return next.Sub(now)
	}
	st.quiet = st.quiet.Add(chatEvery)
	return 0
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// writing is a message on its way into the database: waiting, then being written, or given up before that.
type writing struct {
	state   atomic.Int32
	written chan error // 1: it is durable, or never will be
}

const (
	stateWaiting int32 = iota
	stateWriting
	stateGivenUp
)

// begin reports whether the message is still to be written. While that is tried nobody gives it up: it may be durable any time.
func (w *writing) begin() bool {
	return w.state.CompareAndSwap(stateWaiting, stateWriting) || w.state.Load() == stateWriting
}

// undone says that it was not written; that is tried again unless it is given up.
func (w *writing) undone() { w.state.CompareAndSwap(stateWriting, stateWaiting) }

// done tells the outcome, once.
func (w *writing) done(err error) {
	select {
	case w.written <- err:
	default: // the transaction was tried again
	}
}

// wait waits for the outcome: a little while, and for the end of a try that has begun. db.ErrUnavailable.
func (w *writing) wait(ctx context.Context) error {
	began := time.Now()
	patience := time.NewTimer(chatPatience)
	defer patience.Stop()
	gone := ctx.Done()
	for {
		select {
		case err := <-w.written:
			return err
		case <-gone:
			gone = nil
		case <-patience.C:
		}
		if waited := time.Since(began); w.state.CompareAndSwap(stateWaiting, stateGivenUp) || waited > longestWrite {
			w.state.Store(stateGivenUp)
			return fmt.Errorf("%w: a message was not written down in %v", db.ErrUnavailable, waited)
		}
		patience.Reset(chatPatience / 10)
	}
}

// storeMessage writes a message and its event; w is told when that is durable, or why it never will be.
func (s *Service) storeMessage(ctx context.Context, tx *db.Tx, r *meetingRow, run string, started time.Time, m ChatMessage, w *writing) error {
	_, err := db.Value[string](ctx, tx, `SELECT id FROM meeting WHERE id = $1`, r.ID)
	actor := "guest:" + m.Identity
	if m.User != "" && err == nil {
		actor = "user:" + m.User
		_, err = onePerson(ctx, tx, m.User)
	}
	if errors.Is(err, db.ErrNone) { // one of them was deleted just now
		w.done(access.ErrNotFound)
		return nil
	}
	if err != nil {
		return err
	}
	if err := needRun(ctx, tx, r, run, started); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO meeting_message (id, instance, participant, identity, user_id, name, text, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		m.ID, run, m.Participant, m.Identity, m.User, m.Name, m.Text, m.At.UnixMicro())
	if err != nil {
		return err
	}
	tx.AfterCommit(func() { w.done(nil) })
	return s.emit(tx, eventlog.Event{Tenant: r.Tenant, Type: "meeting.chat_message", Subject: r.subject(), Actor: actor, At: m.At, Audience: r.audience()},
		toldMessage{r.ID, run, m})
}
