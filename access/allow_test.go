package access

import (
	"errors"
	"strings"
	"testing"
	"time"
)

var moment = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

// people are one principal of each sort, all fresh.
func people() map[string]Principal {
	person := func(tenant string, role Role) Principal {
		return Principal{Kind: User, Tenant: tenant, ID: "me", Role: role, Departments: []string{"sales"}, AuthenticatedAt: moment}
	}
	return map[string]Principal{
		"anonymous": {Kind: Anonymous, Tenant: "acme"},
		"guest":     {Kind: Guest, Tenant: "acme", ID: "guest", Meeting: "m"},
		"user":      person("acme", RoleUser),
		"lead":      person("acme", RoleDepartmentAdmin),
		"admin":     person("acme", RoleAdmin),
		"operator":  person(DefaultTenant, RoleAdmin),
		"key":       {Kind: Service, Behind: RoleAdmin, Tenant: "acme", ID: "key", Scopes: Scopes},
	}
}

// near are targets by how near they are to p.
func near(p Principal) [Everywhere + 1]Target {
	all := [Everywhere + 1]Target{
		Owned: {Owner: "me"}, CoOrganised: {CoOrganisers: []string{"you", "me"}}, Participating: {Participants: []string{"you", p.ID}},
		InDepartment: {Departments: []string{"sales"}}, SharingDepartment: {Departments: []string{"support", "sales"}}, InTenant: {Owner: "you"},
	}
	for i := range all {
		all[i].Tenant = p.Tenant
	}
	all[Everywhere] = Target{Tenant: "another", Owner: "me", CoOrganisers: []string{"me"}, Participants: []string{"me", "guest"}, Departments: []string{"sales"}, Everybody: true}
	return all
}

// TestAllowFollowsTheTable: what is nearer than what is allowed is allowed, what is farther is not, for everybody and every operation.
func TestAllowFollowsTheTable(t *testing.T) {
	for op := range Operations() {
		r := table[op]
		limits := map[string]Reach{"anonymous": r.anonymous, "guest": r.guest, "user": r.user, "lead": r.departmentAdmin, "admin": r.admin, "operator": max(r.admin, r.operator), "key": Never}
		if r.scope != "" {
			limits["key"] = InTenant
		}
		for name, p := range people() {
			for reach, target := range near(p) {
				reach := Reach(reach)
				if reach == Never {
					continue
				}
				if (name == "guest" || name == "key" || name == "anonymous") && reach != Participating && reach != Everywhere || name == "key" && reach == Participating || name == "anonymous" && reach == Participating {
					reach = InTenant // they own nothing and are in no department
				}
				err := Allow(p, op, target, moment)
				if allowed := reach <= limits[name]; allowed != (err == nil) {
					t.Errorf("%s of %s by %s: %v", op, reach, name, err)
				}
			}
		}
	}
}

func TestWhyNot(t *testing.T) {
	all := people()
	mine := Target{Tenant: "acme", Owner: "me"}
	theirs := Target{Tenant: "acme", Owner: "you"}
	elsewhere := Target{Tenant: "another", Owner: "me", Departments: []string{"sales"}}
	nobody := Principal{Tenant: "acme"}
	for _, c := range []struct {
		name string
		who  Principal
		op   Operation
		what Target
		want error
	}{
		{"nobody", all["anonymous"], UserList, theirs, ErrUnauthenticated},
		{"the zero principal", nobody, SelfRead, Target{}, ErrUnauthenticated},
		{"nobody, elsewhere", all["anonymous"], UserRead, elsewhere, ErrUnauthenticated},
		{"a user, of another", all["user"], UserRead, theirs, ErrForbidden},
		{"a user, elsewhere", all["user"], UserRead, elsewhere, ErrNotFound},
		{"an administrator, elsewhere", all["admin"], UserRead, elsewhere, ErrNotFound},
		{"the operator, elsewhere", all["operator"], UserRead, elsewhere, ErrNotFound},
		{"the operator, a tenant", all["operator"], TenantEdit, elsewhere, nil},
		{"an administrator, a tenant", all["admin"], TenantEdit, mine, ErrForbidden},
		{"a key, elsewhere", all["key"], UserRead, elsewhere, ErrNotFound},
		{"what is hidden", all["user"], MeetingRead, theirs, ErrNotFound},
		{"a guest, another meeting", all["guest"], MeetingRead, theirs, ErrNotFound},
		{"a guest, its meeting", all["guest"], MeetingRead, Target{Tenant: "acme", Participants: []string{"guest"}}, nil},
		{"a public meeting", all["user"], MeetingRead, Target{Tenant: "acme", Everybody: true}, nil},
		{"a public meeting, a guest", all["guest"], MeetingRead, Target{Tenant: "acme", Everybody: true}, ErrNotFound},
		{"a key whose id is a user's", Principal{Kind: Service, Behind: RoleAdmin, Tenant: "acme", ID: "me"}, UserRead, mine, ErrForbidden},
		{"a guest whose id is a user's", Principal{Kind: Guest, Tenant: "acme", ID: "me"}, SelfRead, mine, ErrForbidden},
		{"a user without an id", Principal{Kind: User, Tenant: "acme", Role: RoleUser}, SelfRead, Target{Tenant: "acme"}, ErrForbidden},
		{"a role that is none", Principal{Kind: User, Tenant: "acme", ID: "me", Role: "king"}, SelfRead, mine, ErrForbidden},
		{"a kind that is none", Principal{Kind: "king", Tenant: "acme", ID: "me", Role: RoleAdmin}, SelfRead, mine, ErrForbidden},
		{"an operation that is none", all["admin"], "everything", mine, ErrForbidden},
		{"no tenant named", all["admin"], UserRead, Target{Owner: "you"}, nil},
	} {
		if err := Allow(c.who, c.op, c.what, moment); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestScopes(t *testing.T) {
	for op := range Operations() {
		scope := table[op].scope
		for _, has := range Scopes {
			key := Principal{Kind: Service, Behind: RoleAdmin, Tenant: "acme", ID: "key", Scopes: []Scope{has}}
			err := Allow(key, op, Target{Tenant: "acme"}, moment)
			if (err == nil) != (has == scope) {
				t.Errorf("%s with %s: %v", op, has, err)
			}
			var forbidden *ForbiddenError
			if err != nil && (!errors.As(err, &forbidden) || forbidden.Scope != scope || forbidden.Operation != op) {
				t.Errorf("%s with %s: %v", op, has, err)
			}
			if err != nil && scope != "" && !strings.Contains(err.Error(), string(scope)) {
				t.Errorf("%v names no scope", err)
			}
		}
	}
}

func TestFreshness(t *testing.T) {
	for op := range Operations() {
		p := people()["operator"]
		target := Target{Tenant: p.Tenant, Owner: p.ID}
		if !May(p, op, moment) && Allow(p, op, target, moment) != nil {
			continue // not for users
		}
		p.AuthenticatedAt = moment.Add(-freshness)
		if err := Allow(p, op, target, moment); err != nil {
			t.Errorf("%s, proved five minutes ago: %v", op, err)
		}
		for _, at := range []time.Time{moment.Add(-freshness - time.Second), {}} {
			p.AuthenticatedAt = at
			if err := Allow(p, op, target, moment); errors.Is(err, ErrStale) != table[op].fresh {
				t.Errorf("%s, proved at %v: %v", op, at, err)
			}
		}
		// Who may not anyway is not asked to prove anything.
		p.Role = RoleUser
		if err := Allow(p, op, Target{Tenant: p.Tenant, Owner: "you"}, moment); errors.Is(err, ErrStale) {
			t.Errorf("%s by a user: %v", op, err)
		}
	}
}

func TestActor(t *testing.T) {
	for want, p := range map[string]Principal{"": {Kind: Anonymous, ID: "x"}, "user:u": {Kind: User, ID: "u"}, "service:k": {Kind: Service, ID: "k"}, "guest:g": {Kind: Guest, ID: "g"}} {
		if got := p.Actor(); got != want {
			t.Errorf("%+v is %q, want %q", p, got, want)
		}
	}
}
