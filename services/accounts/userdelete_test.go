package accounts

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"switchyard/access"
)

// TestTheLastAdministratorStays, also if two put each other down at once.
func TestTheLastAdministratorStays(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		role, no := access.RoleUser, false
		for name, err := range map[string]error{
			"demoted": func() error {
				_, err := r.UpdateUser(t.Context(), r.admin, r.admin.ID, UserChange{Role: &role}, 0)
				return err
			}(),
			"deleted": r.DeleteUser(t.Context(), r.admin, r.admin.ID),
			"deactivated": func() error {
				_, err := r.UpdateUser(t.Context(), r.admin, r.admin.ID, UserChange{Active: &no}, 0)
				return err
			}(),
		} {
			if !isFault(err, "role") && !isFault(err, "active") {
				t.Errorf("%s: %v", name, err)
			}
		}
		r.user("invited", access.RoleAdmin) // has not chosen a password: nobody knows whether it ever will
		if err := r.DeleteUser(t.Context(), r.admin, r.admin.ID); !isFault(err, "role") {
			t.Errorf("with one who cannot sign in: %v", err)
		}
		two := r.enter(r.make(NewUser{Email: "two@example.org", Role: access.RoleAdmin, Password: goodPassword}).ID)
		for round := range 4 {
			faults := make([]error, 2)
			var all sync.WaitGroup
			for i, pair := range [][2]Caller{{r.admin, two}, {two, r.admin}} {
				all.Go(func() {
					_, faults[i] = r.UpdateUser(t.Context(), r.fresh(pair[0]), pair[1].ID, UserChange{Role: &role}, 0)
				})
			}
			all.Wait()
			if (faults[0] == nil) == (faults[1] == nil) {
				t.Fatalf("round %d: %v", round, faults)
			}
			r.exec(`UPDATE user_account SET role = 'admin' WHERE id IN ($1, $2)`, r.admin.ID, two.ID)
		}
		if err := r.DeleteUser(t.Context(), r.admin, two.ID); err != nil {
			t.Error(err)
		}
	})
}

func TestDeleteLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		sales := r.department("Sales")
		bob := r.enter(r.make(NewUser{Email: "bob@example.org", FirstName: "Bobby", Role: access.RoleAdmin, Departments: []string{sales}, Password: goodPassword}).ID)
		r.secondFactor(bob)
		if _, err := r.SetAvatar(t.Context(), bob, jpegOf(t, 60, 40), Crop{}); err != nil {
			t.Fatal(err)
		}
		if err := r.SetFlag(t.Context(), r.admin, Flag{Name: "labs", User: bob.ID, Enabled: true}); err != nil {
			t.Fatal(err)
		}
		if _, secret, err := r.CreateAPIKey(t.Context(), r.fresh(bob), "a service", []access.Scope{access.ScopeUsersRead}, time.Time{}); err != nil {
			t.Fatal(err)
		} else {
			r.secret(secret)
		}
		if err := r.ForgotPassword(t.Context(), stranger, "bob@example.org"); err != nil {
			t.Fatal(err)
		}
		email := "bobby@example.net"
		if _, err := r.UpdateUser(t.Context(), r.fresh(r.admin), bob.ID, UserChange{Email: &email}, 0); err != nil {
			t.Fatal(err)
		}
		if err := r.ForgotPassword(t.Context(), stranger, email); err != nil {
			t.Fatal(err)
		}
		if err := r.SetPreferences(t.Context(), bob, map[string]any{"theme": "dark"}); err != nil {
			t.Fatal(err)
		}
		terms, err := r.ChangeTerms(t.Context(), r.admin, "Be kind.", 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.AcceptTerms(t.Context(), bob, terms.Version); err != nil {
			t.Fatal(err)
		}
		if err := r.DeleteUser(t.Context(), r.fresh(r.admin), bob.ID); err != nil {
			t.Fatal(err)
		}
		// The log and the outbox are not tables of accounts; that an account with that id was there is what the audit log is for.
		others := []string{"event", "event_head", "event_position", "mail_outbox"}
		for table, rows := range r.tables(t.Context()) {
			for _, row := range rows {
				for column, value := range row {
					trail := table == "audit_entry" && (column == "actor" || column == "subject")
					if !slices.Contains(others, table) && !trail && (strings.Contains(value, bob.ID) || strings.Contains(strings.ToLower(value), "bob")) {
						t.Errorf("%s.%s still holds %q", table, column, value)
					}
				}
			}
		}
		for _, row := range r.tables(t.Context())["audit_entry"] {
			if row["actor"] == "user:"+bob.ID && row["address"] != "" {
				t.Errorf("its address is left: %v", row)
			}
		}
		wantPictures(t, r, bob.ID, 0)
		deleted := r.events(access.DefaultTenant, "user.deleted")
		if len(deleted) != 1 || deleted[0].Subject != "user:"+bob.ID || !deleted[0].Audience.Everybody || string(deleted[0].Body) != `{"id":"`+bob.ID+`"}` {
			t.Errorf("told: %+v", deleted)
		}
		if n := len(r.events(access.DefaultTenant, "session.revoked")); n != 1 {
			t.Errorf("%d sessions are told to have ended", n)
		}
		if _, err := r.signInFrom(home, email, goodPassword, ""); !errors.Is(err, ErrWrong) {
			t.Error(err)
		}
	})
}
