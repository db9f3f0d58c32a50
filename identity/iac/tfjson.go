package iac

import (
	"strings"
)

// readTerraformJSON reads the resources of a .tf.json file: objects of objects,
// whose texts are templates of HCL.
func readTerraformJSON(ix *index, path string, data []byte) {
	ix.enterFolder(dir(path))
	s := &scope{folder: dir(path), values: map[string]*expr{}, sources: map[string]string{}, steps: maxEval, provider: map[string]string{}}
	ix.documents(path, data, nil, func(doc *node, end int) {
		for _, v := range pairs(get(doc, "variable")) {
			o := &object{format: "terraform", kind: "variable", address: "var." + cut(v.Key.Value), path: path, line: v.Key.Line, end: lastLine(v.Value, 0)}
			o.offer(token("var:" + s.folder + ":" + cut(v.Key.Value)))
			ix.tf.resources = append(ix.tf.resources, &tfResource{folder: s.folder, plain: o})
		}
		for _, kind := range pairs(get(doc, "resource")) {
			names := pairs(kind.Value)
			for i, name := range names {
				ix.jsonResource(s, path, cut(kind.Key.Value), name, endOf(names, i))
			}
		}
	})
}

func (ix *index) jsonResource(s *scope, path, kind string, p pair, end int) {
	address := kind + "." + cut(p.Key.Value)
	r := &tfResource{folder: s.folder, offers: []token{token("tf:" + s.folder + ":" + address)}}
	r.resource = resource{format: "terraform", kind: kind, address: address, path: path, line: p.Key.Line, end: end, attr: map[string][]string{}, refs: map[string][]token{}}
	scalars(p.Value, maxSteps, func(keys []string, v *node) bool {
		var parts []string
		for _, k := range keys {
			if k != "" {
				parts = append(parts, k)
			}
		}
		at := strings.Join(parts, ".")
		value, uses := s.template(v)
		for _, u := range uses {
			u.via = lastKey(parts)
			if len(r.uses) < maxUses {
				r.uses = append(r.uses, u)
				r.refs[at] = append(r.refs[at], u.token)
			}
		}
		if group, name, two := strings.Cut(at, "."); two && (group == "tags" || group == "labels") && value != "" {
			r.tags = append(r.tags, tag{key: name, value: value, line: v.Line})
		} else if wanted[at] && value != "" && len(r.attr[at]) < maxFacts {
			r.attr[at] = append(r.attr[at], value)
		}
		return true
	})
	k, _ := kindOf(kind)
	for _, name := range k.policy {
		if v := get(p.Value, name); v != nil {
			r.rights.policyText(text(v), v.Line)
			r.rights.from = append(r.rights.from, r.refs[name]...)
		}
	}
	ix.policyFile(&r.rights)
	ix.tf.resources = append(ix.tf.resources, r)
}

// template evaluates a text that may hold ${...}.
func (s *scope) template(v *node) (string, []use) {
	if !strings.Contains(v.Value, "${") {
		return cut(v.Value), nil
	}
	if len(v.Value) > 4*maxText {
		return "", nil
	}
	p := &hclParser{tokens: lexHCL([]byte(v.Value), true)}
	e := p.template(hclEnd, 0)
	value, _ := s.text(e, 0)
	uses := s.expression(nil, e, "", 0)
	for i := range uses {
		uses[i].line = v.Line
	}
	return value, uses
}
