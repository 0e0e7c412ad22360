package accounts

import (
	"context"
	"encoding/json"

	"switchyard/access"
	"switchyard/internal/db"
)

const maxPreferences = 32 << 10 // bytes

// Preferences are what the web client keeps for the caller: an object that the server does not look into.
func (s *Service) Preferences(ctx context.Context, c Caller) (json.RawMessage, error) {
	r, err := s.self(ctx, c, access.SelfRead)
	if err != nil {
		return nil, err
	}
	return json.RawMessage(r.preferences), nil
}

// SetPreferences replaces them.
func (s *Service) SetPreferences(ctx context.Context, c Caller, preferences map[string]any) error {
	if err := s.allow(c, access.SelfUpdate, access.Target{Owner: c.ID}); err != nil {
		return err
	}
	if preferences == nil {
		preferences = map[string]any{}
	}
	text, err := json.Marshal(preferences)
	if err != nil {
		return err
	}
	if len(text) > maxPreferences {
		return fault("preferences", "", "has %d bytes; at most %d are allowed", len(text), maxPreferences)
	}
	return s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE user_account SET preferences = $2 WHERE id = $1`, c.ID, string(text))
		return err
	})
}
