package webhooks

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
)

// secretPrefix makes secrets easy to find where they should not be.
const secretPrefix = "whsec_"

// MaxOverlap bounds for how long an old secret goes on signing.
const MaxOverlap = 7 * 24 * time.Hour

// newSecret is 256 random bits.
func newSecret() string {
	b := make([]byte, 32)
	rand.Read(b)
	return secretPrefix + base64.RawURLEncoding.EncodeToString(b)
}

// RotateSecret gives an endpoint another secret, which is shown this once. For the time of overlap, at most MaxOverlap,
// deliveries are signed with the old one as well, so that receivers can be changed at leisure; 0 ends it at once. Of
// three secrets the oldest goes.
func (s *Service) RotateSecret(ctx context.Context, c Caller, id string, overlap time.Duration) (Endpoint, string, error) {
	if err := s.allow(c, access.WebhookEdit); err != nil {
		return Endpoint{}, "", err
	}
	if overlap < 0 || overlap > MaxOverlap {
		return Endpoint{}, "", fault("overlap", overlap.String(), "is not between 0 and %v", MaxOverlap)
	}
	secret := newSecret()
	var e Endpoint
	err := s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		r, err := endpointOf(ctx, tx, c, id)
		if err != nil {
			return err
		}
		r.oldSecret, r.oldUntil = r.secret, micro(s.now().Add(overlap))
		if overlap == 0 {
			r.oldSecret, r.oldUntil = "", 0
		}
		r.Version++
		_, err = tx.Exec(ctx, `UPDATE webhook_endpoint SET secret = $2, old_secret = $3, old_until = $4, version = $5 WHERE id = $1`,
			id, s.deps.Sealer.Seal(secret, subjectOf(id)), r.oldSecret, r.oldUntil, r.Version)
		if err != nil {
			return err
		}
		e = r.endpoint(s.now())
		s.changed(tx)
		return s.emit(tx, c.Tenant, c.Actor(), "webhook.updated", id, e)
	})
	return e, secret, err
}

// secrets are those of an endpoint, the newest first.
type secrets struct {
	newest, old string
	oldUntil    time.Time
}

func (s *Service) secretsOf(r *endpointRow) (all secrets, err error) {
	if all.newest, err = s.deps.Sealer.Open(r.secret, subjectOf(r.ID)); err != nil {
		return all, err
	}
	if r.oldSecret != "" {
		all.oldUntil = fromMicro(r.oldUntil)
		all.old, err = s.deps.Sealer.Open(r.oldSecret, subjectOf(r.ID))
	}
	return all, err
}

// valid are those that sign at a time.
func (all secrets) valid(now time.Time) []string {
	if all.old != "" && now.Before(all.oldUntil) {
		return []string{all.newest, all.old}
	}
	return []string{all.newest}
}
