package accounts

import (
	"context"
	"errors"

	"switchyard/access"
	"switchyard/internal/db"
)

// What is read in order to decide must still hold when it is acted upon. SQLite has one writer; on PostgreSQL, who
// changes a row first locks it with an update that changes nothing. The order is tenant, user, log.

// lockTenant has those who change the people of a tenant wait for each other until tx ends. access.ErrNotFound.
func lockTenant(ctx context.Context, tx *db.Tx, tenant string) error {
	n, err := tx.Exec(ctx, `UPDATE tenant SET active = active WHERE id = $1`, tenant)
	if err == nil && n == 0 {
		err = access.ErrNotFound
	}
	return err
}

// lockUser reads a user whom nobody else changes until tx ends. db.ErrNone.
func lockUser(ctx context.Context, tx *db.Tx, id string) (*userRow, error) {
	n, err := tx.Exec(ctx, `UPDATE user_account SET active = active WHERE id = $1`, id)
	switch {
	case err != nil:
		return nil, err
	case n == 0:
		return nil, db.ErrNone
	}
	return oneUser(ctx, tx, `u.id = $1`, id)
}

// lockUserOf is lockUser for somebody of a tenant: one of another tenant does not exist. access.ErrNotFound.
func lockUserOf(ctx context.Context, tx *db.Tx, c Caller, id string) (*userRow, error) {
	if !plain(id, maxID) {
		return nil, access.ErrNotFound
	}
	if err := lockTenant(ctx, tx, c.Tenant); err != nil {
		return nil, err
	}
	r, err := lockUser(ctx, tx, id)
	if errors.Is(err, db.ErrNone) || err == nil && r.Tenant != c.Tenant {
		return nil, access.ErrNotFound
	}
	return r, err
}
