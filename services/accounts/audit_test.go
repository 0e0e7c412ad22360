package accounts

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"switchyard/access"
)

func TestAudit(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		bob := r.withPassword("bob")
		if _, err := r.signInFrom(abroad, "bob@example.org", goodPassword, ""); err != nil {
			t.Fatal(err)
		}
		secret, _ := r.secondFactor(bob)
		_ = secret
		role := access.RoleDepartmentAdmin
		if _, err := r.UpdateUser(t.Context(), r.fresh(r.admin), bob.ID, UserChange{Role: &role}, 0); err != nil {
			t.Fatal(err)
		}
		departments := []string{r.department("Sales")}
		if _, err := r.UpdateUser(t.Context(), r.fresh(r.admin), r.admin.ID, UserChange{Departments: &departments}, 0); err != nil {
			t.Fatal(err)
		}
		if err := r.SendPasswordLink(t.Context(), r.fresh(r.admin), bob.ID); err != nil {
			t.Fatal(err)
		}
		r.mailed()
		if err := r.DropSecondFactor(t.Context(), r.fresh(r.admin), bob.ID); err != nil {
			t.Fatal(err)
		}
		entries, err := r.AuditLog(t.Context(), r.admin, "", 50)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range entries {
			who := strings.NewReplacer(r.admin.ID, "admin", bob.ID, "bob", departments[0], "sales").Replace(e.Actor + " " + e.Action + " " + e.Subject)
			got = append(got, who)
		}
		slices.Reverse(got)
		want := []string{
			"user:admin user.create user:admin", "user:admin user.create user:bob", "user:bob session.create user:bob", "user:bob self.security user:bob",
			"user:admin user.update user:bob", "user:admin department.edit department:sales", "user:admin user.update user:admin",
			"user:admin user.reset user:bob", "user:admin self.security user:bob",
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		for _, e := range entries {
			if e.Action == string(access.SignIn) && e.Address != abroad.String() {
				t.Errorf("%+v", e)
			}
		}
		var paged []AuditEntry
		for before := ""; ; before = paged[len(paged)-1].ID {
			page, err := r.AuditLog(t.Context(), r.admin, before, 2)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			paged = append(paged, page...)
		}
		if len(paged) != len(entries) {
			t.Errorf("%d on pages, %d in all", len(paged), len(entries))
		}
		if _, err := r.AuditLog(t.Context(), r.admin, "\x00", 2); !isFault(err, "before") {
			t.Error(err)
		}
		if _, err := r.AuditLog(t.Context(), r.enter(bob.ID), "", 2); !errors.Is(err, access.ErrForbidden) {
			t.Error(err)
		}
	})
}
