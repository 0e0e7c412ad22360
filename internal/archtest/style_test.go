package archtest

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/token"
	"strings"
	"testing"
)

func TestGofmt(t *testing.T) {
	for _, f := range goFiles(t) {
		formatted, err := format.Source(f.source)
		if err != nil {
			t.Errorf("%s: %v", f.path, err)
			continue
		}
		if !bytes.Equal(formatted, f.source) {
			t.Errorf("%s is not formatted: gofmt -w %s", f.path, f.path)
		}
	}
}

// maxLines is where a file surely holds more than one idea.
const maxLines = 700

func TestFileSizes(t *testing.T) {
	for _, f := range goFiles(t) {
		if lines := bytes.Count(f.source, []byte("\n")); lines > maxLines {
			t.Errorf("%s has %d lines, more than %d: which idea in it stands on its own?", f.path, lines, maxLines)
		}
	}
}

// wellKnown methods are explained by the interface that they satisfy.
var wellKnown = map[string]bool{
	"String": true, "Error": true, "Unwrap": true, "Is": true, "As": true,
	"MarshalJSON": true, "UnmarshalJSON": true, "MarshalText": true, "UnmarshalText": true,
	"MarshalYAML": true, "UnmarshalYAML": true, "Describe": true, "Collect": true, "LogValue": true,
	"Len": true, "Less": true, "Swap": true, "Push": true, "Pop": true, "ServeHTTP": true,
	"Read": true, "Write": true, "Close": true, "LocalAddr": true, "RemoteAddr": true, "Network": true,
	"SetDeadline": true, "SetReadDeadline": true, "SetWriteDeadline": true, "ReadFrom": true, "WriteTo": true,
}

func TestExportedNamesAreDocumented(t *testing.T) {
	packages := map[string]bool{}
	explained := interfaceMethods(t)
	for _, f := range goFiles(t) {
		if f.test {
			continue
		}
		packages[f.dir] = packages[f.dir] || f.syntax.Doc != nil
		if f.syntax.Name.Name == "main" {
			continue
		}
		for _, decl := range f.syntax.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				method := d.Recv != nil && (wellKnown[d.Name.Name] || explained[f.dir+"."+d.Name.Name])
				if d.Doc == nil && d.Name.IsExported() && exportedReceiver(d) && !method {
					t.Errorf("%s: func %s has no doc comment", f.line(d), d.Name.Name)
				}
			case *ast.GenDecl:
				checkSpecs(t, f, d)
			}
		}
	}
	for dir, documented := range packages {
		if !documented {
			t.Errorf("package %s has no package comment", dir)
		}
	}
}

// interfaceMethods are the methods that a package's own interfaces ask for, as
// "dir.Method": they are explained there.
func interfaceMethods(t *testing.T) map[string]bool {
	methods := map[string]bool{}
	for _, f := range goFiles(t) {
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if x, ok := n.(*ast.InterfaceType); ok && !f.test {
				for _, m := range x.Methods.List {
					for _, name := range m.Names {
						methods[f.dir+"."+name.Name] = true
					}
				}
			}
			return true
		})
	}
	return methods
}

func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return true
	}
	for e := d.Recv.List[0].Type; ; {
		switch x := e.(type) {
		case *ast.StarExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return false
		}
	}
}

// checkSpecs: a comment on the group speaks for its members, one at the end of
// the line for that line.
func checkSpecs(t *testing.T, f *goFile, d *ast.GenDecl) {
	if d.Tok == token.IMPORT || d.Doc != nil {
		return
	}
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() && s.Doc == nil && s.Comment == nil {
				t.Errorf("%s: type %s has no doc comment", f.line(s), s.Name.Name)
			}
		case *ast.ValueSpec:
			for _, name := range s.Names {
				if name.IsExported() && s.Doc == nil && s.Comment == nil {
					t.Errorf("%s: %s has no doc comment", f.line(s), name.Name)
				}
			}
		}
	}
}

// marks are words that say that something is not done.
var marks = []string{"TO" + "DO", "FIX" + "ME", "XX" + "X:", "HA" + "CK"}

func TestNothingIsLeftUndone(t *testing.T) {
	for _, f := range goFiles(t) {
		for _, group := range f.syntax.Comments {
			for _, mark := range marks {
				if strings.Contains(group.Text(), mark) {
					t.Errorf("%s: a comment says %s: do it, or say in the issue that it is not done", f.line(group), mark)
				}
			}
		}
	}
}
