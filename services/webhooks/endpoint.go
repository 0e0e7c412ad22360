package webhooks

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/eventlog"
	"switchyard/internal/outbound"
)

// MaxEndpoints bounds the endpoints of a tenant.
const MaxEndpoints = 50

const maxDescription = 200 // characters

// ReasonGone is the OffReason of an endpoint that answered 410.
const ReasonGone = "gone"

// Endpoint is an address that is told of events.
type Endpoint struct {
	ID             string     `json:"id"`
	URL            string     `json:"url"`
	Events         []string   `json:"events"` // "*", beginnings of types like "meeting.", or types
	Description    string     `json:"description"`
	Active         bool       `json:"active"`
	OffReason      string     `json:"off_reason,omitempty"`       // why the server switched it off: "gone" after an answer 410
	OldSecretUntil *time.Time `json:"old_secret_until,omitempty"` // while the secret is being changed
	Created        time.Time  `json:"created"`
	Version        int64      `json:"version"`
}

// NewEndpoint is what an endpoint begins with.
type NewEndpoint struct {
	URL         string
	Events      []string
	Description string
}

// Change changes the fields that are not nil.
type Change struct {
	URL         *string
	Events      *[]string
	Description *string
	Active      *bool
}

// endpointRow is an Endpoint as it is stored.
type endpointRow struct {
	Endpoint
	tenant, events             string
	secret, oldSecret          string
	active, oldUntil, created  int64
	touched, position          int64
	lastSuccess, lastErrorAt   int64
	lastError, lagging, reason string
	missed                     int64
}

const endpointColumns = `id, tenant, url, events, description, active, off_reason, secret, old_secret, old_until, created, version,
	touched, position, last_success, last_error, last_error_at, lagging, missed`

func (r *endpointRow) columns() []any {
	return []any{&r.ID, &r.tenant, &r.URL, &r.events, &r.Description, &r.active, &r.reason, &r.secret, &r.oldSecret, &r.oldUntil,
		&r.created, &r.Version, &r.touched, &r.position, &r.lastSuccess, &r.lastError, &r.lastErrorAt, &r.lagging, &r.missed}
}

// endpoint fills the fields that are made of columns.
func (r *endpointRow) endpoint(now time.Time) Endpoint {
	r.Events, r.Active, r.OffReason = strings.Fields(r.events), r.active != 0, r.reason
	r.Created, r.OldSecretUntil = time.UnixMicro(r.created).UTC(), nil
	if r.oldUntil > now.UnixMicro() {
		r.OldSecretUntil = optional(r.oldUntil)
	}
	return r.Endpoint
}

// endpointOf reads an endpoint for somebody of a tenant: one of another tenant does not exist.
func endpointOf(ctx context.Context, q db.Querier, c Caller, id string) (endpointRow, error) {
	r, err := db.One(ctx, q, (*endpointRow).columns, `SELECT `+endpointColumns+` FROM webhook_endpoint WHERE id = $1 AND tenant = $2`, id, c.Tenant)
	if errors.Is(err, db.ErrNone) {
		return r, access.ErrNotFound
	}
	return r, err
}

func (e *Endpoint) check() error {
	if err := outbound.CheckURL(e.URL); err != nil {
		return fault("url", e.URL, "%v", err)
	}
	events, err := checkFilters(e.Events)
	if err != nil {
		return err
	}
	e.Events = events
	switch n := utf8.RuneCountInString(e.Description); {
	case !utf8.ValidString(e.Description) || strings.ContainsFunc(e.Description, unicode.IsControl):
		return fault("description", e.Description, "holds control characters")
	case n > maxDescription:
		return fault("description", e.Description, "has %d characters; at most %d are allowed", n, maxDescription)
	}
	return nil
}

// Create adds an endpoint, which is told of what happens from now on, and returns its secret, which is shown this
// once. ErrTooMany.
func (s *Service) Create(ctx context.Context, c Caller, n NewEndpoint) (Endpoint, string, error) {
	if err := s.allow(c, access.WebhookEdit); err != nil {
		return Endpoint{}, "", err
	}
	e := Endpoint{ID: newID(), URL: n.URL, Events: n.Events, Description: n.Description, Active: true, Created: s.now().UTC(), Version: 1}
	if err := e.check(); err != nil {
		return Endpoint{}, "", err
	}
	secret := newSecret()
	err := s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		there, err := db.Value[int64](ctx, tx, `SELECT count(*) FROM webhook_endpoint WHERE tenant = $1`, c.Tenant)
		if err != nil {
			return err
		}
		if there >= MaxEndpoints {
			return ErrTooMany
		}
		head, err := eventlog.ReadHead(ctx, tx, c.Tenant)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO webhook_endpoint (`+endpointColumns+`)
			VALUES ($1, $2, $3, $4, $5, 1, '', $6, '', 0, $7, 1, 0, $8, 0, '', 0, '', 0)`,
			e.ID, c.Tenant, e.URL, strings.Join(e.Events, " "), e.Description, s.deps.Sealer.Seal(secret, subjectOf(e.ID)), e.Created.UnixMicro(), head.Seq)
		if err != nil {
			return err
		}
		s.changed(tx)
		return s.emit(tx, c.Tenant, c.Actor(), "webhook.created", e.ID, e)
	})
	e.Created = e.Created.Truncate(time.Microsecond)
	return e, secret, err
}

// Update changes an endpoint. One that is switched on again goes on where it stopped. ErrVersion if it is not as the caller
// read it; 0 is any. That the log was forgotten before the endpoint had read it counts as seen by then.
func (s *Service) Update(ctx context.Context, c Caller, id string, change Change, ifVersion int64) (Endpoint, error) {
	if err := s.allow(c, access.WebhookEdit); err != nil {
		return Endpoint{}, err
	}
	var e Endpoint
	err := s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		r, err := endpointOf(ctx, tx, c, id)
		if err != nil {
			return err
		}
		if ifVersion != 0 && ifVersion != r.Version {
			return ErrVersion
		}
		e = r.endpoint(s.now())
		set(&e.URL, change.URL)
		set(&e.Events, change.Events)
		set(&e.Description, change.Description)
		if change.Active != nil {
			e.Active, e.OffReason = *change.Active, ""
		}
		if err := e.check(); err != nil {
			return err
		}
		e.Version++
		_, err = tx.Exec(ctx, `UPDATE webhook_endpoint SET url = $2, events = $3, description = $4, active = $5, off_reason = $6, version = $7, lagging = ''
			WHERE id = $1`, id, e.URL, strings.Join(e.Events, " "), e.Description, bit(e.Active), e.OffReason, e.Version)
		if err != nil {
			return err
		}
		s.changed(tx)
		return s.emit(tx, c.Tenant, c.Actor(), "webhook.updated", id, e)
	})
	return e, err
}

func set[T any](into *T, from *T) {
	if from != nil {
		*into = *from
	}
}

// Delete removes an endpoint with all that waits for it.
func (s *Service) Delete(ctx context.Context, c Caller, id string) error {
	if err := s.allow(c, access.WebhookEdit); err != nil {
		return err
	}
	return s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		// The row first: its lock keeps the courier from adding to what is removed.
		if n, err := tx.Exec(ctx, `UPDATE webhook_endpoint SET version = version + 1 WHERE id = $1 AND tenant = $2`, id, c.Tenant); err != nil || n == 0 {
			return noneOr(err)
		}
		if _, err := tx.Exec(ctx, `DELETE FROM webhook_delivery WHERE endpoint = $1`, id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM webhook_endpoint WHERE id = $1`, id); err != nil {
			return err
		}
		s.changed(tx)
		return s.emit(tx, c.Tenant, c.Actor(), "webhook.deleted", id, map[string]string{"id": id})
	})
}

// noneOr is err, or ErrNotFound after a statement that changed nothing.
func noneOr(err error) error {
	if err != nil {
		return err
	}
	return access.ErrNotFound
}
