package accounts

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"switchyard/access"
)

func TestUsers(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		sales := r.department("Sales")
		u := r.make(NewUser{Email: "Bob@Example.org", FirstName: "Bob", LastName: "Builder", Departments: []string{sales}})
		if u.Name != "Bob Builder" || u.Role != access.RoleUser || u.Language != "en" || !u.Active || u.Version != 1 || u.Email != "Bob@Example.org" || !slices.Equal(u.Departments, []string{sales}) {
			t.Errorf("%+v", u)
		}
		for field, n := range map[string]NewUser{
			"email":       {Email: "bob@EXAMPLE.org"},
			"first_name":  {Email: "a@example.org", FirstName: "a\x00"},
			"last_name":   {Email: "a@example.org", LastName: strings.Repeat("x", 81)},
			"role":        {Email: "a@example.org", Role: "king"},
			"language":    {Email: "a@example.org", Language: "la"},
			"departments": {Email: "a@example.org", Departments: []string{"nonsense"}},
			"password":    {Email: "a@example.org", Password: "short"},
		} {
			if _, err := r.CreateUser(t.Context(), r.admin, n); !isFault(err, field) {
				t.Errorf("%s: %v", field, err)
			}
		}
		if _, err := r.CreateUser(t.Context(), r.admin, NewUser{Email: "a@example.org", Departments: []string{sales, sales}}); !isFault(err, "departments") {
			t.Errorf("a department twice: %v", err)
		}
		if _, err := r.CreateUser(t.Context(), r.admin, NewUser{Email: "a@example.org", FirstName: "\u202egnp"}); !isFault(err, "first_name") {
			t.Errorf("a name that is written backwards: %v", err)
		}
		name := "Bert"
		got, err := r.UpdateUser(t.Context(), r.admin, u.ID, UserChange{FirstName: &name}, u.Version)
		if err != nil || got.Name != "Bert Builder" || got.Version != u.Version+1 {
			t.Errorf("%+v, %v", got, err)
		}
		if got, err := r.UpdateUser(t.Context(), r.admin, u.ID, UserChange{FirstName: &name}, u.Version); !errors.Is(err, ErrVersion) || got.ID != "" {
			t.Errorf("a version that is over: %+v, %v", got, err)
		}
		for _, id := range []string{"", "x", "\x00", "\xff", strings.Repeat("x", 1000)} {
			if _, err := r.User(t.Context(), r.admin, id); !errors.Is(err, access.ErrNotFound) {
				t.Errorf("%q: %v", id, err)
			}
			if err := r.DeleteUser(t.Context(), r.fresh(r.admin), id); !errors.Is(err, access.ErrNotFound) {
				t.Errorf("%q: %v", id, err)
			}
			if _, err := r.UpdateUser(t.Context(), r.admin, id, UserChange{}, 0); !errors.Is(err, access.ErrNotFound) {
				t.Errorf("%q: %v", id, err)
			}
		}
		created := r.events(access.DefaultTenant, "user.created")
		if last := created[len(created)-1]; last.Subject != "user:"+u.ID || last.Actor != "user:"+r.admin.ID || !last.Audience.Everybody || field(t, last, "email") != "Bob@Example.org" || field(t, last, "role") != nil {
			t.Errorf("told: %+v %s", last, last.Body)
		}
	})
}

func TestTwoChangesAtOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		bob := r.user("bob", access.RoleUser)
		name, role := "Bert", access.RoleDepartmentAdmin
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if _, err := r.UpdateUser(t.Context(), bob, bob.ID, UserChange{FirstName: &name}, 0); err != nil {
					t.Error(err)
				}
			})
		}
		all.Go(func() {
			if _, err := r.UpdateUser(t.Context(), r.admin, bob.ID, UserChange{Role: &role}, 0); err != nil {
				t.Error(err)
			}
		})
		all.Wait()
		if u, err := r.User(t.Context(), r.admin, bob.ID); err != nil || u.Role != role || u.FirstName != name {
			t.Errorf("one has undone the other: %+v, %v", u, err)
		}
	})
}
