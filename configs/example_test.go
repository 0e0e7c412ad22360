package configs

import (
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// TestExampleIsTheDefaults keeps the commented file true: reading it over a
// configuration in which everything differs must give the defaults.
func TestExampleIsTheDefaults(t *testing.T) {
	want := Default()
	var got Config
	if err := decode(&got, "example", []byte(Example)); err != nil {
		t.Fatalf("the example does not load: %v", err)
	}
	wanted := leaves(reflect.ValueOf(want), "")
	for i, leaf := range leaves(reflect.ValueOf(got), "") {
		have, want := leaf.value.Interface(), wanted[i].value.Interface()
		if leaf.value.Kind() == reflect.Slice && leaf.value.Len() == 0 && wanted[i].value.Len() == 0 {
			continue
		}
		if !reflect.DeepEqual(have, want) {
			t.Errorf("%s is %v in the example and %v by default", leaf.path, have, want)
		}
	}
	if err := got.Validate(); err != nil {
		t.Errorf("the example is not valid: %v", err)
	}
}

// TestExampleNamesEveryKey: a key at its zero value would be missed above.
func TestExampleNamesEveryKey(t *testing.T) {
	line := regexp.MustCompile(`(?m)^( *)([a-z_0-9]+):`)
	named := map[string]bool{}
	var path []string
	for _, m := range line.FindAllStringSubmatch(Example, -1) {
		depth := len(m[1]) / 2
		path = append(path[:depth], m[2])
		named[strings.Join(path, ".")] = true
	}
	for _, leaf := range leaves(reflect.ValueOf(Default()), "") {
		if !named[leaf.path] {
			t.Errorf("%s is not in the example", leaf.path)
		}
	}
}

// TestExampleExplains: every section or key group has a comment near it.
func TestExampleExplains(t *testing.T) {
	if lines, comments := strings.Count(Example, "\n"), strings.Count(Example, "#"); comments*3 < lines {
		t.Errorf("%d comments in %d lines", comments, lines)
	}
}
