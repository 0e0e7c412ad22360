package accounts

import (
	"errors"
	"testing"
	"time"

	"switchyard/access"
)

// TestDepartmentAdministrators have their own people, and no way to more.
func TestDepartmentAdministrators(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		sales, support := r.department("Sales"), r.department("Support")
		lead := r.user("lead", access.RoleDepartmentAdmin, sales)
		seller := r.user("seller", access.RoleUser, sales)
		both := r.user("both", access.RoleUser, sales, support)
		helper := r.user("helper", access.RoleUser, support)
		shared := r.user("shared", access.RoleUser, sales, support)
		boss := r.user("boss", access.RoleAdmin, sales)
		mine := r.user("mine", access.RoleUser, sales)
		peer := r.user("peer", access.RoleDepartmentAdmin, sales)
		loose := r.user("loose", access.RoleUser)
		other := r.tenant("other")
		key := Caller{Principal: access.Principal{Kind: access.Service, Behind: access.RoleAdmin, Tenant: access.DefaultTenant, ID: newID(), Scopes: []access.Scope{access.ScopeUsersWrite}}}
		admin, stale := r.fresh(r.admin), r.admin
		stale.AuthenticatedAt = r.now().Add(-time.Hour)

		name, email, taken, no := "New", "new@example.net", "lead@example.org", false
		asAdmin, asLead, asUser := access.RoleAdmin, access.RoleDepartmentAdmin, access.RoleUser
		to := func(departments ...string) UserChange {
			if departments == nil {
				departments = []string{}
			}
			return UserChange{Departments: &departments}
		}
		for _, c := range []struct {
			what   string
			who    Caller
			whom   string
			change UserChange
			want   error
		}{
			{"a user renames itself", seller, seller.ID, UserChange{FirstName: &name}, nil},
			{"a user another one", seller, both.ID, UserChange{FirstName: &name}, access.ErrForbidden},
			{"a user makes itself administrator", seller, seller.ID, UserChange{Role: &asAdmin}, access.ErrForbidden},
			{"a user goes to another department", seller, seller.ID, to(sales, support), access.ErrForbidden},
			{"a user leaves its department", seller, seller.ID, to(), access.ErrForbidden},
			{"a user activates itself", seller, seller.ID, UserChange{Active: new(true)}, access.ErrForbidden},
			{"a lead renames one of its own", lead, seller.ID, UserChange{FirstName: &name}, nil},
			{"a lead gives one of its own another address", lead, seller.ID, UserChange{Email: &email}, nil},
			{"a lead gives one of its own an address that is taken", lead, seller.ID, UserChange{Email: &taken}, &FieldError{}},
			{"a lead renames one of another department", lead, helper.ID, UserChange{FirstName: &name}, access.ErrForbidden},
			{"a lead renames an administrator", lead, boss.ID, UserChange{FirstName: &name}, access.ErrForbidden},
			{"a lead gives an administrator another address", lead, boss.ID, UserChange{Email: &email}, access.ErrForbidden},
			{"a lead deactivates an administrator", lead, boss.ID, UserChange{Active: &no}, access.ErrForbidden},
			{"a lead deactivates another lead", lead, peer.ID, UserChange{Active: &no}, access.ErrForbidden},
			{"a lead makes itself administrator", lead, lead.ID, UserChange{Role: &asAdmin}, access.ErrForbidden},
			{"a lead makes one of its own a lead", lead, seller.ID, UserChange{Role: &asLead}, access.ErrForbidden},
			{"a lead takes another department", lead, lead.ID, to(sales, support), access.ErrForbidden},
			{"a lead sends one of its own to another department", lead, seller.ID, to(sales, support), access.ErrForbidden},
			{"a lead takes one from another department", lead, both.ID, to(sales), access.ErrForbidden},
			{"a lead renames one who is also elsewhere", lead, both.ID, UserChange{FirstName: &name}, access.ErrForbidden},
			{"a lead gives one who is also elsewhere another address", lead, both.ID, UserChange{Email: &email}, access.ErrForbidden},
			{"a lead deactivates one who is also elsewhere", lead, both.ID, UserChange{Active: &no}, access.ErrForbidden},
			{"a lead deactivates one who is also elsewhere and lets it go", lead, both.ID, UserChange{Active: &no, Departments: &[]string{support}}, access.ErrForbidden},
			{"a user moves another one to where it is", seller, both.ID, to(sales, support), access.ErrForbidden},
			{"a lead takes one without a department", lead, loose.ID, to(sales), access.ErrForbidden},
			{"a lead adds its department to somebody of another", lead, helper.ID, to(support, sales), access.ErrForbidden},
			{"a lead takes a peer's department", lead, peer.ID, to(), access.ErrForbidden},
			{"a lead lets one go to where it also is", lead, both.ID, to(support), nil},
			{"a lead of another tenant", other, seller.ID, UserChange{FirstName: &name}, access.ErrNotFound},
			{"a key renames a user", key, seller.ID, UserChange{FirstName: &name}, nil},
			{"a key gives an administrator another address", key, boss.ID, UserChange{Email: &email}, access.ErrForbidden},
			{"a key renames an administrator", key, boss.ID, UserChange{FirstName: &name}, access.ErrForbidden},
			{"a key deactivates an administrator", key, boss.ID, UserChange{Active: &no}, access.ErrForbidden},
			{"a key makes an administrator", key, seller.ID, UserChange{Role: &asAdmin}, access.ErrForbidden},
			{"a key gives a lead another department", key, lead.ID, to(sales, support), access.ErrForbidden},
			{"an administrator makes another one", admin, seller.ID, UserChange{Role: &asAdmin}, nil},
			{"an administrator without a fresh proof", stale, seller.ID, UserChange{Role: &asUser}, access.ErrStale},
			{"an administrator renames without a fresh proof", stale, helper.ID, UserChange{FirstName: &name}, nil},
			{"nobody", Caller{Principal: access.Principal{Kind: access.Anonymous, Tenant: access.DefaultTenant}}, helper.ID, UserChange{FirstName: &name}, access.ErrUnauthenticated},
		} {
			_, err := r.UpdateUser(t.Context(), c.who, c.whom, c.change, 0)
			var fault *FieldError
			if errors.As(c.want, &fault) {
				if !errors.As(err, &fault) {
					t.Errorf("%s: %v, want a fault", c.what, err)
				}
			} else if !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", c.what, err, c.want)
			}
		}
		for _, c := range []struct {
			what string
			who  Caller
			n    NewUser
			want error
		}{
			{"a lead one of its own", lead, NewUser{Departments: []string{sales}}, nil},
			{"a lead without a department", lead, NewUser{}, access.ErrForbidden},
			{"a lead of another department", lead, NewUser{Departments: []string{support}}, access.ErrForbidden},
			{"a lead of its own and another department", lead, NewUser{Departments: []string{sales, support}}, access.ErrForbidden},
			{"a lead an administrator", lead, NewUser{Departments: []string{sales}, Role: asAdmin}, access.ErrForbidden},
			{"a lead a lead", lead, NewUser{Departments: []string{sales}, Role: asLead}, access.ErrForbidden},
			{"a user a user", helper, NewUser{Departments: []string{support}}, access.ErrForbidden},
			{"a key a user", key, NewUser{}, nil},
			{"a key an administrator", key, NewUser{Role: asAdmin}, access.ErrForbidden},
			{"an administrator another one", admin, NewUser{Role: asAdmin}, nil},
			{"an administrator another one without a fresh proof", stale, NewUser{Role: asAdmin}, access.ErrStale},
		} {
			c.n.Email = newID() + "@example.org"
			if _, err := r.CreateUser(t.Context(), c.who, c.n); !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", c.what, err, c.want)
			}
		}
		freshLead := r.fresh(lead)
		for whom, want := range map[string]error{shared.ID: access.ErrForbidden, boss.ID: access.ErrForbidden, seller.ID: access.ErrForbidden, mine.ID: nil} {
			if err := r.SendPasswordLink(t.Context(), freshLead, whom); !errors.Is(err, want) {
				t.Errorf("a link: %v, want %v", err, want)
			}
			if err := r.DropSecondFactor(t.Context(), freshLead, whom); !errors.Is(err, want) {
				t.Errorf("the second factor: %v, want %v", err, want)
			}
		}
		for _, c := range []struct {
			what string
			who  Caller
			whom string
			want error
		}{
			{"a user itself", helper, helper.ID, access.ErrForbidden},
			{"a lead an administrator", lead, boss.ID, access.ErrForbidden},
			{"a lead itself", lead, lead.ID, access.ErrForbidden},
			{"a lead one of another department", lead, helper.ID, access.ErrForbidden},
			{"a lead one who is also elsewhere", lead, shared.ID, access.ErrForbidden},
			{"a key an administrator", key, boss.ID, access.ErrForbidden},
			{"another tenant", r.fresh(other), helper.ID, access.ErrNotFound},
			{"an administrator another one without a fresh proof", stale, boss.ID, access.ErrStale},
			{"an administrator another one", admin, boss.ID, nil},
			{"a key a user", key, helper.ID, nil},
		} {
			if err := r.DeleteUser(t.Context(), c.who, c.whom); !errors.Is(err, c.want) {
				t.Errorf("delete: %s: %v, want %v", c.what, err, c.want)
			}
		}
	})
}

func TestTenantsAreApart(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		sales := r.department("Sales")
		bob := r.user("bob", access.RoleUser)
		other := r.fresh(r.tenant("other"))
		name := "Eve"
		ctx := t.Context()
		for what, err := range map[string]error{
			"user":              func() error { _, err := r.User(ctx, other, bob.ID); return err }(),
			"change":            func() error { _, err := r.UpdateUser(ctx, other, bob.ID, UserChange{FirstName: &name}, 0); return err }(),
			"delete":            r.DeleteUser(ctx, other, bob.ID),
			"password":          r.SendPasswordLink(ctx, other, bob.ID),
			"second factor":     r.DropSecondFactor(ctx, other, bob.ID),
			"flag":              r.SetFlag(ctx, other, Flag{Name: "labs", User: bob.ID}),
			"rename department": func() error { _, err := r.RenameDepartment(ctx, other, sales, "Theirs", 0); return err }(),
			"delete department": r.DeleteDepartment(ctx, other, sales),
			"session":           r.RevokeSession(ctx, other, bob.Session),
		} {
			if !errors.Is(err, access.ErrNotFound) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := r.CreateUser(ctx, other, NewUser{Email: "x@example.org", Departments: []string{sales}}); !isFault(err, "departments") {
			t.Errorf("a department of another tenant: %v", err)
		}
		if _, err := r.Tenants(ctx, other); !errors.Is(err, access.ErrForbidden) {
			t.Errorf("tenants: %v", err)
		}
		if _, err := r.CreateTenant(ctx, other, "third", NewUser{Email: "x@example.org"}); !errors.Is(err, access.ErrForbidden) {
			t.Errorf("a new tenant: %v", err)
		}
		if _, err := r.UpdateTenant(ctx, other, other.Tenant, TenantChange{Name: &name}, 0); !errors.Is(err, access.ErrForbidden) {
			t.Errorf("its own name: %v", err)
		}
		if all, err := r.Tenants(ctx, r.admin); err != nil || len(all) != 2 {
			t.Errorf("%+v, %v", all, err)
		}
		entries, err := r.AuditLog(ctx, other, "", 50)
		if err != nil || len(entries) != 0 {
			t.Errorf("the audit log of another tenant shows %+v, %v", entries, err)
		}
		if _, err := r.CreateTenant(ctx, r.fresh(r.admin), "third", NewUser{Email: "bob@example.org"}); !isFault(err, "email") {
			t.Errorf("an administrator whose address is taken: %v", err)
		}
	})
}
