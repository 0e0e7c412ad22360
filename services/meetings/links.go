package meetings

import (
	"context"

	"switchyard/access"
	"switchyard/internal/db"
)

// Access is how to get into a meeting.
type Access struct {
	URL           string   `json:"url"`
	Numbers       []DialIn `json:"numbers"`
	ConferenceID  string   `json:"conference_id"` // to be dialled: the meeting's number
	GuestPasscode string   `json:"guest_passcode"`
	HostPasscode  string   `json:"host_passcode,omitempty"` // only for hosts and co-organisers
}

// Access returns it.
func (s *Service) Access(ctx context.Context, c Caller, id string) (Access, error) {
	var a Access
	err := s.deps.DB.Read(ctx, func(q db.Querier) error {
		r, err := s.meetingOf(ctx, q, c, id, access.MeetingRead)
		if err != nil {
			return err
		}
		host, guest, err := s.codes(r)
		if err != nil {
			return err
		}
		a = Access{URL: s.link(r), Numbers: append([]DialIn{}, s.deps.Numbers...), ConferenceID: r.Number, GuestPasscode: guest}
		if c.Kind == access.User && r.roleOf(c.ID).hosts() {
			a.HostPasscode = host
		}
		return nil
	})
	return a, err
}

// Copies are texts to be handed on. The host's passcode is in none of them.
type Copies struct {
	All     string `json:"all"`     // with every telephone number
	Primary string `json:"primary"` // with the main one
	Link    string `json:"link"`    // without any secret
}

// CopyTexts writes an invitation to be copied, in the caller's language.
func (s *Service) CopyTexts(ctx context.Context, c Caller, id string) (Copies, error) {
	var texts Copies
	err := s.deps.DB.Read(ctx, func(q db.Querier) error {
		r, err := s.meetingOf(ctx, q, c, id, access.MeetingRead)
		if err != nil {
			return err
		}
		_, code, err := s.codes(r)
		if err != nil {
			return err
		}
		language := c.language(r)
		if c.Kind == access.User {
			if p, err := onePerson(ctx, q, c.ID); err == nil {
				language = p.Language
			}
		}
		w := wordsOf(language)
		all := r.occurrences()
		shown := next(all, s.now())
		if shown == nil && len(all) > 0 {
			shown = &all[0]
		}
		what := append([]string{r.Subject}, w.timeLines(r, shown, language)...)
		how := []string{w.join + ": " + s.link(r)}
		texts = Copies{
			All:     paragraphs(what, how, w.phoneLines(r, s.deps.Numbers, code, true)),
			Primary: paragraphs(what, how, w.phoneLines(r, s.deps.Numbers, code, false)),
			Link:    paragraphs(what, how),
		}
		return nil
	})
	return texts, err
}
