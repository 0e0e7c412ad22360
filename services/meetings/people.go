package meetings

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

// deletedUser stands for somebody whose account is gone.
const deletedUser = "deleted user"

// person is this service's copy of a user.
type person struct {
	ID       string `json:"id"`
	Tenant   string `json:"-"`
	Name     string `json:"name"`
	Email    string `json:"email"`
	Language string `json:"language"`
	Avatar   string `json:"avatar"`
	Active   bool   `json:"active"`
	active   int64
}

const personColumns = `p.id, p.tenant, p.name, p.email, p.language, p.avatar, p.active`

func (p *person) columns() []any {
	return []any{&p.ID, &p.Tenant, &p.Name, &p.Email, &p.Language, &p.Avatar, &p.active}
}

// member is a person in a meeting, who may not be known yet.
type member struct {
	person
	host int64
}

const memberColumns = `m.user_id, coalesce(p.tenant, ''), coalesce(p.name, ''), coalesce(p.email, ''), coalesce(p.language, ''),
	coalesce(p.avatar, ''), coalesce(p.active, 0)`

func (m *member) columns() []any { return append([]any{&m.host}, m.person.columns()...) }

func onePerson(ctx context.Context, q db.Querier, id string) (person, error) {
	p, err := db.One(ctx, q, (*person).columns, `SELECT `+personColumns+` FROM meeting_person p WHERE p.id = $1`, id)
	p.Active = p.active != 0
	return p, err
}

// peopleOf reads the users of a tenant that a request names, in its order, each once.
func peopleOf(ctx context.Context, q db.Querier, field, tenant string, ids []string) ([]person, error) {
	var people []person
	for i, id := range ids {
		if slices.Contains(ids[:i], id) {
			continue
		}
		p, err := onePerson(ctx, q, id)
		if errors.Is(err, db.ErrNone) || err == nil && (p.Tenant != tenant || !p.Active) {
			return nil, fault(field, id, "is not a user")
		}
		if err != nil {
			return nil, err
		}
		people = append(people, p)
	}
	return people, nil
}

// defaults are what a tenant wants of new meetings: this service's copy of its settings.
type defaults struct {
	Language        string `json:"language"`
	PublicByDefault bool   `json:"public_by_default"`
	Lobby           bool   `json:"lobby"`
	MuteOnEntry     bool   `json:"mute_on_entry"`
	RecordByDefault bool   `json:"record_by_default"`

	public, lobby, mute, record int64
}

func (d *defaults) columns() []any {
	return []any{&d.Language, &d.public, &d.lobby, &d.mute, &d.record}
}

func defaultsOf(ctx context.Context, q db.Querier, tenant string) (defaults, error) {
	d, err := db.One(ctx, q, (*defaults).columns, `SELECT language, public, lobby, mute_on_entry, record FROM meeting_tenant WHERE tenant = $1`, tenant)
	if errors.Is(err, db.ErrNone) {
		return defaults{Language: "en", Lobby: true}, nil
	}
	d.PublicByDefault, d.Lobby, d.MuteOnEntry, d.RecordByDefault = d.public != 0, d.lobby != 0, d.mute != 0, d.record != 0
	return d, err
}

// Consume keeps the copies current and forgets who was deleted: for eventlog.Follower.
func (s *Service) Consume(ctx context.Context, tx *db.Tx, e eventlog.Event) error {
	switch e.Type {
	case "user.created", "user.updated":
		var p person
		if err := json.Unmarshal(e.Body, &p); err != nil {
			return fmt.Errorf("a user: %w", err)
		}
		p.Tenant = e.Tenant
		if e.Type == "user.updated" {
			tx.AfterCommit(func() { s.showProfile(p) })
		}
		_, err := tx.Exec(ctx, `INSERT INTO meeting_person (id, tenant, name, name_key, email, language, avatar, active)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO UPDATE SET name = excluded.name, name_key = excluded.name_key,
				email = excluded.email, language = excluded.language, avatar = excluded.avatar, active = excluded.active`,
			p.ID, e.Tenant, p.Name, db.Fold(p.Name), p.Email, p.Language, p.Avatar, bit(p.Active))
		return err
	case "user.deleted":
		var gone struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(e.Body, &gone); err != nil {
			return fmt.Errorf("a deleted user: %w", err)
		}
		return s.forget(ctx, tx, gone.ID)
	case "tenant.updated":
		return s.tenantChanged(ctx, tx, e)
	case "settings.updated":
		d := defaults{Language: "en"}
		if err := json.Unmarshal(e.Body, &d); err != nil {
			return fmt.Errorf("settings: %w", err)
		}
		_, err := tx.Exec(ctx, `INSERT INTO meeting_tenant (tenant, language, public, lobby, mute_on_entry, record) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (tenant) DO UPDATE SET language = excluded.language, public = excluded.public, lobby = excluded.lobby,
				mute_on_entry = excluded.mute_on_entry, record = excluded.record`,
			e.Tenant, d.Language, bit(d.PublicByDefault), bit(d.Lobby), bit(d.MuteOnEntry), bit(d.RecordByDefault))
		return err
	}
	return nil
}
