package meetings

import (
	"context"
	"encoding/json"
	"errors"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

// WithRole is the Metadata of a Decision with another role.
func WithRole(metadata string, role Role) string {
	fields := map[string]any{}
	if json.Unmarshal([]byte(metadata), &fields) != nil {
		fields = map[string]any{}
	}
	fields["role"] = role
	text, err := json.Marshal(fields)
	if err != nil {
		return metadata // what was read can be written
	}
	return string(text)
}

// hosts are those who see who knocks.
func (r *meetingRow) hosts() eventlog.Audience {
	return eventlog.Audience{Users: append([]string{r.organiser.ID}, idsOf(r.coOrganisers)...)}
}

// TenantOf is the tenant of a meeting; access.ErrNotFound if there is no such meeting.
func (s *Service) TenantOf(ctx context.Context, meeting string) (tenant string, err error) {
	err = s.deps.DB.Read(ctx, func(q db.Querier) error {
		tenant, err = db.Value[string](ctx, q, `SELECT tenant FROM meeting WHERE id = $1`, meeting)
		if errors.Is(err, db.ErrNone) {
			return access.ErrNotFound
		}
		return err
	})
	return tenant, err
}
