package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const module = "switchyard"

// root is the module's directory, seen from this package's.
const root = "../.."

// goFile is one parsed source file of the module.
type goFile struct {
	path   string // from the root, with slashes
	dir    string // package directory from the root
	test   bool
	source []byte
	syntax *ast.File
	set    *token.FileSet
}

// line is where a node begins, as an editor understands it.
func (f *goFile) line(n ast.Node) string {
	pos := f.set.Position(n.Pos())
	return f.path + ":" + strconv.Itoa(pos.Line)
}

// skipped are directories that hold nothing of ours.
func skipped(name string) bool {
	switch name {
	case "node_modules", "testdata", "dist", "bin", "data", "out":
		return true
	}
	return strings.HasPrefix(name, ".") && name != "." && name != ".." && name != ".ci"
}

// walk calls visit with every file of the tree that is ours.
func walk(t *testing.T, visit func(path string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			if os.IsNotExist(err) {
				return nil // a temporary file of somebody who builds meanwhile
			}
			return err
		}
		if d.IsDir() {
			if path != root && skipped(d.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		visit(filepath.ToSlash(rel))
		return nil
	})
	if err != nil {
		t.Fatalf("walk the tree: %v", err)
	}
}

var parsed = sync.OnceValues(func() ([]*goFile, error) {
	var files []*goFile
	set := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if path != root && skipped(d.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		syntax, err := parser.ParseFile(set, rel, source, parser.ParseComments)
		if err != nil {
			return err
		}
		dir, _, _ := cutLast(rel, "/")
		files = append(files, &goFile{rel, dir, strings.HasSuffix(rel, "_test.go"), source, syntax, set})
		return nil
	})
	return files, err
})

// goFiles returns every Go file of the module, parsed once.
func goFiles(t *testing.T) []*goFile {
	t.Helper()
	files, err := parsed()
	if err != nil {
		t.Fatalf("parse the tree: %v", err)
	}
	if len(files) < 10 {
		t.Fatalf("only %d Go files found under %s: the test looks in the wrong place", len(files), root)
	}
	return files
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return "", s, false
}
