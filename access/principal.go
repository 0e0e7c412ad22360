package access

import (
	"slices"
	"time"
)

// Kind says what sort of principal acts.
type Kind string

// The kinds.
const (
	Anonymous Kind = "anonymous" // nobody has signed in
	Guest     Kind = "guest"     // was invited to one meeting
	User      Kind = "user"      // has an account
	Service   Kind = "service"   // has an API key
)

// Role is what a user is in its tenant.
type Role string

// The roles of users.
const (
	RoleUser            Role = "user"
	RoleDepartmentAdmin Role = "department_admin" // looks after the people of its departments
	RoleAdmin           Role = "admin"            // looks after the tenant
)

// Roles are all of them, the weakest first.
var Roles = []Role{RoleUser, RoleDepartmentAdmin, RoleAdmin}

// DefaultTenant is there from the start. Its administrators look after the appliance.
const DefaultTenant = "default"

// freshness is for how long a proof of who somebody is counts as fresh.
const freshness = 5 * time.Minute

// Principal is who acts. The zero Principal is anonymous.
type Principal struct {
	Kind            Kind
	Tenant          string
	ID              string // of the user, guest or API key
	Name            string // shown
	Role            Role   // of a user
	Departments     []string
	Scopes          []Scope   // of a service
	MadeBy          string    // of a service: the user who made its key
	Behind          Role      // of a service: what that user is now; "" if it is not active or gone
	Meeting         string    // of a guest: the one meeting it was invited to
	Session         string    // id of the session it signed in with
	AuthenticatedAt time.Time // when it last proved who it is
}

// Actor is how events and the audit log name it: kind:id.
func (p Principal) Actor() string {
	if p.Kind == Anonymous || p.Kind == "" {
		return ""
	}
	return string(p.Kind) + ":" + p.ID
}

// Operator reports whether p looks after the appliance, not only a tenant of it.
func (p Principal) Operator() bool {
	return p.Kind == User && p.Role == RoleAdmin && p.Tenant == DefaultTenant
}

// Target is what an operation is about.
type Target struct {
	Tenant       string
	Owner        string   // user who owns it, or is it
	CoOrganisers []string // users who may do nearly all that the owner may
	Participants []string // users and guests who take part
	Departments  []string // that it belongs to
	Rank         Role     // of a user that it is
	Everybody    bool     // everyone in the tenant takes part: a public meeting
}

// Reach says how near a target has to be to a principal. Nearer ones are included.
type Reach int

// From nothing to everything.
const (
	Never Reach = iota
	Owned
	CoOrganised
	Participating
	InDepartment      // all of its departments are the principal's
	SharingDepartment // one of them is
	InTenant
	Everywhere // in other tenants too
)

func (r Reach) String() string {
	return [...]string{"-", "own", "co-organised", "participating", "department", "shared", "tenant", "everywhere"}[r]
}

// reach is how near t is to p.
func (p Principal) reach(t Target) Reach {
	switch {
	case t.Tenant != p.Tenant:
		return Everywhere
	case p.ID != "" && t.Owner == p.ID && p.Kind == User:
		return Owned
	case p.Kind == User && slices.Contains(t.CoOrganisers, p.ID):
		return CoOrganised
	case p.Kind == User && (t.Everybody || slices.Contains(t.Participants, p.ID)):
		return Participating
	case p.Kind == Guest && slices.Contains(t.Participants, p.ID):
		return Participating
	}
	shared := 0
	for _, d := range t.Departments {
		if slices.Contains(p.Departments, d) {
			shared++
		}
	}
	switch {
	case shared == 0:
		return InTenant
	case shared < len(t.Departments):
		return SharingDepartment
	}
	return InDepartment
}

// outranked reports whether t is a user with more than an ordinary role and p none who looks after all of the tenant: power over
// somebody's account would make p as mighty.
func (p Principal) outranked(t Target) bool {
	return t.Rank != "" && t.Rank != RoleUser && (p.Kind != User || p.Role != RoleAdmin)
}

// Backed reports whether who made a service's key might still make it. A key belongs to the tenant, but who lost the right to let
// others in must not stay in by what it made before.
func (p Principal) Backed() bool { return table[KeyEdit].ofRole(p.Behind) >= InTenant }
