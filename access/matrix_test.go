package access

import (
	"fmt"
	"strings"
	"testing"
)

// columns of the matrix.
var columns = []string{"anonymous", "guest", "user", "lead", "admin", "operator", "key"}

// farthest is how far away a target of op may be from p, found out by trying.
func farthest(p Principal, op Operation) Reach {
	limit := Never
	for reach, target := range near(p) {
		if reach := Reach(reach); reach != Never && Allow(p, op, target, moment) == nil {
			limit = reach
		}
	}
	return limit
}

func matrix() string {
	var b strings.Builder
	line := func(cells ...any) {
		fmt.Fprintln(&b, strings.TrimRight(fmt.Sprintf("%-18v %-13v %-13v %-13v %-13v %-10v %-11v %-15v %v", cells...), " "))
	}
	cells := []any{"operation"}
	for _, name := range columns {
		cells = append(cells, name)
	}
	line(append(cells, "")...)
	all := people()
	for op := range Operations() {
		cells := []any{op}
		for _, name := range columns[:len(columns)-1] {
			cells = append(cells, farthest(all[name], op))
		}
		key := "-"
		if r := table[op]; r.scope != "" && farthest(all["key"], op) == InTenant {
			key = string(r.scope)
		}
		var marks []string
		if table[op].fresh {
			marks = append(marks, "fresh")
		}
		if table[op].hidden {
			marks = append(marks, "hidden")
		}
		if table[op].ranked {
			marks = append(marks, "ranked")
		}
		line(append(cells, key, strings.Join(marks, " "))...)
	}
	return b.String()
}

// TestMatrix prints who may do what, and how far away, and compares it with what was agreed upon. A department
// administrator is a lead here; for keys it is the scope that they need.
func TestMatrix(t *testing.T) {
	got := matrix()
	t.Log("\n" + got)
	if got == agreed {
		return
	}
	lines, want := strings.Split(got, "\n"), strings.Split(agreed, "\n")
	for i := range max(len(lines), len(want)) {
		if i >= len(lines) || i >= len(want) || lines[i] != want[i] {
			t.Errorf("line %d is not what was agreed upon:\n%s", i+1, strings.Join(append(lines[min(i, len(lines)):min(i+1, len(lines))], want[min(i, len(want)):min(i+1, len(want))]...), "\n"))
		}
	}
}

const agreed = `operation          anonymous     guest         user          lead          admin      operator    key
apikey.edit        -             -             -             -             tenant     tenant      -               fresh
apikey.list        -             -             -             -             tenant     tenant      -
audit.read         -             -             -             -             tenant     tenant      audit:read
department.edit    -             -             -             -             tenant     tenant      users:write
department.list    -             -             tenant        tenant        tenant     tenant      users:read
events.all         -             -             -             -             tenant     tenant      events:read
events.read        -             -             tenant        tenant        tenant     tenant      events:read
meeting.chat       -             -             participating participating tenant     tenant      meetings:read   hidden
meeting.create     -             -             tenant        tenant        tenant     tenant      meetings:write
meeting.delete     -             -             own           own           tenant     tenant      meetings:write
meeting.host       -             -             co-organised  co-organised  tenant     tenant      meetings:write
meeting.invite     -             -             co-organised  co-organised  tenant     tenant      meetings:write
meeting.join       -             participating tenant        tenant        tenant     tenant      -
meeting.list       -             -             tenant        tenant        tenant     tenant      meetings:read
meeting.lookup     tenant        tenant        tenant        tenant        tenant     tenant      meetings:read
meeting.read       -             participating participating participating tenant     tenant      meetings:read   hidden
meeting.update     -             -             co-organised  co-organised  tenant     tenant      meetings:write
room.act           -             -             -             -             tenant     tenant      rooms:write
room.list          -             -             -             -             tenant     tenant      rooms:read
room.token         -             -             -             -             -          -           rooms:write
self.calendars     -             -             own           own           own        own         -
self.password      -             -             own           own           own        own         -
self.read          -             -             own           own           own        own         -
self.security      -             -             own           own           own        own         -               fresh
self.sessions      -             -             own           own           own        own         -
self.update        -             -             own           own           own        own         -
session.create     tenant        tenant        tenant        tenant        tenant     tenant      -
settings.edit      -             -             -             -             tenant     tenant      settings:write
settings.read      -             -             tenant        tenant        tenant     tenant      settings:write
settings.security  -             -             -             -             tenant     tenant      -               fresh
tenant.edit        -             -             -             -             -          everywhere  -               fresh
tenant.list        -             -             -             -             -          everywhere  -
user.card          -             participating tenant        tenant        tenant     tenant      users:read      hidden
user.create        -             -             -             department    tenant     tenant      users:write
user.delete        -             -             -             department    tenant     tenant      users:write     ranked
user.list          -             -             tenant        tenant        tenant     tenant      users:read
user.picture       tenant        tenant        tenant        tenant        tenant     tenant      users:read
user.read          -             -             own           shared        tenant     tenant      users:read
user.reset         -             -             -             department    tenant     tenant      -               fresh ranked
user.role          -             -             -             -             tenant     tenant      -               fresh
user.update        -             -             -             department    tenant     tenant      users:write     ranked
webhook.edit       -             -             -             -             tenant     tenant      webhooks:write
webhook.list       -             -             -             -             tenant     tenant      webhooks:write
`
