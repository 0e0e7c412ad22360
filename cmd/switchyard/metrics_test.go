package main

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/configs"
)

// TestMetricsAreDocumented: every metric of ours that the assembled program
// registers has a row in docs/operations.md, and every row a metric.
func TestMetricsAreDocumented(t *testing.T) {
	cfg := configs.Default()
	cfg.Data = t.TempDir()
	h := buildHouse(t, cfg)
	described := make(chan *prometheus.Desc)
	go func() {
		h.registry.Describe(described)
		close(described)
	}()
	name := regexp.MustCompile(`fqName: "(switchyard_[a-z0-9_]+)"`)
	var registered []string
	for desc := range described {
		if m := name.FindStringSubmatch(desc.String()); m != nil {
			registered = append(registered, m[1])
		}
	}
	if len(registered) < 5 {
		t.Fatalf("only %v registered: the test looks in the wrong place", registered)
	}
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, m := range regexp.MustCompile("(?m)^\\| `(switchyard_[a-z0-9_]+)`").FindAllSubmatch(text, -1) {
		rows = append(rows, string(m[1]))
	}
	for _, m := range registered {
		if !slices.Contains(rows, m) {
			t.Errorf("%s has no row in docs/operations.md", m)
		}
	}
	for _, m := range rows {
		if !slices.Contains(registered, m) {
			t.Errorf("docs/operations.md has a row for %s, which is not registered", m)
		}
	}
}
