package calendars

import (
	"context"
	"encoding/json"
	"time"

	"switchyard/internal/db"
)

// connector reads one calendar, or several of one server.
type connector interface {
	// Events returns what happens between two times, recurrences one by one, in no order. Days without a
	// time, and times without a zone, are those of from's location.
	Events(ctx context.Context, from, to time.Time) ([]Entry, error)
}

func (s *Service) connector(id string, kind Kind, c *credentials) connector {
	switch f := (fetcher{s.deps.Outbound, c.User, c.Password}); kind {
	case CalDAV:
		return &caldavConnector{f: f, url: c.URL, collections: c.Calendars, links: s.links()}
	case Graph:
		return &graphConnector{f: fetcher{client: s.deps.Outbound}, base: s.deps.GraphURL, tokens: &oauthTokens{s: s, id: id, own: c}, links: s.links()}
	default:
		return &icsConnector{f: f, url: c.URL, id: id, files: s.files, now: s.deps.Now, links: s.links()}
	}
}

func (s *Service) links() links { return newLinks(s.deps.PublicURL()) }

func (s *Service) seal(id string, c credentials) (string, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	return s.deps.Sealer.Seal(string(text), about(id)), nil
}

func (s *Service) open(id, sealed string) (c credentials, err error) {
	text, err := s.deps.Sealer.Open(sealed, about(id))
	if err == nil {
		err = json.Unmarshal([]byte(text), &c)
	}
	if err != nil {
		return c, problem(ProblemSealed, err, "what was stored of the calendar can't be read any more; connect it again")
	}
	return c, nil
}

// reseal stores what a server has given instead of what was stored, if the calendar is there.
func (s *Service) reseal(ctx context.Context, id string, c credentials) error {
	sealed, err := s.seal(id, c)
	if err != nil {
		return err
	}
	return s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE calendar SET sealed = $2 WHERE id = $1`, id, sealed)
		return err
	})
}
