package accounts

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

// keyPrefix makes keys easy to find where they should not be.
const keyPrefix = "sy_"

const maxKeys = 200 // of a tenant

// APIKey lets another service in.
type APIKey struct {
	ID        string         `json:"id"`
	Name      string         `json:"name"`
	Scopes    []access.Scope `json:"scopes"`
	CreatedBy string         `json:"created_by"` // id of the user
	MakerRole access.Role    `json:"maker_role,omitempty" enum:"user,department_admin,admin" doc:"What that user is now; missing: not active, or gone. The key works while it is an administrator."`
	Created   time.Time      `json:"created"`
	Expires   *time.Time     `json:"expires,omitempty"`
	Used      *time.Time     `json:"used,omitempty"` // last, to within an hour
}

type keyRow struct {
	APIKey
	tenant, scopes         string
	created, expires, used int64
}

const keyColumns = `k.id, k.tenant, k.name, k.scopes, k.created_by, k.created, k.expires, k.used,
	coalesce((SELECT u.role FROM user_account u WHERE u.id = k.created_by AND u.tenant = k.tenant AND u.active = 1), '')`

func (r *keyRow) columns() []any {
	return []any{&r.ID, &r.tenant, &r.Name, &r.scopes, &r.CreatedBy, &r.created, &r.expires, &r.used, &r.MakerRole}
}

func (r *keyRow) complete() *keyRow {
	for scope := range strings.FieldsSeq(r.scopes) {
		r.Scopes = append(r.Scopes, access.Scope(scope))
	}
	r.Created, r.Expires, r.Used = time.UnixMicro(r.created).UTC(), optional(r.expires), optional(r.used)
	return r
}

func optional(micro int64) *time.Time {
	if micro == 0 {
		return nil
	}
	t := time.UnixMicro(micro).UTC()
	return &t
}

// APIKeys lists the keys of the caller's tenant, the newest first.
func (s *Service) APIKeys(ctx context.Context, c Caller) ([]APIKey, error) {
	if err := s.allow(c, access.KeyList, access.Target{}); err != nil {
		return nil, err
	}
	var keys []APIKey
	err := s.deps.DB.Read(ctx, func(q db.Querier) error {
		rows, err := db.All(ctx, q, (*keyRow).columns, `SELECT `+keyColumns+` FROM api_key k WHERE k.tenant = $1 ORDER BY k.id DESC`, c.Tenant)
		for i := range rows {
			keys = append(keys, rows[i].complete().APIKey)
		}
		return err
	})
	return keys, err
}

// CreateAPIKey makes a key and returns its secret, which is shown this once. A zero expires is never.
func (s *Service) CreateAPIKey(ctx context.Context, c Caller, name string, scopes []access.Scope, expires time.Time) (APIKey, string, error) {
	if err := s.allow(c, access.KeyEdit, access.Target{}); err != nil {
		return APIKey{}, "", err
	}
	if err := checkText("name", name, 1, 100); err != nil {
		return APIKey{}, "", err
	}
	if len(scopes) == 0 {
		return APIKey{}, "", fault("scopes", "", "is empty; a key without one can do nothing")
	}
	var names []string
	for _, scope := range scopes {
		if !slices.Contains(access.Scopes, scope) {
			return APIKey{}, "", fault("scopes", string(scope), "is not a scope")
		}
		names = append(names, string(scope))
	}
	now := s.now()
	end := int64(0)
	if !expires.IsZero() {
		if !expires.After(now) {
			return APIKey{}, "", fault("expires", expires.Format(time.RFC3339), "is not in the future")
		}
		end = expires.UnixMicro()
	}
	slices.Sort(names)
	names = slices.Compact(names)
	r := &keyRow{APIKey: APIKey{ID: newID(), Name: name, CreatedBy: c.ID, MakerRole: c.Role}, scopes: strings.Join(names, " "), created: now.UnixMicro(), expires: end}
	secret := keyPrefix + newSecret()
	err := s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		if err := lockTenant(ctx, tx, c.Tenant); err != nil {
			return err
		}
		n, err := db.Value[int64](ctx, tx, `SELECT count(*) FROM api_key WHERE tenant = $1`, c.Tenant)
		if err != nil {
			return err
		}
		if n >= maxKeys {
			return fault("name", name, "is the next of too many; at most %d keys are allowed", maxKeys)
		}
		_, err = tx.Exec(ctx, `INSERT INTO api_key (id, tenant, name, secret_hash, scopes, created_by, created, expires, used)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)`, r.ID, c.Tenant, name, secretHash(secret), r.scopes, c.ID, r.created, end)
		if err != nil {
			return err
		}
		if err := s.emit(tx, c, c.Tenant, "apikey.created", "apikey:"+r.ID, eventlog.Audience{}, map[string]any{"id": r.ID, "name": name, "scopes": names}); err != nil {
			return err
		}
		maker, err := oneUser(ctx, tx, `u.id = $1`, c.ID)
		if err != nil {
			return err
		}
		if err := s.notify(ctx, tx, c, maker, maker.Email, keyMadeText, name); err != nil {
			return err
		}
		return s.audit(ctx, tx, c, c.Tenant, access.KeyEdit, "apikey:"+r.ID, map[string]any{"name": name, "scopes": names})
	})
	if err != nil {
		return APIKey{}, "", err
	}
	return r.complete().APIKey, secret, nil
}

// RevokeAPIKey ends a key.
func (s *Service) RevokeAPIKey(ctx context.Context, c Caller, id string) error {
	if err := s.allow(c, access.KeyEdit, access.Target{}); err != nil {
		return err
	}
	if !plain(id, maxID) {
		return access.ErrNotFound
	}
	return s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `DELETE FROM api_key WHERE id = $1 AND tenant = $2`, id, c.Tenant)
		if err != nil {
			return err
		}
		if n == 0 {
			return access.ErrNotFound
		}
		if err := s.emit(tx, c, c.Tenant, "apikey.revoked", "apikey:"+id, eventlog.Audience{}, map[string]string{"id": id}); err != nil {
			return err
		}
		return s.audit(ctx, tx, c, c.Tenant, access.KeyEdit, "apikey:"+id, map[string]string{"what": "revoked"})
	})
}

// AuthenticateKey returns the service that a key lets in. access.ErrUnauthenticated, also for a key whose maker is no
// administrator any more; it works again when that one is.
func (s *Service) AuthenticateKey(ctx context.Context, secret string) (access.Principal, error) {
	if !strings.HasPrefix(secret, keyPrefix) {
		return access.Principal{}, access.ErrUnauthenticated
	}
	now := s.now()
	var r keyRow
	err := s.deps.DB.Read(ctx, func(q db.Querier) (err error) {
		r, err = db.One(ctx, q, (*keyRow).columns, `SELECT `+keyColumns+` FROM api_key k WHERE k.secret_hash = $1
			AND EXISTS (SELECT 1 FROM tenant t WHERE t.id = k.tenant AND t.active = 1)`, secretHash(secret))
		return err
	})
	switch {
	case errors.Is(err, db.ErrNone), err == nil && r.expires != 0 && r.expires <= now.UnixMicro():
		return access.Principal{}, access.ErrUnauthenticated
	case err != nil:
		return access.Principal{}, err
	}
	p := access.Principal{Kind: access.Service, Tenant: r.tenant, ID: r.ID, Name: r.Name, Scopes: r.complete().Scopes, MadeBy: r.CreatedBy, Behind: r.MakerRole}
	if !p.Backed() {
		return access.Principal{}, access.ErrUnauthenticated
	}
	if now.Sub(time.UnixMicro(r.used)) > time.Hour {
		// A note for people; nothing depends on it.
		_ = s.deps.DB.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE api_key SET used = $2 WHERE id = $1`, r.ID, now.UnixMicro())
			return err
		})
	}
	return p, nil
}
