package iac

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/yamltree"
)

// Bounds of the rights that are written out in one place.
const (
	maxAllowing = 100
	maxPolicy   = 32 << 10 // bytes of a document that is a text
	maxGiven    = 200      // rights of one identity
	maxGiving   = 5        // policies of groups of users
)

// A right is something that a policy allows, in the provider's words. What all of a
// service's or all actions are allowed on, if that is not everything, follows " on ".
type right struct {
	what string
	line int
}

// rights are what a document allows, and what else gives some: a document in another
// place, a policy, a group.
type rights struct {
	allowed []right
	from    []token // policies that it passes on
	groups  []token // whose rights members have
	giver   bool    // it gives rights to what it uses
	lost    bool    // there are more than are kept
}

func (r *rights) allow(what string, line int) {
	switch {
	case what == "" || slices.ContainsFunc(r.allowed, func(o right) bool { return o.what == what }):
	case len(r.allowed) >= maxFacts:
		r.lost = true
	default:
		r.allowed = append(r.allowed, right{cut(what), line})
	}
}

// gives reports whether o is no thing that uses what it refers to, but gives it rights.
func (o *object) gives() bool { return o.grants != "" || o.rights.giver }

// A statement is one of a policy of AWS:
// docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
type statement struct {
	effect, resource         string
	actions, except          []right
	resources, wideResources int
}

// on takes in one resource of a statement.
func (s *statement) on(resource string) {
	if s.resources++; strings.Trim(resource, "*:") == "" || resource == "arn:aws:s3:::*" {
		s.wideResources++
	} else if s.resource == "" {
		s.resource = resource
	}
}

// add says what a statement allows. What it denies takes nothing away here: that
// depends on resources and conditions.
func (r *rights) add(s *statement) {
	if !strings.EqualFold(s.effect, "Allow") {
		return
	}
	narrow := ""
	if s.resources > 0 && s.wideResources == 0 && s.resource != "" {
		narrow = " on " + s.resource
	}
	for _, a := range s.actions {
		if a.what == "*" || strings.HasSuffix(a.what, ":*") {
			a.what += narrow
		}
		r.allow(a.what, a.line)
	}
	if len(s.except) > 0 {
		var not []string
		for _, a := range s.except[:min(len(s.except), 5)] {
			not = append(not, a.what)
		}
		r.allow("* except "+strings.Join(not, ", ")+narrow, s.except[0].line)
	}
}

// policyNode reads a policy of AWS that is JSON or YAML. plain makes texts of its
// leaves; nil for what they are. first is added to lines.
func (r *rights) policyNode(doc *node, first int, plain func(*node) string) {
	if plain == nil {
		plain = func(n *node) string { return text(n) }
	}
	each := func(n *node) []*node {
		if isList(n) {
			return list(n)
		}
		if n == nil {
			return nil
		}
		return []*node{n}
	}
	for i, st := range each(get(doc, "Statement")) {
		if i == maxAllowing {
			r.lost = true
			return
		}
		s := statement{effect: text(get(st, "Effect"))}
		for _, a := range each(get(st, "Action")) {
			s.actions = append(s.actions, right{cut(text(a)), first + a.Line})
		}
		for _, a := range each(get(st, "NotAction")) {
			s.except = append(s.except, right{cut(text(a)), first + a.Line})
		}
		for _, on := range each(get(st, "Resource")) {
			if v := plain(on); v != "" {
				s.on(cut(v))
			} else {
				s.on("a resource")
			}
		}
		r.add(&s)
	}
}

// policy reads the policy of AWS that an expression of Terraform is: a text of JSON,
// jsonencode of an object, or a local value that is either. Documents in other blocks
// are what it refers to.
func (s *scope) policy(r *rights, e *expr, depth int) {
	if s.steps--; s.steps < 0 || e == nil || depth > 8 {
		return
	}
	switch {
	case e.kind == literalExpr || e.kind == templateExpr:
		if docs, err := yamltree.Parse([]byte(s.roughly(e))); err == nil && len(docs) > 0 {
			r.policyNode(docs[0], e.line-1, nil)
		}
	case e.kind == callExpr && e.text == "jsonencode" && len(e.parts) == 1:
		s.policyObject(r, e.parts[0])
	case e.kind == callExpr && s.file(e) != "":
		r.from = append(r.from, s.file(e))
	case e.kind == traversalExpr && len(e.names) == 2 && e.names[0] == "local":
		s.policy(r, s.values["local."+e.names[1]], depth+1)
	case e.kind == traversalExpr && e.names[0] != "var":
		if t := s.reference(e.names); t != "" && len(r.from) < maxFacts {
			r.from = append(r.from, t)
		}
	case e.kind == objectExpr:
		s.policyObject(r, e)
	}
}

// roughly is a text with the names of what is filled in where its value is not known.
func (s *scope) roughly(e *expr) string {
	if e.kind == literalExpr {
		return e.text
	}
	var b strings.Builder
	for _, p := range e.parts {
		v, ok := p.text, p.kind == literalExpr
		if !ok {
			v, ok = s.settled(p)
		}
		if !ok {
			v = strings.Join(p.names, ".")
		}
		if b.WriteString(v); b.Len() > maxPolicy {
			return ""
		}
	}
	return b.String()
}

// elements are the parts of a tuple, or the one value that stands for it.
func (s *scope) elements(e *expr) []*expr {
	for range 4 {
		if e == nil || e.kind != traversalExpr || len(e.names) != 2 || e.names[0] != "local" {
			break
		}
		e = s.values["local."+e.names[1]]
	}
	switch {
	case e == nil:
		return nil
	case e.kind == tupleExpr:
		return e.parts
	}
	return []*expr{e}
}

func (s *scope) policyObject(r *rights, e *expr) {
	all := s.elements(s.entry(e, "Statement", 0))
	if len(all) > maxAllowing {
		all, r.lost = all[:maxAllowing], true
	}
	for _, one := range all {
		st := statement{}
		st.effect, _ = s.settled(s.entry(one, "Effect", 0))
		st.actions = s.actions(s.entry(one, "Action", 0))
		st.except = s.actions(s.entry(one, "NotAction", 0))
		s.resources(&st, s.entry(one, "Resource", 0))
		r.add(&st)
	}
}

func (s *scope) actions(e *expr) (out []right) {
	for _, a := range s.elements(e) {
		if v, ok := s.settled(a); ok {
			out = append(out, right{v, a.line})
		}
	}
	return out
}

func (s *scope) resources(st *statement, e *expr) {
	for _, a := range s.elements(e) {
		v := s.roughly(a)
		if a.kind == traversalExpr {
			if v, _ = s.settled(a); v == "" {
				v = strings.Join(a.names, ".")
			}
		}
		if v == "" {
			v = "a resource"
		}
		st.on(cut(v))
	}
}

// document reads the statements of an aws_iam_policy_document:
// registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document
func (s *scope) document(r *rights, in *body) {
	for _, name := range []string{"source_policy_documents", "override_policy_documents", "source_json", "override_json"} {
		for _, e := range s.elements(in.attr(name)) {
			s.policy(r, e, 0)
		}
	}
	for i, b := range in.blocks {
		if b.kind == "dynamic" && len(b.labels) == 1 && b.labels[0] == "statement" && len(b.body.blocks) == 1 {
			b = b.body.blocks[0]
		} else if b.kind != "statement" {
			continue
		}
		if i >= maxAllowing {
			r.lost = true
			return
		}
		st := statement{effect: "Allow"} // if nothing else is said
		if e := b.body.attr("effect"); e != nil {
			st.effect, _ = s.settled(e)
		}
		st.actions, st.except = s.actions(b.body.attr("actions")), s.actions(b.body.attr("not_actions"))
		s.resources(&st, b.body.attr("resources"))
		r.add(&st)
	}
}
