package iac

import (
	"slices"
	"strings"
)

// wanted are the attributes that are evaluated: those of kinds, and a few.
var wanted = func() map[string]bool {
	all := map[string]bool{"metadata.namespace": true, "metadata.name": true}
	add := func(k kind) {
		for _, names := range [][]string{k.names, k.into, k.labels, k.of, k.tenant, k.server, k.role, k.to, k.perm, k.store, k.calls, k.runs, k.group, {k.keyID, k.expires}} {
			for _, n := range names {
				all[n] = true
			}
		}
	}
	add(googleBinding)
	for _, k := range kinds {
		add(k)
	}
	// Unused ones would only be in the way.
	delete(all, "")
	return all
}()

// resource takes in a resource or a data source.
func (ix *index) resource(s *scope, b block, address string) {
	all, known := s.instances(&b.body)
	for _, one := range all {
		s.bound = one.bound
		r := &tfResource{folder: s.folder, offers: []token{token("tf:" + s.folder + ":" + address)}, alias: s.aliasOf(b.body.attr("provider")), many: !known}
		r.resource = resource{format: "terraform", kind: b.labels[0], address: address + one.key, path: b.path, attr: map[string][]string{}, refs: map[string][]token{}}
		r.line, r.end = b.line, b.end
		s.attributes(&r.resource, &b.body, "", 0)
		ix.policies(s, &r.resource, &b.body)
		if r.kind == "google_service_account" && len(r.attr["project"]) == 0 && s.provider["google"] != "" {
			r.attr["project"] = []string{s.provider["google"]}
		}
		r.uses = s.uses(&b.body, 0)
		ix.tf.resources = append(ix.tf.resources, r)
	}
	s.bound = nil
}

// maxBlocks is how deep in blocks attributes are wanted: template.spec.x.
const maxBlocks = 3

// attributes evaluates what is wanted of a body.
func (s *scope) attributes(r *resource, in *body, prefix string, depth int) {
	for _, a := range in.attrs {
		name := a.name
		switch name {
		case "tags", "labels", "annotations", "default_tags":
			s.tags(a.value, func(t tag) {
				r.tags = append(r.tags, t)
				if name == "annotations" {
					r.attr["annotation."+t.key] = append(r.attr["annotation."+t.key], t.value)
				}
			})
			continue
		}
		at := prefix + name
		if !wanted[at] {
			continue
		}
		exprs := []*expr{a.value}
		if a.value != nil && a.value.kind == tupleExpr {
			exprs = a.value.parts
		}
		for _, e := range exprs[:min(len(exprs), maxFacts)] {
			if v, ok := s.text(e, 0); ok {
				r.attr[at] = append(r.attr[at], v)
			}
		}
		r.refs[at] = append(r.refs[at], s.tokens(a.value)...)
	}
	if depth < maxBlocks {
		for _, sub := range in.blocks {
			if sub.kind == "tag" && depth == 0 {
				s.tag(sub.body.attr("key"), sub.body.attr("value"), func(t tag) { r.tags = append(r.tags, t) })
			}
			s.attributes(r, &sub.body, prefix+sub.kind+".", depth+1)
		}
	}
}

func (s *scope) tokens(e *expr) (out []token) {
	for _, u := range s.expression(nil, e, "", 0) {
		out = append(out, u.token)
	}
	return out
}

// uses are the references of a body and of the blocks in it.
func (s *scope) uses(in *body, depth int) (out []use) {
	for _, a := range in.attrs {
		if name := a.name; name == "depends_on" || name == "provider" || name == "providers" || name == "source" {
			continue
		}
		out = s.expression(out, a.value, a.name, 0)
	}
	for _, sub := range in.blocks {
		if depth < 8 && sub.kind != "lifecycle" {
			out = append(out, s.secretRef(sub)...)
			out = append(out, s.uses(&sub.body, depth+1)...)
		}
		if len(out) > maxUses {
			return out[:maxUses]
		}
	}
	return out
}

// secretRef reads blocks that name a Secret of Kubernetes or of a store.
func (s *scope) secretRef(b *hclBlock) (out []use) {
	attr := func(name string) string {
		v, _ := s.settled(b.body.attr(name))
		return v
	}
	line := b.line
	switch b.kind {
	case "secret_key_ref", "secret_ref", "image_pull_secrets":
		if n := attr("name"); n != "" {
			out = append(out, use{token: token("secret:" + n), key: attr("key"), line: line, via: b.kind})
		}
		if n := attr("secret"); n != "" {
			out = append(out, use{token: storeToken(n), line: line, via: b.kind})
		}
	case "secret":
		if n := attr("secret_name"); n != "" {
			out = append(out, use{token: token("secret:" + n), line: line, via: "volume"})
		}
	case "secret_environment_variables":
		out = append(out, use{token: storeToken(attr("secret")), line: line, via: "env " + attr("key")})
	}
	return out
}

// expression appends the references of an expression. Those in an object are
// named by its keys.
func (s *scope) expression(out []use, e *expr, via string, depth int) []use {
	if s.steps--; s.steps < 0 || e == nil {
		return out
	}
	if e.kind == objectExpr && depth < 8 {
		for i := 0; i+1 < len(e.parts); i += 2 {
			k, ok := s.settled(e.parts[i])
			if !ok || k == "" {
				k = via
			}
			out = s.expression(out, e.parts[i+1], k, depth+1)
		}
		return out
	}
	e.walk(func(v *expr) {
		if len(out) >= maxUses {
			return
		}
		if v.kind == traversalExpr {
			if tok := s.reference(v.names); tok != "" {
				out = append(out, use{token: tok, line: v.line, via: via})
			}
		}
		if t := s.file(v); t != "" {
			out = append(out, use{token: t, line: v.line, via: via})
		}
	})
	return out
}

// file is the token of the file that a call reads.
func (s *scope) file(e *expr) token {
	if e.kind != callExpr || len(e.parts) == 0 || !strings.HasPrefix(e.text, "file") && e.text != "templatefile" {
		return ""
	}
	name, ok := s.settled(e.parts[0])
	if !ok {
		return ""
	}
	return fileToken(s.folder, strings.TrimPrefix(name, "./"))
}

// reference is the token of a traversal.
func (s *scope) reference(parts []string) token {
	if len(parts) < 2 {
		return ""
	}
	switch parts[0] {
	case "var", "local":
		return token(parts[0] + ":" + s.folder + ":" + parts[1])
	case "module":
		if src := s.sources[parts[1]]; src != "" && len(parts) > 2 {
			c := call{name: parts[1], folder: s.folder}
			return token("out:" + c.instance(src) + ":" + parts[2])
		}
		return ""
	case "data":
		if len(parts) > 2 {
			return token("tf:" + s.folder + ":data." + parts[1] + "." + parts[2])
		}
		return ""
	case "each":
		if e := s.bound["each.value"]; e != nil && e.kind == traversalExpr && parts[1] == "value" {
			return s.reference(e.names)
		}
		return ""
	case "count", "self", "path", "terraform":
		return ""
	}
	return token("tf:" + s.folder + ":" + parts[0] + "." + parts[1])
}

// finishTerraform makes objects of all resources, once the calls of modules are
// known: what is in a module that is called twice is there twice.
func (ix *index) finishTerraform() {
	ix.leaveFolder()
	made := 0
	for _, r := range ix.tf.resources {
		calls := ix.tf.calls[r.folder]
		if len(calls) == 0 || r.format == "terraform-state" {
			ix.add(r.made("", settle))
			continue
		}
		for n, c := range calls {
			if made++; n > 0 && made > maxInstances {
				break
			}
			o := r.made("module."+c.name+c.key+".", func(v string) string { return ix.tf.fill(v, c, 0) })
			o.within(r.folder, c.instance(r.folder))
			o.call, o.many = &calls[n], o.many || c.many
			ix.add(o)
		}
	}
	ix.tf.resources = nil
}

// maxInstances bounds what modules that are called often multiply to.
const maxInstances = 30_000

// maxCallers is how deep modules call modules.
const maxCallers = 8

// instance names what a call makes of the module in a folder.
func (c call) instance(folder string) string { return folder + "@" + c.folder + "/" + c.name }

// within makes the tokens of a folder those of one instance of its module.
func (o *object) within(folder, instance string) {
	own := func(t token) token {
		for _, kind := range []string{"tf:", "var:", "local:", "out:"} {
			if rest, ok := strings.CutPrefix(string(t), kind+folder+":"); ok {
				return token(kind + instance + ":" + rest)
			}
		}
		return t
	}
	o.uses = slices.Clone(o.uses)
	for i := range o.uses {
		o.uses[i].token = own(o.uses[i].token)
	}
	for _, list := range []*[]token{&o.offers, &o.of, &o.into, &o.rights.from, &o.rights.groups} {
		*list = slices.Clone(*list)
		for i, t := range *list {
			(*list)[i] = own(t)
		}
	}
}

// made makes an object, with values filled in. What is still without a value is
// left out.
func (r *tfResource) made(prefix string, fill func(string) string) *object {
	if r.plain != nil {
		o := *r.plain
		o.address = prefix + o.address
		return &o
	}
	c := r.resource
	c.address = prefix + c.address
	c.attr = map[string][]string{}
	for name, values := range r.attr {
		for _, v := range values {
			if v = fill(v); !hasVariable(v) {
				c.attr[name] = append(c.attr[name], v)
			}
		}
	}
	c.tags = nil
	for _, t := range r.tags {
		if t.value = fill(t.value); !hasVariable(t.value) {
			c.tags = append(c.tags, t)
		}
	}
	o := c.object()
	o.alias, o.many = r.alias, r.many
	for _, u := range r.uses {
		if len(o.uses) < maxUses {
			o.uses = append(o.uses, u)
		}
	}
	for _, t := range r.offers {
		o.offer(t)
	}
	workloadIdentity(o, func(name string) string { return c.first([]string{"annotation." + name}) })
	return o
}

// fill puts what a call gives for the variables into a value.
func (m *modules) fill(v string, c call, depth int) string {
	parts := strings.Split(v, "\x00")
	for i := 1; i+1 < len(parts); i += 2 {
		name, standard, has := strings.Cut(parts[i], "\x01")
		input, given := c.inputs[name]
		if !given && has {
			parts[i] = standard
			continue
		}
		if !given || depth > 3 {
			return v
		}
		if hasVariable(input) {
			outer := call{}
			if calls := m.calls[c.folder]; len(calls) == 1 {
				outer = calls[0]
			}
			if input = m.fill(input, outer, depth+1); hasVariable(input) {
				return v
			}
		}
		parts[i] = input
	}
	if out := strings.Join(parts, ""); len(out) <= maxText {
		return out
	}
	return v
}

// settle puts the defaults of variables into a value.
func settle(v string) string {
	if !hasVariable(v) {
		return v
	}
	return (*modules)(nil).fill(v, call{}, 0)
}
