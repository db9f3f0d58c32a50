package iac

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
)

// modules is what the Terraform of a tree says, folder by folder: a folder is a
// module, its files are one text.
type modules struct {
	at        string // the folder that is being read
	size      int
	blocks    []block
	vars      map[string]*expr        // from tfvars
	resources []*tfResource           // of all folders
	calls     map[string][]call       // folder -> calls of the module in it
	defaults  map[configuration][]tag // owners that a provider gives everything
}

// A block is a block of the folder that is being read.
type block struct {
	*hclBlock
	path string
}

// A call of a module gives its variables values.
type call struct {
	name, folder string // of the caller
	inputs       map[string]string
	providers    map[string]string // "aws.b" within it -> the alias of the caller's
	key          string            // of the instance, as in an address
	many         bool              // it stands for a number of calls that is not known
}

// A tfResource is a resource whose names may wait for the caller of its module.
type tfResource struct {
	resource
	folder string
	uses   []use
	offers []token
	alias  string
	many   bool
	plain  *object // what is no resource: a variable, a local, an output
}

func newModules() *modules {
	return &modules{calls: map[string][]call{}, defaults: map[configuration][]tag{}}
}

// readTerraform reads a .tf file. The files of a folder come one after the
// other.
func readTerraform(ix *index, path string, data []byte) {
	ix.enterFolder(dir(path))
	if ix.tf.size += len(data); ix.tf.size > maxFolder {
		ix.note(path, "more than %d MB of Terraform in a folder", maxFolder>>20)
		return
	}
	body, err := parseHCL(path, data)
	if err != nil {
		ix.note(path, "%v", err)
	}
	if body == nil {
		return
	}
	for _, b := range body.blocks {
		ix.tf.blocks = append(ix.tf.blocks, block{b, path})
	}
	ix.seeAccounts(dir(path), data)
}

var arnAccount = lazy.New(`arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:([0-9]{12}):`)

// seeAccounts notes which accounts the ARNs in a text are of.
func (ix *index) seeAccounts(folder string, data []byte) {
	if !bytes.Contains(data, []byte("arn:aws")) {
		return
	}
	for _, m := range arnAccount.FindAllSubmatch(data, 100) {
		if a := string(m[1]); !slices.Contains(ix.accounts[folder], a) {
			ix.accounts[folder] = append(ix.accounts[folder], a)
		}
	}
}

// readVariables reads a .tfvars file. Those that Terraform loads by itself give
// variables their values; the names in the others are known by their users.
func readVariables(ix *index, path string, data []byte) {
	if b := base(path); b != "terraform.tfvars" && !strings.HasSuffix(b, ".auto.tfvars") {
		return
	}
	ix.enterFolder(dir(path))
	body, err := parseHCL(path, data)
	if err != nil {
		ix.note(path, "%v", err)
	}
	if body == nil {
		return
	}
	for _, a := range body.attrs {
		ix.tf.vars[a.name] = a.value
	}
}

func (ix *index) enterFolder(folder string) {
	if ix.tf.at == folder && ix.tf.vars != nil {
		return
	}
	ix.leaveFolder()
	ix.tf.at, ix.tf.size, ix.tf.vars = folder, 0, map[string]*expr{}
}

// leaveFolder evaluates what was read of a folder, and forgets the syntax.
func (ix *index) leaveFolder() {
	m := ix.tf
	if len(m.blocks) == 0 {
		m.vars = nil
		return
	}
	s := m.scope()
	for _, b := range m.blocks {
		switch {
		case b.kind == "resource" && len(b.labels) == 2:
			ix.resource(s, b, b.labels[0]+"."+b.labels[1])
		case b.kind == "data" && len(b.labels) == 2:
			ix.resource(s, b, "data."+b.labels[0]+"."+b.labels[1])
		case b.kind == "variable" && len(b.labels) == 1:
			ix.plain(s, b, "variable", "var."+b.labels[0], token("var:"+s.folder+":"+b.labels[0]), nil)
		case b.kind == "output" && len(b.labels) == 1:
			ix.plain(s, b, "output", "output."+b.labels[0], token("out:"+s.folder+":"+b.labels[0]), &b.body)
		case b.kind == "locals":
			ix.locals(s, b)
		case b.kind == "module" && len(b.labels) == 1:
			ix.call(s, b)
		case b.kind == "provider" && len(b.labels) == 1:
			ix.provider(s, b)
		}
	}
	m.blocks, m.vars, m.size = nil, nil, 0
}

// scope collects what the folder's expressions may refer to.
func (m *modules) scope() *scope {
	s := &scope{folder: m.at, values: map[string]*expr{}, sources: map[string]string{}, steps: maxEval, provider: map[string]string{}}
	for _, b := range m.blocks {
		switch {
		case b.kind == "variable" && len(b.labels) == 1 && b.body.attr("default") != nil:
			s.values["var."+b.labels[0]] = b.body.attr("default")
		case b.kind == "locals":
			for _, a := range b.body.attrs {
				s.values["local."+a.name] = a.value
			}
		case b.kind == "resource" && len(b.labels) == 2:
			for _, a := range b.body.attrs {
				s.values[b.labels[0]+"."+b.labels[1]+"/"+a.name] = a.value
			}
		}
	}
	for name, e := range m.vars {
		s.values["var."+name] = e
	}
	for _, b := range m.blocks {
		switch {
		case b.kind == "module" && len(b.labels) == 1 && b.body.attr("source") != nil:
			if src, ok := s.settled(b.body.attr("source")); ok && strings.HasPrefix(src, ".") {
				if folder := join(s.folder, src); folder != "" {
					s.sources[b.labels[0]] = folder
				}
			}
		case b.kind == "provider" && len(b.labels) == 1 && b.labels[0] == "google" && b.body.attr("project") != nil:
			s.provider["google"], _ = s.text(b.body.attr("project"), 0)
		}
	}
	return s
}

// plain takes in a block that is no resource: what is in used is used by it.
func (ix *index) plain(s *scope, b block, kind, address string, offer token, used *body) *object {
	o := &object{format: "terraform", kind: kind, address: address, path: b.path}
	o.line, o.end = b.line, b.end
	if offer != "" {
		o.offer(offer)
	}
	if used != nil {
		o.uses = s.uses(used, 0)
	}
	ix.tf.resources = append(ix.tf.resources, &tfResource{folder: s.folder, plain: o})
	return o
}

func (ix *index) locals(s *scope, b block) {
	for _, a := range b.body.attrs {
		o := ix.plain(s, b, "local", "local."+a.name, token("local:"+s.folder+":"+a.name), nil)
		o.line, o.end = a.line, a.end
		o.uses = s.expression(nil, a.value, a.name, 0)
	}
}

// call takes in a call of a module: each input offers the module's variable.
func (ix *index) call(s *scope, b block) {
	name, source := b.labels[0], s.sources[b.labels[0]]
	if source == "" { // from a registry: who it is is all that is known
		o := ix.plain(s, b, "module", "module."+name, "", &b.body)
		o.consumer, o.label = "module", name
		from, _ := s.settled(b.body.attr("source"))
		o.many = makesUsers.MatchString(from)
		return
	}
	c := call{name: name, folder: s.folder, providers: map[string]string{}}
	if e := b.body.attr("providers"); e != nil && e.kind == objectExpr {
		for i := 0; i+1 < len(e.parts); i += 2 {
			inner, ok := s.settled(e.parts[i])
			if !ok {
				inner = strings.Join(e.parts[i].names, ".")
			}
			c.providers[inner] = s.aliasOf(e.parts[i+1])
		}
	}
	all, known := s.instances(&b.body)
	for _, one := range all {
		c.inputs, c.key, c.many, s.bound = map[string]string{}, one.key, !known, one.bound
		for _, a := range b.body.attrs {
			if v, ok := s.text(a.value, 0); ok {
				c.inputs[a.name] = v
			}
		}
		if len(ix.tf.calls[source]) < maxEach {
			ix.tf.calls[source] = append(ix.tf.calls[source], c)
		}
	}
	s.bound = nil
	for _, a := range b.body.attrs {
		o := ix.plain(s, b, "module", "module."+name, token("var:"+c.instance(source)+":"+a.name), nil)
		o.line, o.end = a.line, a.end
		o.uses = s.expression(nil, a.value, a.name, 0)
	}
}

// makesUsers are the sources of modules elsewhere that may make users of AWS:
// terraform-aws-modules/iam/aws//modules/iam-user.
var makesUsers = lazy.New(`(?i)(?:^|[^a-z])(?:iam|users?|accounts?|bots?|robots?|access[_-]?keys?)(?:[^a-z]|$)`)

// provider takes in a provider: the credentials that are written into it, the
// tags that it gives everything, the account that it works in.
func (ix *index) provider(s *scope, b block) {
	o := ix.plain(s, b, "provider", "provider."+b.labels[0], "", &b.body)
	o.consumer, o.label = "terraform provider", b.labels[0]
	account := ""
	if e := b.body.attr("allowed_account_ids"); e != nil && e.kind == tupleExpr && len(e.parts) == 1 {
		account, _ = s.settled(e.parts[0])
	}
	settled := func(t tag) {
		t.value = settle(t.value)
		o.tag(t)
	}
	for _, sub := range b.body.blocks {
		if sub.kind == "assume_role" && sub.body.attr("role_arn") != nil && account == "" {
			arn, _ := s.settled(sub.body.attr("role_arn"))
			if m := awsARN.FindStringSubmatch(arn); m != nil {
				account = m[1]
			}
		}
		if sub.kind == "default_tags" && sub.body.attr("tags") != nil {
			s.tags(sub.body.attr("tags"), settled)
		}
	}
	if e := b.body.attr("default_labels"); e != nil {
		s.tags(e, settled)
	}
	alias, _ := s.settled(b.body.attr("alias"))
	given := slices.Clone(o.owners)
	for i := range given {
		given[i].path = cmp.Or(given[i].path, b.path)
	}
	ix.tf.defaults[configuration{s.folder, b.labels[0], alias}] = given
	if b.labels[0] == "aws" {
		ix.inAccount(s.folder, alias, account)
	}
}

// tags evaluates tags: a map, or a list of {key, value} as that of aws_autoscaling_group.
func (s *scope) tags(e *expr, each func(tag)) {
	if e != nil && e.kind == tupleExpr {
		for _, one := range e.parts[:min(len(e.parts), maxFacts)] {
			s.tag(s.entry(one, "key", 0), s.entry(one, "value", 0), each)
		}
		return
	}
	s.object(e, 0, func(k string, v *expr) {
		if t, ok := s.text(v, 0); ok {
			each(tag{key: k, value: t, line: v.line, path: v.file})
		}
	})
}

// tag evaluates one that is written as a key and a value.
func (s *scope) tag(key, value *expr, each func(tag)) {
	k, known := s.settled(key)
	if v, ok := s.text(value, 0); known && ok {
		each(tag{key: k, value: v, line: value.line, path: value.file})
	}
}

// hasVariable reports whether a value waits for a variable.
func hasVariable(v string) bool { return strings.IndexByte(v, 0) >= 0 }
