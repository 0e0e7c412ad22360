package archtest

import (
	"go/ast"
	"testing"
)

// forbidden names and the reason. They are allowed in commands and in tests.
var forbidden = map[string]string{
	"context.Background":           "lifetimes come from the caller (it may be given a time limit on the spot)",
	"context.TODO":                 "lifetimes come from the caller",
	"slog.Default":                 "the logger is injected",
	"slog.SetDefault":              "the logger is injected",
	"slog.Info":                    "the logger is injected",
	"slog.Warn":                    "the logger is injected",
	"slog.Error":                   "the logger is injected",
	"slog.Debug":                   "the logger is injected",
	"log.Printf":                   "the logger is injected",
	"log.Println":                  "the logger is injected",
	"fmt.Println":                  "the logger is injected",
	"fmt.Printf":                   "the logger is injected",
	"log.Fatal":                    "return the error",
	"log.Fatalf":                   "return the error",
	"os.Exit":                      "return the error",
	"os.Getenv":                    "configuration comes through configs",
	"signal.Notify":                "signals are handled in cmd",
	"signal.NotifyContext":         "signals are handled in cmd",
	"http.Handle":                  "there is one ServeMux, made in cmd",
	"http.HandleFunc":              "there is one ServeMux, made in cmd",
	"http.DefaultServeMux":         "there is one ServeMux, made in cmd",
	"http.ListenAndServe":          "cmd opens the listeners",
	"http.DefaultClient":           "it has no time limit",
	"http.Get":                     "it has no time limit",
	"http.Post":                    "it has no time limit",
	"prometheus.MustRegister":      "the registerer is injected",
	"prometheus.Register":          "the registerer is injected",
	"prometheus.DefaultRegisterer": "the registerer is injected",
	"prometheus.DefaultGatherer":   "the registerer is injected",
	"promauto.NewCounter":          "the registerer is injected",
	"promauto.NewCounterVec":       "the registerer is injected",
	"promauto.NewGauge":            "the registerer is injected",
	"promauto.NewHistogram":        "the registerer is injected",
}

func TestHabits(t *testing.T) {
	for _, f := range goFiles(t) {
		inCmd := under(f.dir, "cmd") || isTool(f.dir)
		limited := map[ast.Expr]bool{} // arguments of context.WithTimeout
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			switch x := n.(type) {
			case *ast.CallExpr:
				if sel, ok := x.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "WithTimeout" {
					if background, ok := x.Args[0].(*ast.CallExpr); ok {
						limited[background.Fun] = true
					}
				}
			case *ast.FuncDecl:
				if x.Recv == nil && x.Name.Name == "init" {
					t.Errorf("%s: func init: wiring is read in cmd, not found by import", f.line(x))
				}
			case *ast.SelectorExpr:
				pkg, ok := x.X.(*ast.Ident)
				if !ok {
					break
				}
				name := pkg.Name + "." + x.Sel.Name
				if reason := forbidden[name]; reason != "" && !f.test && !inCmd && !limited[x] {
					t.Errorf("%s: %s: %s", f.line(x), name, reason)
				}
				if f.test && pkg.Name == "t" && (x.Sel.Name == "Skip" || x.Sel.Name == "Skipf" || x.Sel.Name == "SkipNow") {
					t.Errorf("%s: a test that is skipped tests nothing", f.line(x))
				}
			case *ast.StructType:
				for _, field := range x.Fields.List {
					sel, ok := field.Type.(*ast.SelectorExpr)
					if !ok || f.test {
						continue
					}
					if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == "context" && sel.Sel.Name == "Context" {
						t.Errorf("%s: a context in a struct: pass it to the call that it limits", f.line(field))
					}
				}
			}
			return true
		})
	}
}
