package accounts

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"switchyard/access"
)

func TestDepartments(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		d, err := r.CreateDepartment(t.Context(), r.admin, "Sales")
		if err != nil || d.Version != 1 || d.Name != "Sales" {
			t.Fatalf("%+v, %v", d, err)
		}
		for _, bad := range []string{"", " Sales", "sales", "ＳＡＬＥＳ", "a\nb", strings.Repeat("x", 101)} {
			if d, err := r.CreateDepartment(t.Context(), r.admin, bad); !isFault(err, "name") || d.ID != "" {
				t.Errorf("%q: %+v, %v", bad, d, err)
			}
		}
		if got, err := r.RenameDepartment(t.Context(), r.admin, d.ID, "Marketing", d.Version); err != nil || got.Version != 2 {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := r.RenameDepartment(t.Context(), r.admin, d.ID, "Purchase", d.Version); !errors.Is(err, ErrVersion) {
			t.Error(err)
		}
		bob := r.user("bob", access.RoleUser, d.ID)
		if _, err := r.CreateDepartment(t.Context(), bob, "Mine"); !errors.Is(err, access.ErrForbidden) {
			t.Error(err)
		}
		all, seq, err := r.Departments(t.Context(), bob)
		if err != nil || len(all) != 1 || all[0].Members != 1 || all[0].Name != "Marketing" || seq == 0 {
			t.Errorf("%+v, %d, %v", all, seq, err)
		}
		if err := r.DeleteDepartment(t.Context(), r.admin, d.ID); err != nil {
			t.Fatal(err)
		}
		if u, err := r.User(t.Context(), bob, bob.ID); err != nil || len(u.Departments) != 0 || u.Departments == nil || u.Version != 2 {
			t.Errorf("%+v, %v", u, err)
		}
		for _, id := range []string{d.ID, "", "\x00"} {
			if err := r.DeleteDepartment(t.Context(), r.admin, id); !errors.Is(err, access.ErrNotFound) {
				t.Errorf("%q: %v", id, err)
			}
		}
		for _, kind := range []string{"department.created", "department.updated", "department.deleted", "user.updated"} {
			if told := r.events(access.DefaultTenant, kind); len(told) != 1 || !told[0].Audience.Everybody {
				t.Errorf("%s: %+v", kind, told)
			}
		}
	})
}

// TestADepartmentGoesWhileSomebodyComes: one of the two is told.
func TestADepartmentGoesWhileSomebodyComes(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		for range 5 {
			d := r.department("Sales")
			var made, gone error
			var all sync.WaitGroup
			all.Go(func() {
				_, made = r.CreateUser(t.Context(), r.admin, NewUser{Email: newID() + "@example.org", Departments: []string{d}})
			})
			all.Go(func() { gone = r.DeleteDepartment(t.Context(), r.admin, d) })
			all.Wait()
			if gone != nil || made != nil && !isFault(made, "departments") {
				t.Errorf("made: %v, gone: %v", made, gone)
			}
		}
	})
}
