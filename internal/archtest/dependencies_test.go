package archtest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// dependencyRows are the names in the first columns of docs/dependencies.md.
func dependencyRows(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs/dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^\| ([^|]+) \|`).FindAllStringSubmatch(string(text), -1) {
		for name := range strings.SplitSeq(m[1], ", ") {
			rows[strings.TrimSpace(name)] = true
		}
	}
	return rows
}

// TestDependenciesHaveAReason: every module that the program imports and every
// package of the page and the end-to-end tests has a row, and every row of a
// module is imported.
func TestDependenciesHaveAReason(t *testing.T) {
	rows := dependencyRows(t)
	imported := map[string]bool{}
	for _, f := range goFiles(t) {
		for _, spec := range f.syntax.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			if f.test || isTool(f.dir) || under(path, module) || !strings.Contains(strings.SplitN(path, "/", 2)[0], ".") {
				continue
			}
			name, found := rowOf(path, rows)
			if !found {
				t.Errorf("%s imports %s, which has no row in docs/dependencies.md", f.line(spec), path)
			}
			imported[name] = true
		}
	}
	for name := range rows {
		host, _, isPath := strings.Cut(name, "/") // npm's names may have a dot, too
		if isPath && strings.Contains(host, ".") && !imported[name] {
			t.Errorf("docs/dependencies.md has a row for %s, which nothing imports", name)
		}
	}
	for _, folder := range []string{"web", "e2e"} {
		for name := range npmPackages(t, folder) {
			if !rows[name] {
				t.Errorf("%s/package.json has %s, which has no row in docs/dependencies.md", folder, name)
			}
		}
	}
}

// rowOf finds the row of the module that a package belongs to.
func rowOf(path string, rows map[string]bool) (string, bool) {
	for name := path; ; {
		if rows[name] {
			return name, true
		}
		parent, _, found := cutLast(name, "/")
		if !found {
			return "", false
		}
		name = parent
	}
}

func npmPackages(t *testing.T, folder string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, folder, "package.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Dependencies, DevDependencies map[string]string }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatalf("%s/package.json: %v", folder, err)
	}
	all := file.DevDependencies
	for name, version := range file.Dependencies {
		all[name] = version
	}
	return all
}

// TestLockFilesNameNoRegistry: packages come from whatever registry npm is set
// to, so the lock files hold checksums and no addresses.
func TestLockFilesNameNoRegistry(t *testing.T) {
	for _, folder := range []string{"web", "e2e"} {
		text, err := os.ReadFile(filepath.Join(root, folder, "package-lock.json"))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), `"resolved": "http`) {
			t.Errorf("%s/package-lock.json names a registry", folder)
		}
	}
}
