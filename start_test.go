package whosekey_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// TestStart keeps regular expressions out of what is done before main: each run of a
// hook would wait for all of them. internal/lazy and sync.OnceValue compile them when
// they are used.
func TestStart(t *testing.T) {
	files := token.NewFileSet()
	eachGoFile(t, func(name, text string) {
		if strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "scripts") {
			return
		}
		f, err := parser.ParseFile(files, name, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.VAR {
				ast.Inspect(g, func(n ast.Node) bool { return !compiles(t, files, n) })
			}
		}
	})
}

// compiles complains of a node that is the compilation of an expression. It is true
// of what is not done before main, so that nobody looks into it.
func compiles(t *testing.T, files *token.FileSet, n ast.Node) bool {
	switch n := n.(type) {
	case *ast.FuncLit:
		return true
	case *ast.CallExpr:
		if lit, ok := n.Fun.(*ast.FuncLit); ok { // var x = func() T { ... }()
			ast.Inspect(lit.Body, func(n ast.Node) bool { return !compiles(t, files, n) })
		}
		if s, ok := n.Fun.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "regexp" && strings.HasPrefix(s.Sel.Name, "MustCompile") {
				t.Errorf("%s: compiled at each start", files.Position(n.Pos()))
			}
		}
	}
	return false
}
