package controlapi

import (
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestVersion: everybody is told which client is old enough, the client in this tree is not too old, and the notes are a page that it has.
func TestVersion(t *testing.T) {
	r := newRig(t, "sqlite")
	var told versionInfo
	r.stranger(t).must(http.StatusOK, "GET", "/version", "", &told)
	if told.MinClient != MinClient || told.Notes != Notes {
		t.Errorf("told %+v", told)
	}
	text, err := os.ReadFile("../web/package.json")
	if err != nil {
		t.Fatal(err)
	}
	var client struct {
		Version string `json:"version"`
	}
	if err := json.Unmarshal(text, &client); err != nil {
		t.Fatal(err)
	}
	if slices.Compare(numbers(t, client.Version), numbers(t, MinClient)) < 0 {
		t.Errorf("the client is %s, and at least %s is needed", client.Version, MinClient)
	}
	routes, err := os.ReadFile("../web/src/pages/Pages.tsx")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(routes), `<Route path="`+Notes+`"`) {
		t.Errorf("the client has no page at %s", Notes)
	}
}

func numbers(t *testing.T, version string) []int {
	t.Helper()
	var all []int
	for part := range strings.SplitSeq(version, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			t.Fatalf("%q is no version: %v", version, err)
		}
		all = append(all, n)
	}
	return all
}
