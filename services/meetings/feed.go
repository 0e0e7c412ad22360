package meetings

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"maps"
	"slices"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
)

const (
	feedPast     = 90 * 24 * time.Hour // that a feed looks back
	feedMeetings = 500                 // that it holds, the newest
)

// Feed says whether a user has a calendar feed.
type Feed struct {
	Exists  bool       `json:"exists"`
	Created *time.Time `json:"created,omitempty"`
}

// Feed returns whether the caller has one. Its address is not kept: whoever has lost it makes a new one.
func (s *Service) Feed(ctx context.Context, c Caller) (Feed, error) {
	if err := s.allow(c, access.SelfCalendars, access.Target{Owner: c.ID}); err != nil {
		return Feed{}, err
	}
	var f Feed
	err := s.deps.DB.Read(ctx, func(q db.Querier) error {
		at, err := db.Value[int64](ctx, q, `SELECT created FROM meeting_feed WHERE user_id = $1`, c.ID)
		if errors.Is(err, db.ErrNone) {
			return nil
		}
		created := time.UnixMicro(at).UTC()
		f = Feed{true, &created}
		return err
	})
	return f, err
}

// CreateFeed makes the address of the caller's calendar, which is worth as much as a password; an earlier one ends.
func (s *Service) CreateFeed(ctx context.Context, c Caller) (url string, err error) {
	if err := s.allow(c, access.SelfCalendars, access.Target{Owner: c.ID}); err != nil {
		return "", err
	}
	raw := make([]byte, 32)
	rand.Read(raw)
	secret := base64.RawURLEncoding.EncodeToString(raw)
	err = s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO meeting_feed (user_id, tenant, secret_hash, created) VALUES ($1, $2, $3, $4)
			ON CONFLICT (user_id) DO UPDATE SET secret_hash = excluded.secret_hash, created = excluded.created`,
			c.ID, c.Tenant, secretHash(secret), s.now().UnixMicro())
		return err
	})
	return s.deps.PublicURL() + "/ics/" + secret + ".ics", err
}

// RevokeFeed ends the caller's feed.
func (s *Service) RevokeFeed(ctx context.Context, c Caller) error {
	if err := s.allow(c, access.SelfCalendars, access.Target{Owner: c.ID}); err != nil {
		return err
	}
	return s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM meeting_feed WHERE user_id = $1`, c.ID)
		return err
	})
}

func secretHash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// ICS is the calendar of the user whose feed has a secret: text/calendar. access.ErrNotFound.
func (s *Service) ICS(ctx context.Context, secret string) (string, error) {
	b := newCalendar(s.now())
	name := ""
	err := s.deps.DB.Read(ctx, func(q db.Querier) error {
		p, err := db.One(ctx, q, (*person).columns, `SELECT `+personColumns+` FROM meeting_feed f JOIN meeting_person p ON p.id = f.user_id
			WHERE f.secret_hash = $1 AND p.active = 1
			AND NOT EXISTS (SELECT 1 FROM meeting_tenant t WHERE t.tenant = p.tenant AND t.suspended = 1)`, secretHash(secret))
		if errors.Is(err, db.ErrNone) {
			return access.ErrNotFound
		}
		if err != nil {
			return err
		}
		name = p.Name
		ids, err := db.Values[string](ctx, q, `SELECT m.id FROM meeting m WHERE m.tenant = $1 AND `+mine+` AND m.kind = 'scheduled' AND m.cancelled = 0
			AND EXISTS (SELECT 1 FROM meeting_occurrence o WHERE o.meeting = m.id AND o.ends > $3) ORDER BY m.id DESC LIMIT $4`,
			p.Tenant, p.ID, s.now().Add(-feedPast).UnixMicro(), feedMeetings)
		if err != nil {
			return err
		}
		for _, id := range ids {
			r, err := oneMeeting(ctx, q, `m.id = $1`, id)
			if err != nil {
				return err
			}
			if err := b.addSeries(r, view{link: s.link(r)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return b.text("", name)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
