package controlapi

import (
	"net/http"
	"testing"

	"golang.org/x/time/rate"

	"switchyard/access"
	"switchyard/services/accounts"
	"switchyard/services/meetings"
)

// cast are callers of every kind.
func (r *rig) cast(t testing.TB) []*client {
	t.Helper()
	return []*client{
		r.stranger(t), r.user(t, "Uma", access.RoleUser), r.user(t, "Dan", access.RoleDepartmentAdmin),
		r.user(t, "Amy", access.RoleAdmin), r.service(t, access.Scopes...), r.service(t, access.ScopeEventsRead),
	}
}

// ids are of things that exist.
func (r *rig) ids(t testing.TB) []string {
	t.Helper()
	var d accounts.Department
	r.admin.must(http.StatusCreated, "POST", "/departments", `{"name":"Things"}`, &d)
	var m meetings.Meeting
	r.settle(t)
	r.admin.must(http.StatusCreated, "POST", "/meetings", `{"kind":"scheduled","subject":"Weekly","start_local":"2030-03-25T09:00","zone":"Europe/Amsterdam","duration":30,"recurrence":"FREQ=WEEKLY;COUNT=10"}`, &m)
	return []string{r.admin.user.ID, d.ID, m.ID, m.Number, "2030-03-25T09:00", "user-" + r.admin.user.ID}
}

// forget gives everybody a full allowance again.
func (l *limits) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.by = map[string]*rate.Limiter{}
}
