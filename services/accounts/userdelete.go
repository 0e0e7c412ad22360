package accounts

import (
	"context"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

// DeleteUser removes a user and all that accounts keeps of it, but that there was an account with this id, in the audit
// log. Other services answer the event user.deleted.
func (s *Service) DeleteUser(ctx context.Context, c Caller, id string) error {
	return s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		r, err := lockUserOf(ctx, tx, c, id)
		if err != nil {
			return err
		}
		if err := s.allowOn(c, access.UserDelete, r); err != nil {
			return err
		}
		if r.Role == access.RoleAdmin {
			if err := anotherAdmin(ctx, tx, r); err != nil {
				return err
			}
		}
		if err := s.endSessions(ctx, tx, c, id, ""); err != nil {
			return err
		}
		if err := forgetAbout(ctx, tx, r); err != nil {
			return err
		}
		for _, statement := range []string{
			`DELETE FROM recovery_code WHERE user_id = $1`,
			`DELETE FROM terms_acceptance WHERE user_id = $1`,
			`DELETE FROM one_time_link WHERE user_id = $1`,
			`DELETE FROM department_member WHERE user_id = $1`,
			`DELETE FROM feature_flag WHERE user_id = $1`,
			`UPDATE api_key SET created_by = '' WHERE created_by = $1`,
			`DELETE FROM user_account WHERE id = $1`,
		} {
			if _, err := tx.Exec(ctx, statement, id); err != nil {
				return err
			}
		}
		tx.AfterCommit(func() { s.dropAvatar(id) })
		if err := s.emit(tx, c, r.Tenant, "user.deleted", r.subject(), eventlog.Everybody, map[string]string{"id": id}); err != nil {
			return err
		}
		return s.audit(ctx, tx, c, r.Tenant, access.UserDelete, r.subject(), struct{}{})
	})
}

// anotherAdmin keeps a tenant from losing its last administrator who can sign in. The tenant is locked.
func anotherAdmin(ctx context.Context, tx *db.Tx, r *userRow) error {
	n, err := db.Value[int64](ctx, tx, `SELECT count(*) FROM user_account
		WHERE tenant = $1 AND role = 'admin' AND active = 1 AND (password <> '' OR sso_subject <> '') AND id <> $2`, r.Tenant, r.ID)
	if err == nil && n == 0 {
		return fault("role", string(r.Role), "would leave the tenant without an administrator")
	}
	return err
}
