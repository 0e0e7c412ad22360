package meetings

import (
	"context"
	"fmt"
	"slices"

	"switchyard/internal/db"
	"switchyard/internal/mail"
)

// Methods of iTIP, RFC 5546.
const (
	methodRequest = "REQUEST"
	methodCancel  = "CANCEL"
)

// receiver is somebody who gets mail about a meeting.
type receiver struct {
	name, email, language, link string
	own                         bool // the link is the receiver's alone
}

// receivers are users, but for the organiser who knows, and guests.
func (s *Service) receivers(r *meetingRow, users []person, guests []guestRow) []receiver {
	var all []receiver
	for _, p := range users {
		if p.ID != r.organiser.ID && p.Email != "" {
			all = append(all, receiver{p.Name, p.Email, language(p.Language), s.link(r), false})
		}
	}
	for i := range guests {
		g := &guests[i]
		all = append(all, receiver{g.Name, g.Email, language(g.Language), s.personalLink(r, g), true})
	}
	return all
}

// letter is one mail to several receivers, each in its language.
type letter struct {
	method         string
	subject, opens func(words) string
	occurrence     *Occurrence // only this one is meant
	shown          *Occurrence // whose time the text names; nil: the next
	bare           bool        // how to join is left out
}

var (
	invitation = letter{method: methodRequest, subject: func(w words) string { return w.subjectInvites }, opens: func(w words) string { return w.invites }}
	changes    = letter{method: methodRequest, subject: func(w words) string { return w.subjectChanged }, opens: func(w words) string { return w.changed }}
	farewell   = letter{method: methodCancel, subject: func(w words) string { return w.subjectCancelled }, opens: func(w words) string { return w.cancelled }, bare: true}
	apart      = letter{method: methodCancel, subject: func(w words) string { return w.subjectCancelled }, opens: func(w words) string { return w.uninvited }, bare: true}
	rightNow   = letter{subject: func(w words) string { return w.subjectInvites }, opens: func(w words) string { return w.invitesNow }}
	standing   = letter{subject: func(w words) string { return w.subjectInvites }, opens: func(w words) string { return w.invites }}
)

// send queues a letter.
func (s *Service) send(ctx context.Context, tx *db.Tx, r *meetingRow, l letter, to []receiver) error {
	_, code, err := s.codes(r)
	if err != nil {
		return err
	}
	all := r.occurrences()
	shown := l.shown
	if shown == nil {
		shown = l.occurrence
	}
	if shown == nil {
		shown = next(all, s.now())
	}
	if shown == nil && len(all) > 0 {
		shown = &all[0]
	}
	for _, one := range to {
		m, err := s.compose(r, l, one, shown, code)
		if err != nil {
			return err
		}
		if err := s.deps.Mail.Enqueue(ctx, tx, m); err != nil {
			return err
		}
	}
	return nil
}

// compose writes a letter to one receiver. No host's secret is in it.
func (s *Service) compose(r *meetingRow, l letter, to receiver, shown *Occurrence, guestCode string) (mail.Message, error) {
	w := wordsOf(to.language)
	subject := r.Subject
	if shown != nil {
		subject = shown.Subject
	}
	how := []string{w.join + ": " + to.link}
	if to.own {
		how = append(how, w.own)
	}
	phone := w.phoneLines(r, s.deps.Numbers, guestCode, true)
	if l.bare {
		how, phone = nil, nil
	}
	name := to.name
	if name == "" {
		name = to.email
	}
	var about []string
	if r.Description != "" {
		about = []string{r.Description}
	}
	text := paragraphs([]string{fmt.Sprintf(w.hello, name)}, []string{fmt.Sprintf(l.opens(w), r.organiser.Name)},
		append([]string{subject}, w.timeLines(r, shown, to.language)...), about, how, phone)
	m := mail.Message{
		To: to.email, ToName: to.name, ReplyTo: r.organiser.Email, Language: to.language, Subject: fmt.Sprintf(l.subject(w), subject), Text: text,
	}
	if l.method == "" {
		return m, nil
	}
	b := newCalendar(s.now())
	v := view{link: to.link, attendee: attendee(to.name, to.email), cancelled: l.method == methodCancel}
	if !l.bare {
		v.description = paragraphs(how, phone)
	}
	var err error
	if l.occurrence != nil {
		err = b.addOccurrence(r, v, l.occurrence)
	} else {
		err = b.addSeries(r, v)
	}
	if err != nil {
		return m, err
	}
	content, err := b.text(l.method, "")
	m.Calendar = &mail.Calendar{Method: l.method, Content: content}
	return m, err
}

// invite tells people that they are invited. Users are called to an instant meeting by its event, not by mail.
func (s *Service) invite(ctx context.Context, tx *db.Tx, r *meetingRow, hosts, participants []person, guests []guestRow) error {
	switch r.Kind {
	case Instant:
		return s.send(ctx, tx, r, rightNow, s.receivers(r, nil, guests))
	case Personal:
		return s.send(ctx, tx, r, standing, s.receivers(r, nil, guests))
	}
	if !s.ahead(r) {
		return nil
	}
	return s.send(ctx, tx, r, invitation, s.receivers(r, slices.Concat(hosts, participants), guests))
}

// disinvite tells people that a meeting is cancelled.
func (s *Service) disinvite(ctx context.Context, tx *db.Tx, r *meetingRow, users []person, guests []guestRow) error {
	return s.send(ctx, tx, r, farewell, s.receivers(r, users, guests))
}

// ahead reports whether some of a scheduled meeting has still to come.
func (s *Service) ahead(r *meetingRow) bool { return lastEnd(r.occurrences()).After(s.now()) }

// tellPeople mails what became of a meeting to those whom it concerns.
func (s *Service) tellPeople(ctx context.Context, tx *db.Tx, before, r *meetingRow, d difference, wants effect) error {
	came := append(slices.Clone(d.guestsCame), slices.DeleteFunc(slices.Clone(wants.invited), func(g guestRow) bool {
		return slices.ContainsFunc(d.guestsCame, func(h guestRow) bool { return h.ID == g.ID })
	})...)
	if r.Kind != Scheduled {
		return s.invite(ctx, tx, r, nil, nil, came)
	}
	if !s.ahead(before) && !s.ahead(r) {
		return nil
	}
	if err := s.send(ctx, tx, r, apart, s.receivers(r, d.gone, d.guestsGo)); err != nil {
		return err
	}
	if d.calendar {
		l := changes
		if wants.cancelled != nil {
			l = farewell
			l.occurrence = wants.cancelled
		}
		l.shown = r.occurrenceAt(wants.touched)
		guests := slices.DeleteFunc(slices.Clone(r.guests), func(g guestRow) bool {
			return slices.ContainsFunc(came, func(h guestRow) bool { return h.ID == g.ID })
		})
		if err := s.send(ctx, tx, r, l, s.receivers(r, missing(r.users(), d.came), guests)); err != nil {
			return err
		}
	}
	return s.invite(ctx, tx, r, d.came, nil, came)
}
