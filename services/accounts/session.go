package accounts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

const (
	idleRemembered = 14 * 24 * time.Hour // of a session on a device that is to be remembered
	idleOtherwise  = 12 * time.Hour
	maxSessionAge  = 90 * 24 * time.Hour
	seenEvery      = 5 * time.Minute // how exactly it is known when a session was last used
	maxDevice      = 200             // characters
	maxSessions    = 50              // of a user; the one unused for longest goes
)

// Session is one device on which a user is signed in.
type Session struct {
	ID      string    `json:"id"`
	Device  string    `json:"device"`
	Address string    `json:"address"`
	Created time.Time `json:"created"`
	Seen    time.Time `json:"seen"` // to within 5 minutes
	Current bool      `json:"current"`
}

// sessionRow is a Session as it is stored.
type sessionRow struct {
	id, user, device, address                string
	created, seen, authenticated, remembered int64
}

const sessionColumns = `id, user_id, device, address, created, seen, authenticated, remembered`

func (r *sessionRow) columns() []any {
	return []any{&r.id, &r.user, &r.device, &r.address, &r.created, &r.seen, &r.authenticated, &r.remembered}
}

// ends is when the session is over if it is not used again.
func (r *sessionRow) ends() time.Time {
	idle := idleOtherwise
	if r.remembered != 0 {
		idle = idleRemembered
	}
	ends := time.UnixMicro(r.seen).Add(idle)
	if last := time.UnixMicro(r.created).Add(maxSessionAge); last.Before(ends) {
		return last
	}
	return ends
}

func secretHash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// startSession makes one for a user who has proved at a time who it is. The secret goes into the cookie and is kept
// nowhere else.
func (s *Service) startSession(ctx context.Context, tx *db.Tx, c Caller, r *userRow, device string, remember bool, proved time.Time) (secret, id string, err error) {
	tooMany, err := db.Values[string](ctx, tx, `DELETE FROM user_session WHERE user_id = $1 AND id NOT IN (
		SELECT id FROM user_session WHERE user_id = $1 ORDER BY seen DESC, id DESC LIMIT $2) RETURNING id`, r.ID, maxSessions-1)
	if err != nil {
		return "", "", err
	}
	for _, gone := range tooMany {
		if err := s.emitRevoked(tx, Caller{}, r.Tenant, r.ID, gone); err != nil {
			return "", "", err
		}
	}
	secret, id = newSecret(), newID()
	_, err = tx.Exec(ctx, `INSERT INTO user_session (id, secret_hash, user_id, device, address, created, seen, authenticated, remembered)
		VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8)`,
		id, secretHash(secret), r.ID, clip(device, maxDevice), addressText(c.Address), s.now().UnixMicro(), proved.UnixMicro(), bit(remember))
	return secret, id, err
}

// proveAgain notes that a session's user has just proved who it is. access.ErrUnauthenticated if the session has ended.
func (s *Service) proveAgain(ctx context.Context, tx *db.Tx, user, session string) error {
	n, err := tx.Exec(ctx, `UPDATE user_session SET authenticated = $3 WHERE id = $1 AND user_id = $2`, session, user, s.now().UnixMicro())
	if err == nil && n == 0 {
		err = access.ErrUnauthenticated
	}
	return err
}

// Authenticated is who a secret speaks for.
type Authenticated struct {
	access.Principal
	User *User // of a session
}

// Authenticate returns whose session a cookie's secret is. access.ErrUnauthenticated if it is nobody's, has ended or was
// revoked.
func (s *Service) Authenticate(ctx context.Context, secret string) (Authenticated, error) {
	var a Authenticated
	now := s.now()
	stale := ""
	err := s.deps.DB.Glance(ctx, func(q db.Querier) error {
		row, err := db.One(ctx, q, (*sessionRow).columns, `SELECT `+sessionColumns+` FROM user_session WHERE secret_hash = $1`, secretHash(secret))
		switch {
		case errors.Is(err, db.ErrNone), err == nil && !now.Before(row.ends()):
			return access.ErrUnauthenticated
		case err != nil:
			return err
		}
		r, err := oneUser(ctx, q, `u.id = $1 AND `+mayEnter, row.user)
		if errors.Is(err, db.ErrNone) {
			return access.ErrUnauthenticated
		}
		if err != nil {
			return err
		}
		a = Authenticated{principalOf(r), &r.User}
		a.Session, a.AuthenticatedAt = row.id, time.UnixMicro(row.authenticated)
		if now.Sub(time.UnixMicro(row.seen)) > seenEvery {
			stale = row.id
		}
		return nil
	})
	if err == nil && stale != "" {
		// That it is seen a little later than it was used harms nobody.
		_ = s.deps.DB.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE user_session SET seen = $2 WHERE id = $1`, stale, now.UnixMicro())
			return err
		})
	}
	return a, err
}

func principalOf(r *userRow) access.Principal {
	return access.Principal{Kind: access.User, Tenant: r.Tenant, ID: r.ID, Name: r.Name, Role: r.Role, Departments: r.Departments}
}

// Sessions lists where the caller is signed in, the one used last first.
func (s *Service) Sessions(ctx context.Context, c Caller) ([]Session, error) {
	if err := s.allow(c, access.SelfSessions, access.Target{Owner: c.ID}); err != nil {
		return nil, err
	}
	var sessions []Session
	err := s.deps.DB.Read(ctx, func(q db.Querier) error {
		rows, err := db.All(ctx, q, (*sessionRow).columns, `SELECT `+sessionColumns+` FROM user_session WHERE user_id = $1 ORDER BY seen DESC, id DESC`, c.ID)
		for _, r := range rows {
			if s.now().Before(r.ends()) {
				sessions = append(sessions, Session{r.id, r.device, r.address, time.UnixMicro(r.created).UTC(), time.UnixMicro(r.seen).UTC(), r.id == c.Session})
			}
		}
		return err
	})
	return sessions, err
}

// RevokeSession ends one of the caller's sessions, for instance the current one: signing out.
func (s *Service) RevokeSession(ctx context.Context, c Caller, id string) error {
	if err := s.allow(c, access.SelfSessions, access.Target{Owner: c.ID}); err != nil {
		return err
	}
	if !plain(id, maxID) {
		return access.ErrNotFound
	}
	return s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `DELETE FROM user_session WHERE id = $1 AND user_id = $2`, id, c.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return access.ErrNotFound
		}
		return s.emitRevoked(tx, c, c.Tenant, c.ID, id)
	})
}

// RevokeOtherSessions ends all of the caller's sessions but the current one.
func (s *Service) RevokeOtherSessions(ctx context.Context, c Caller) error {
	if err := s.allow(c, access.SelfSessions, access.Target{Owner: c.ID}); err != nil {
		return err
	}
	return s.deps.DB.Write(ctx, func(tx *db.Tx) error { return s.endSessions(ctx, tx, c, c.ID, c.Session) })
}

// endSessions revokes all sessions of a user except one, if it is named.
func (s *Service) endSessions(ctx context.Context, tx *db.Tx, c Caller, user, except string) error {
	tenant, err := db.Value[string](ctx, tx, `SELECT tenant FROM user_account WHERE id = $1`, user)
	if err != nil {
		return err
	}
	ids, err := db.Values[string](ctx, tx, `DELETE FROM user_session WHERE user_id = $1 AND id <> $2 RETURNING id`, user, except)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.emitRevoked(tx, c, tenant, user, id); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) emitRevoked(tx *db.Tx, c Caller, tenant, user, id string) error {
	return s.emit(tx, c, tenant, "session.revoked", "session:"+id, eventlog.Audience{Users: []string{user}}, map[string]string{"id": id, "user": user})
}
