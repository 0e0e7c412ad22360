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
	return withField(metadata, "role", string(role))
}

// WithAvatar is the Metadata of a Decision with another picture; "" is none.
func WithAvatar(metadata, avatar string) string { return withField(metadata, "avatar", avatar) }

func withField(metadata, name, value string) string {
	var fields map[string]any
	if json.Unmarshal([]byte(metadata), &fields) != nil || fields == nil { // null is no map and no error
		fields = map[string]any{}
	}
	if fields[name] = value; value == "" {
		delete(fields, name)
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return metadata // what was read can be written
	}
	return string(text)
}

// showProfile has the rooms where a user is show what has become of its name and picture.
func (s *Service) showProfile(p person) {
	identity := userPrefix + p.ID
	var rooms []string
	s.mu.Lock()
	for id, l := range s.rooms {
		if st := l.present[identity]; st != nil && (l.m == nil || l.m.Tenant == p.Tenant) {
			st.name = p.Name
			rooms = append(rooms, RoomKey(id))
		}
	}
	s.mu.Unlock()
	for _, room := range rooms {
		if err := s.deps.Rooms.UpdateProfile(room, identity, p.Name, p.Avatar); err != nil {
			s.deps.Log.Warn("a room could not be told of a changed profile", "room", room, "error", err)
		}
	}
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
