package accounts

import (
	"errors"
	"strings"
	"testing"
	"time"

	"switchyard/access"
)

func TestUpdateTenant(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		other := r.tenant("other")
		operator := r.fresh(r.admin)
		name, long, blank, no := "Another", strings.Repeat("x", 101), " ", false
		for what, bad := range map[string]TenantChange{"too long": {Name: &long}, "blank": {Name: &blank}} {
			if _, err := r.UpdateTenant(t.Context(), operator, other.Tenant, bad, 0); !isFault(err, "name") {
				t.Errorf("%s: %v", what, err)
			}
		}
		for _, id := range []string{"nobody's", "\x00", strings.Repeat("x", 1000)} {
			if _, err := r.UpdateTenant(t.Context(), operator, id, TenantChange{Name: &name}, 0); !errors.Is(err, access.ErrNotFound) {
				t.Errorf("%.20q: %v", id, err)
			}
		}
		if _, err := r.UpdateTenant(t.Context(), operator, access.DefaultTenant, TenantChange{Active: &no}, 0); !isFault(err, "active") {
			t.Errorf("the operator's own: %v", err)
		}
		stale := operator
		stale.AuthenticatedAt = r.now().Add(-time.Hour)
		if _, err := r.UpdateTenant(t.Context(), stale, other.Tenant, TenantChange{Name: &name}, 0); !errors.Is(err, access.ErrStale) {
			t.Errorf("without a fresh proof: %v", err)
		}
		first, err := r.UpdateTenant(t.Context(), operator, other.Tenant, TenantChange{Name: &name}, 1)
		if err != nil || first.Name != name || first.Version != 2 || !first.Active {
			t.Fatalf("%+v, %v", first, err)
		}
		if _, err := r.UpdateTenant(t.Context(), operator, other.Tenant, TenantChange{Active: &no}, 1); !errors.Is(err, ErrVersion) {
			t.Errorf("by an old version: %v", err)
		}
		same, err := r.UpdateTenant(t.Context(), operator, other.Tenant, TenantChange{Name: &name}, 2)
		if err != nil || same != first {
			t.Errorf("nothing new: %+v, %v", same, err)
		}
		told := r.events(other.Tenant, "tenant.updated")
		if len(told) != 1 || field(t, told[0], "name") != name || told[0].Audience.Everybody || told[0].Subject != "tenant:"+other.Tenant {
			t.Errorf("told: %+v", told)
		}
		entries, err := r.AuditLog(t.Context(), other, "", 50)
		if err != nil || len(entries) != 1 || entries[0].Action != string(access.TenantEdit) || entries[0].Address != "" {
			t.Errorf("the organisation reads %+v, %v", entries, err)
		}
	})
}
