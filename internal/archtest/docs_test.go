package archtest

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	link     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	codeSpan = regexp.MustCompile("`([^`\n]+)`")
	ourPath  = regexp.MustCompile(`^(cmd|sfu|access|signaling|web|configs|internal|e2e|docs|scripts|\.ci)/[A-Za-z0-9_./-]*$`)
)

// madeByBuild are paths that documents name and a fresh clone does not hold.
var madeByBuild = []string{"web/dist", "web/node_modules", "e2e/out", "e2e/node_modules"}

// TestDocumentsNameWhatExists checks the links of every document and the paths
// of the tree that it names in code spans.
func TestDocumentsNameWhatExists(t *testing.T) {
	checked := 0
	walk(t, func(file string) {
		if !strings.HasSuffix(file, ".md") {
			return
		}
		source, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatalf("read %s: %v", file, err)
		}
		for number, line := range strings.Split(string(source), "\n") {
			for _, m := range link.FindAllStringSubmatch(line, -1) {
				target, _, _ := strings.Cut(m[1], "#")
				if target == "" || strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
					continue
				}
				checked++
				if !exists(path.Join(path.Dir(file), target)) {
					t.Errorf("%s:%d: dead link %s", file, number+1, m[1])
				}
			}
			for _, m := range codeSpan.FindAllStringSubmatch(line, -1) {
				name, _, _ := strings.Cut(m[1], ":")
				if !ourPath.MatchString(name) || prefixed(strings.TrimSuffix(name, "/"), madeByBuild) {
					continue
				}
				checked++
				if !exists(name) {
					t.Errorf("%s:%d: names %s, which does not exist", file, number+1, m[1])
				}
			}
		}
	})
	if checked < 10 {
		t.Errorf("only %d links and paths found: the test looks in the wrong place", checked)
	}
}

func exists(name string) bool {
	_, err := os.Stat(filepath.Join(root, filepath.FromSlash(name)))
	return err == nil
}

// TestReadmeIsShort: it says what this is and how to start; the rest is docs/.
func TestReadmeIsShort(t *testing.T) {
	source, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(string(source), "\n"); lines > 100 {
		t.Errorf("README.md has %d lines, more than 100", lines)
	}
}
