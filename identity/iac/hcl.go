package iac

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Bounds of HCL. The syntax tree of a file takes some thirty times its size.
const (
	maxHCL    = 2 << 20 // bytes of a file
	maxFolder = 8 << 20 // bytes of a folder's files
	// maxNesting is how deep expressions may be: the parser is recursive, and a
	// stack that is used up ends the program.
	maxNesting = 200
)

// parseHCL parses a file as far as it can be: with an error there may still be a
// body. The error says the line, and nothing of the text.
func parseHCL(path string, data []byte) (*hclsyntax.Body, error) {
	if len(data) > maxHCL {
		return nil, fmt.Errorf("more than %d MB", maxHCL>>20)
	}
	tokens, _ := hclsyntax.LexConfig(data, path, hcl.InitialPos)
	if deep(tokens) {
		return nil, errors.New("nested too deeply")
	}
	file, diags := hclsyntax.ParseConfig(data, path, hcl.InitialPos)
	var err error
	if diags.HasErrors() {
		err = errors.New("a syntax error")
		if d := diags[0]; d.Subject != nil {
			err = fmt.Errorf("line %d: a syntax error", d.Subject.Start.Line)
		}
	}
	if file == nil {
		return nil, err
	}
	body, _ := file.Body.(*hclsyntax.Body)
	return body, err
}

// deep reports whether tokens nest more than maxNesting levels. Signs before a
// value and conditions nest too; they end with the line.
func deep(tokens hclsyntax.Tokens) bool {
	open, line := 0, 0
	for _, t := range tokens {
		switch t.Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc,
			hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			open++
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc,
			hclsyntax.TokenTemplateSeqEnd:
			open = max(0, open-1)
		case hclsyntax.TokenBang, hclsyntax.TokenMinus, hclsyntax.TokenQuestion:
			line++
		case hclsyntax.TokenNewline:
			// Within brackets a new line ends nothing.
			if open == 0 {
				line = 0
			}
		}
		// A new line within a block ends an attribute, but not one within
		// parentheses: the signs of a whole block are few.
		if open > maxNesting || line > 10*maxNesting {
			return true
		}
	}
	return false
}

// scope is what the expressions of a folder may refer to.
type scope struct {
	folder   string
	values   map[string]hclsyntax.Expression // "var.x" (its default), "local.x", "google_service_account.x/account_id"
	sources  map[string]string               // module call -> folder of its source
	steps    int                             // left
	provider map[string]string               // "google" -> project
}

// maxEval bounds the steps of all expressions of a folder: locals that refer to
// each other twice each double at every level.
const maxEval = 200_000

// settled evaluates an expression with the defaults of variables.
func (s *scope) settled(e hclsyntax.Expression) (string, bool) {
	v, ok := s.text(e, 0)
	v = settle(v)
	return v, ok && !hasVariable(v)
}

// text evaluates an expression to a string. A variable is "\x00name\x00", or
// "\x00name\x01default\x00", to be filled in by who calls the module.
func (s *scope) text(e hclsyntax.Expression, depth int) (string, bool) {
	if s.steps--; s.steps < 0 || depth > 12 || e == nil {
		return "", false
	}
	out, ok := "", false
	switch e := e.(type) {
	case *hclsyntax.LiteralValueExpr:
		out, ok = literal(e)
	case *hclsyntax.TemplateExpr:
		var b strings.Builder
		for _, p := range e.Parts {
			t, ok := s.text(p, depth+1)
			if !ok || b.Len()+len(t) > maxText {
				return "", false
			}
			b.WriteString(t)
		}
		out, ok = b.String(), true
	case *hclsyntax.TemplateWrapExpr:
		out, ok = s.text(e.Wrapped, depth+1)
	case *hclsyntax.ParenthesesExpr:
		out, ok = s.text(e.Expression, depth+1)
	case *hclsyntax.ObjectConsKeyExpr:
		if out = hcl.ExprAsKeyword(e); out != "" {
			return out, true
		}
		out, ok = s.text(e.Wrapped, depth+1)
	case *hclsyntax.ScopeTraversalExpr:
		out, ok = s.traversal(e.Traversal, depth)
	case *hclsyntax.FunctionCallExpr:
		out, ok = s.call(e, depth)
	}
	return out, ok && len(out) <= maxText
}

func literal(e *hclsyntax.LiteralValueExpr) (string, bool) {
	v := e.Val
	if v.IsNull() || !v.IsKnown() || !v.Type().IsPrimitiveType() {
		return "", false
	}
	switch v.Type().FriendlyName() {
	case "string":
		return v.AsString(), true
	case "number":
		return v.AsBigFloat().Text('f', -1), true
	}
	return "", false
}

// traversal evaluates var.x, local.x and attributes of resources that the same
// folder gives a value.
func (s *scope) traversal(t hcl.Traversal, depth int) (string, bool) {
	parts := steps(t)
	if len(parts) < 2 {
		return "", false
	}
	switch head := parts[0] + "." + parts[1]; parts[0] {
	case "var":
		if e := s.values[head]; e != nil && len(parts) == 2 {
			if v, ok := s.text(e, depth+1); ok && !hasVariable(v) {
				return "\x00" + parts[1] + "\x01" + v + "\x00", true
			}
		}
		return "\x00" + parts[1] + "\x00", len(parts) == 2
	case "local":
		e := s.values[head]
		for _, p := range parts[2:] {
			e = s.entry(e, p, depth)
		}
		return s.text(e, depth+1)
	case "path":
		return ".", parts[1] == "module" || parts[1] == "root"
	default:
		if len(parts) < 3 {
			return "", false
		}
		return s.text(s.values[head+"/"+parts[2]], depth+1)
	}
}

// entry returns the value of a key of an object.
func (s *scope) entry(e hclsyntax.Expression, name string, depth int) hclsyntax.Expression {
	o, _ := e.(*hclsyntax.ObjectConsExpr)
	if o == nil {
		return nil
	}
	for _, item := range o.Items {
		if k, ok := s.text(item.KeyExpr, depth+1); ok && k == name {
			return item.ValueExpr
		}
	}
	return nil
}

// call evaluates the functions that names are made with.
func (s *scope) call(e *hclsyntax.FunctionCallExpr, depth int) (string, bool) {
	var args []string
	for _, a := range e.Args {
		if t, ok := a.(*hclsyntax.TupleConsExpr); ok && e.Name == "join" {
			for _, x := range t.Exprs {
				v, ok := s.text(x, depth+1)
				if !ok {
					return "", false
				}
				args = append(args, v)
			}
			continue
		}
		v, ok := s.text(a, depth+1)
		if !ok && e.Name != "coalesce" && e.Name != "try" {
			return "", false
		}
		args = append(args, v)
	}
	if len(args) == 0 {
		return "", false
	}
	switch e.Name {
	case "lower":
		return strings.ToLower(args[0]), true
	case "upper":
		return strings.ToUpper(args[0]), true
	case "trimspace", "tostring", "nonsensitive", "sensitive":
		return strings.TrimSpace(args[0]), true
	case "replace":
		if len(args) == 3 && !strings.HasPrefix(args[1], "/") {
			return strings.ReplaceAll(args[0], args[1], args[2]), true
		}
	case "join":
		return strings.Join(args[1:], args[0]), true
	case "format":
		return format1(args[0], args[1:])
	case "coalesce", "try":
		for _, a := range args {
			if a != "" {
				return a, true
			}
		}
	}
	return "", false
}

// format1 is format() for %s, %d and %v.
func format1(f string, args []string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(f); i++ {
		if f[i] != '%' || i+1 == len(f) {
			b.WriteByte(f[i])
			continue
		}
		i++
		if strings.IndexByte("sdv", f[i]) < 0 || len(args) == 0 || b.Len() > maxText {
			return "", false
		}
		b.WriteString(args[0])
		args = args[1:]
	}
	return b.String(), true
}

// steps are the names of a traversal; indexes are left out.
func steps(t hcl.Traversal) (out []string) {
	for _, part := range t {
		switch p := part.(type) {
		case hcl.TraverseRoot:
			out = append(out, p.Name)
		case hcl.TraverseAttr:
			out = append(out, p.Name)
		}
	}
	return out
}

// object calls visit for the entries of an object, of merge() and of locals and
// variables that are one.
func (s *scope) object(e hclsyntax.Expression, depth int, visit func(key string, value hclsyntax.Expression)) {
	if s.steps--; s.steps < 0 || depth > 8 || e == nil {
		return
	}
	switch e := e.(type) {
	case *hclsyntax.ObjectConsExpr:
		for _, item := range e.Items {
			if k, ok := s.settled(item.KeyExpr); ok {
				visit(k, item.ValueExpr)
			}
		}
	case *hclsyntax.FunctionCallExpr:
		if e.Name == "merge" || e.Name == "tomap" || e.Name == "coalesce" || e.Name == "try" {
			for _, a := range e.Args {
				s.object(a, depth+1, visit)
			}
		}
	case *hclsyntax.ParenthesesExpr:
		s.object(e.Expression, depth+1, visit)
	case *hclsyntax.ScopeTraversalExpr:
		if p := steps(e.Traversal); len(p) == 2 && (p[0] == "local" || p[0] == "var") {
			s.object(s.values[p[0]+"."+p[1]], depth+1, visit)
		}
	}
}
