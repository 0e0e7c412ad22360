package access

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// makers of a key, by what they are now.
var makers = []Role{RoleAdmin, RoleDepartmentAdmin, RoleUser, "", "king"}

// TestKeysOfFormerAdministrators: a key with all scopes does what its scopes say while its maker may make keys, and nothing otherwise.
func TestKeysOfFormerAdministrators(t *testing.T) {
	var got strings.Builder
	for _, maker := range makers {
		key := Principal{Kind: Service, Tenant: "acme", ID: "key", Scopes: Scopes, MadeBy: "you", Behind: maker}
		done, refused := 0, 0
		for op := range Operations() {
			switch err := Allow(key, op, Target{Tenant: "acme"}, moment); {
			case err == nil:
				done++
			case errors.Is(err, ErrUnauthenticated):
				refused++
			}
		}
		fmt.Fprintf(&got, "%q %v %v\n", maker, done > 0, refused > 0)
	}
	const want = `"admin" true false
"department_admin" false true
"user" false true
"" false true
"king" false true
`
	if got.String() != want {
		t.Errorf("maker, does something, is nobody:\n%swant\n%s", got.String(), want)
	}
}

// TestRank: power over an account ends below one's own rank, for all but administrators.
func TestRank(t *testing.T) {
	all := people()
	for _, c := range []struct {
		who  string
		rank Role
		may  bool
	}{
		{"lead", RoleUser, true}, {"lead", RoleDepartmentAdmin, false}, {"lead", RoleAdmin, false},
		{"key", RoleUser, true}, {"key", RoleDepartmentAdmin, false}, {"key", RoleAdmin, false},
		{"admin", RoleUser, true}, {"admin", RoleDepartmentAdmin, true}, {"admin", RoleAdmin, true},
	} {
		target := Target{Tenant: "acme", Owner: "you", Departments: []string{"sales"}, Rank: c.rank}
		for op, r := range table {
			if !r.ranked || c.who == "key" && r.scope == "" {
				continue
			}
			if err := Allow(all[c.who], op, target, moment); (err == nil) != c.may {
				t.Errorf("%s by a %s to a %s: %v", op, c.who, c.rank, err)
			}
		}
	}
}
