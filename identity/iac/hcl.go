package iac

import (
	"strings"
)

// scope is what the expressions of a folder may refer to.
type scope struct {
	folder   string
	values   map[string]*expr  // "var.x" (its default), "local.x", "google_service_account.x/account_id"
	sources  map[string]string // module call -> folder of its source
	steps    int               // left
	provider map[string]string // "google" -> project
	bound    map[string]*expr  // "each.key", "each.value", "count.index" of the instance that is made
}

// maxEval bounds the steps of all expressions of a folder: locals that refer to
// each other twice each double at every level.
const maxEval = 200_000

// settled evaluates an expression with the defaults of variables.
func (s *scope) settled(e *expr) (string, bool) {
	v, ok := s.text(e, 0)
	v = settle(v)
	return v, ok && !hasVariable(v)
}

// text evaluates an expression to a string. A variable is "\x00name\x00", or
// "\x00name\x01default\x00", to be filled in by who calls the module.
func (s *scope) text(e *expr, depth int) (string, bool) {
	if s.steps--; s.steps < 0 || depth > 12 || e == nil {
		return "", false
	}
	out, ok := "", false
	switch e.kind {
	case literalExpr:
		out, ok = cut(e.text), true
	case templateExpr:
		var b strings.Builder
		for _, p := range e.parts {
			t, ok := s.text(p, depth+1)
			if !ok || b.Len()+len(t) > maxText {
				return "", false
			}
			b.WriteString(t)
		}
		out, ok = b.String(), true
	case traversalExpr:
		if len(e.parts) == 0 {
			out, ok = s.traversal(e.names, depth)
		}
	case callExpr:
		out, ok = s.call(e, depth)
	}
	return out, ok && len(out) <= maxText
}

// traversal evaluates var.x, local.x and attributes of resources that the same
// folder gives a value.
func (s *scope) traversal(parts []string, depth int) (string, bool) {
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
	case "each", "count":
		e := s.bound[head]
		if e != nil && e.kind == traversalExpr && len(e.names) == 2 && len(parts) == 3 { // a resource that has instances too
			return s.text(s.values[e.names[0]+"."+e.names[1]+"/"+parts[2]], depth+1)
		}
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
func (s *scope) entry(e *expr, name string, depth int) *expr {
	if e == nil || e.kind != objectExpr {
		return nil
	}
	for i := 0; i+1 < len(e.parts); i += 2 {
		if k, ok := s.text(e.parts[i], depth+1); ok && k == name {
			return e.parts[i+1]
		}
	}
	return nil
}

// call evaluates the functions that names are made with.
func (s *scope) call(e *expr, depth int) (string, bool) {
	var args []string
	for _, a := range e.parts {
		if a.kind == tupleExpr && e.text == "join" {
			for _, x := range a.parts {
				v, ok := s.text(x, depth+1)
				if !ok {
					return "", false
				}
				args = append(args, v)
			}
			continue
		}
		v, ok := s.text(a, depth+1)
		if !ok && e.text != "coalesce" && e.text != "try" {
			return "", false
		}
		args = append(args, v)
	}
	if len(args) == 0 {
		return "", false
	}
	switch e.text {
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

// object calls visit for the entries of an object, of merge() and of locals and
// variables that are one.
func (s *scope) object(e *expr, depth int, visit func(key string, value *expr)) {
	if s.steps--; s.steps < 0 || depth > 8 || e == nil {
		return
	}
	switch e.kind {
	case objectExpr:
		for i := 0; i+1 < len(e.parts); i += 2 {
			if k, ok := s.settled(e.parts[i]); ok {
				visit(k, e.parts[i+1])
			}
		}
	case callExpr:
		if e.text == "merge" || e.text == "tomap" || e.text == "coalesce" || e.text == "try" {
			for _, a := range e.parts {
				s.object(a, depth+1, visit)
			}
		}
		if e.text == "map" { // until Terraform 0.14: map("key", "value", ...)
			for i := 0; i+1 < len(e.parts); i += 2 {
				if k, ok := s.settled(e.parts[i]); ok {
					visit(k, e.parts[i+1])
				}
			}
		}
	case templateExpr:
		if len(e.parts) == 1 { // "${map(...)}"
			s.object(e.parts[0], depth+1, visit)
		}
	case traversalExpr:
		if p := e.names; len(p) == 2 && (p[0] == "local" || p[0] == "var") {
			s.object(s.values[p[0]+"."+p[1]], depth+1, visit)
		}
	}
}
