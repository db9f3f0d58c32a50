package iac

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// ours and theirs write down what a parser makes of a text: attributes with the two
// first names of what
// they refer to, blocks with their labels.
func ours(b *body, indent string) string {
	var out strings.Builder
	slices.SortFunc(b.attrs, func(x, y *attribute) int { return strings.Compare(x.name, y.name) })
	for _, a := range b.attrs {
		refs := map[string]bool{}
		a.value.walk(func(e *expr) {
			if e.kind == traversalExpr && len(e.names) > 1 {
				refs[strings.Join(e.names[:2], ".")] = true
			}
		})
		fmt.Fprintf(&out, "%s%s %d %v\n", indent, a.name, a.line, slices.Sorted(maps.Keys(refs)))
	}
	for _, n := range b.blocks {
		fmt.Fprintf(&out, "%s%s %q %d-%d\n%s", indent, n.kind, n.labels, n.line, n.end, ours(&n.body, indent+" "))
	}
	return out.String()
}

func theirs(b *hclsyntax.Body, indent string) string {
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(b.Attributes)) {
		refs := map[string]bool{}
		hclsyntax.VisitAll(b.Attributes[name].Expr, func(n hclsyntax.Node) (none hcl.Diagnostics) {
			if t, ok := n.(*hclsyntax.ScopeTraversalExpr); ok {
				var names []string
				for _, part := range t.Traversal {
					switch p := part.(type) {
					case hcl.TraverseRoot:
						names = append(names, p.Name)
					case hcl.TraverseAttr:
						names = append(names, p.Name)
					}
				}
				if len(names) > 1 {
					refs[strings.Join(names[:2], ".")] = true
				}
			}
			return none
		})
		fmt.Fprintf(&out, "%s%s %d %v\n", indent, name, b.Attributes[name].NameRange.Start.Line, slices.Sorted(maps.Keys(refs)))
	}
	for _, n := range b.Blocks {
		fmt.Fprintf(&out, "%s%s %q %d-%d\n%s", indent, n.Type, n.Labels, n.TypeRange.Start.Line, n.CloseBraceRange.Start.Line, theirs(n.Body, indent+" "))
	}
	return out.String()
}

func compare(t *testing.T, name string, text []byte) {
	t.Helper()
	got, err := parseHCL(name, text)
	file, diags := hclsyntax.ParseConfig(text, name, hcl.InitialPos)
	if diags.HasErrors() {
		return
	}
	if err != nil {
		t.Errorf("%s: %v, but it is HCL", name, err)
	}
	if diff := cmp.Diff(strings.Split(theirs(file.Body.(*hclsyntax.Body), ""), "\n"), strings.Split(ours(got, ""), "\n")); diff != "" {
		t.Errorf("%s (-theirs +ours)\n%s", name, diff)
	}
}

// deep reports whether tokens may nest too much for HashiCorp's parser, or
// for ours.
func deep(tokens hclsyntax.Tokens) bool {
	n := 0
	for _, t := range tokens {
		switch t.Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc, hclsyntax.TokenTemplateInterp,
			hclsyntax.TokenBang, hclsyntax.TokenMinus, hclsyntax.TokenQuestion:
			n++
		}
	}
	return n > maxNesting*9/10
}

// TestParser compares with the parser of HashiCorp; HCL_FILES is a folder of
// more files.
func TestParser(t *testing.T) {
	for _, name := range []string{"payments", "modules", "traps"} {
		for path, text := range load(t, name).files {
			if strings.HasSuffix(path, ".tf") {
				compare(t, path, []byte(text))
			}
		}
	}
	if dir := os.Getenv("HCL_FILES"); dir != "" {
		n := 0
		filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".tf") {
				if text, err := os.ReadFile(path); err == nil {
					compare(t, path, text)
					n++
				}
			}
			return nil
		})
		t.Log(n, "files")
	}
}

func FuzzHCL(f *testing.F) {
	for _, name := range []string{"payments", "modules", "traps"} {
		for path, text := range load(f, name).files {
			if strings.HasSuffix(path, ".tf") {
				f.Add(text)
			}
		}
	}
	f.Add("a = [for x in y.z : x.w if x.v]\nb = { for k, v in m.n : k => v... }\nc = <<-EOT\n  ${d.e}%{ if f.g }x%{ endif }\nEOT\nh = i.j[k.l].m.*.n[*].o\np = q.r ? -s.t : !(u.v)\n")
	f.Fuzz(func(t *testing.T, text string) {
		// Which letters of other scripts may be in names is the business of Unicode.
		if strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && r != '\t' && (r < ' ' || r > '~') }) {
			return
		}
		if tokens, _ := hclsyntax.LexConfig([]byte(text), "", hcl.InitialPos); !deep(tokens) {
			compare(t, "f.tf", []byte(text))
		}
	})
}
