package access

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Errors of Allow. ErrNotFound is also what a service returns when there is no such
// thing, so that nobody learns what other tenants have.
var (
	ErrUnauthenticated = errors.New("nobody has signed in")
	ErrNotFound        = errors.New("there is no such thing")
	ErrForbidden       = errors.New("that is not allowed")
	ErrStale           = errors.New("prove again who you are")
)

// ForbiddenError is ErrForbidden with what was refused.
type ForbiddenError struct {
	Operation Operation
	Scope     Scope // that an API key would need
}

func (e *ForbiddenError) Error() string {
	if e.Scope != "" {
		return fmt.Sprintf("%v: %s needs the scope %s", ErrForbidden, e.Operation, e.Scope)
	}
	return fmt.Sprintf("%v: %s", ErrForbidden, e.Operation)
}

// Is makes it an ErrForbidden.
func (e *ForbiddenError) Is(target error) bool { return target == ErrForbidden }

// Allow decides whether p may do op to t at now. It is the only place where that is decided.
// ErrUnauthenticated, ErrNotFound, a *ForbiddenError or ErrStale.
func Allow(p Principal, op Operation, t Target, now time.Time) error {
	r, known := table[op]
	if !known {
		return &ForbiddenError{Operation: op}
	}
	if t.Tenant == "" {
		t.Tenant = p.Tenant
	}
	may := r.reachOf(p)
	near := p.reach(t)
	switch {
	case p.Kind == Service && !p.Backed():
		return ErrUnauthenticated
	case may == Never && (p.Kind == Anonymous || p.Kind == ""):
		return ErrUnauthenticated
	case near == Everywhere && may != Everywhere:
		return ErrNotFound
	case may == Never && p.Kind == Service:
		return &ForbiddenError{Operation: op, Scope: r.scope}
	case r.ranked && p.outranked(t):
		return &ForbiddenError{Operation: op}
	case near > may:
		if r.hidden {
			return ErrNotFound
		}
		return &ForbiddenError{Operation: op}
	case r.fresh && p.Kind == User && now.Sub(p.AuthenticatedAt) > freshness:
		return ErrStale
	}
	return nil
}

// May is Allow for a target in p's own tenant that has no owner, as a yes or no.
func May(p Principal, op Operation, now time.Time) bool {
	return Allow(p, op, Target{Tenant: p.Tenant}, now) == nil
}

func (r rule) reachOf(p Principal) Reach {
	switch p.Kind {
	case Service:
		if r.scope != "" && slices.Contains(p.Scopes, r.scope) {
			return InTenant
		}
		return Never
	case Guest:
		return r.guest
	case User:
		if p.Operator() && r.operator > r.admin {
			return r.operator
		}
		return r.ofRole(p.Role)
	}
	return r.anonymous
}

func (r rule) ofRole(role Role) Reach {
	switch role {
	case RoleAdmin:
		return r.admin
	case RoleDepartmentAdmin:
		return r.departmentAdmin
	case RoleUser:
		return r.user
	}
	return Never
}
