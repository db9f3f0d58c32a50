package iac

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// modules is what the Terraform of a tree says, folder by folder: a folder is a
// module, its files are one text.
type modules struct {
	at        string // the folder that is being read
	size      int
	blocks    []block
	vars      map[string]hclsyntax.Expression // from tfvars
	resources []*tfResource                   // of all folders
	calls     map[string][]call               // folder -> calls of the module in it
}

// A block is a block of the folder that is being read.
type block struct {
	*hclsyntax.Block
	path string
}

// A call of a module gives its variables values.
type call struct {
	name, folder string // of the caller
	inputs       map[string]string
}

// A tfResource is a resource whose names may wait for the caller of its module.
type tfResource struct {
	resource
	folder string
	uses   []use
	offers []token
	plain  *object // what is no resource: a variable, a local, an output
}

func newModules() *modules { return &modules{calls: map[string][]call{}} }

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
	for _, b := range body.Blocks {
		ix.tf.blocks = append(ix.tf.blocks, block{b, path})
	}
	ix.seeAccounts(dir(path), data)
}

var arnAccount = regexp.MustCompile(`arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:([0-9]{12}):`)

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
	for name, a := range body.Attributes {
		ix.tf.vars[name] = a.Expr
	}
}

func (ix *index) enterFolder(folder string) {
	if ix.tf.at == folder && ix.tf.vars != nil {
		return
	}
	ix.leaveFolder()
	ix.tf.at, ix.tf.size, ix.tf.vars = folder, 0, map[string]hclsyntax.Expression{}
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
		case b.Type == "resource" && len(b.Labels) == 2:
			ix.resource(s, b, b.Labels[0]+"."+b.Labels[1])
		case b.Type == "data" && len(b.Labels) == 2:
			ix.resource(s, b, "data."+b.Labels[0]+"."+b.Labels[1])
		case b.Type == "variable" && len(b.Labels) == 1:
			ix.plain(s, b, "variable", "var."+b.Labels[0], token("var:"+s.folder+":"+b.Labels[0]), nil)
		case b.Type == "output" && len(b.Labels) == 1:
			ix.plain(s, b, "output", "output."+b.Labels[0], token("out:"+s.folder+":"+b.Labels[0]), b.Body)
		case b.Type == "locals":
			ix.locals(s, b)
		case b.Type == "module" && len(b.Labels) == 1:
			ix.call(s, b)
		case b.Type == "provider" && len(b.Labels) == 1:
			ix.provider(s, b)
		}
	}
	m.blocks, m.vars, m.size = nil, nil, 0
}

// scope collects what the folder's expressions may refer to.
func (m *modules) scope() *scope {
	s := &scope{folder: m.at, values: map[string]hclsyntax.Expression{}, sources: map[string]string{}, steps: maxEval, provider: map[string]string{}}
	for _, b := range m.blocks {
		attrs := b.Body.Attributes
		switch {
		case b.Type == "variable" && len(b.Labels) == 1 && attrs["default"] != nil:
			s.values["var."+b.Labels[0]] = attrs["default"].Expr
		case b.Type == "locals":
			for name, a := range attrs {
				s.values["local."+name] = a.Expr
			}
		case b.Type == "resource" && len(b.Labels) == 2:
			for name, a := range attrs {
				s.values[b.Labels[0]+"."+b.Labels[1]+"/"+name] = a.Expr
			}
		}
	}
	for name, e := range m.vars {
		s.values["var."+name] = e
	}
	for _, b := range m.blocks {
		switch {
		case b.Type == "module" && len(b.Labels) == 1 && b.Body.Attributes["source"] != nil:
			if src, ok := s.settled(b.Body.Attributes["source"].Expr); ok && strings.HasPrefix(src, ".") {
				if folder := join(s.folder, src); folder != "" {
					s.sources[b.Labels[0]] = folder
				}
			}
		case b.Type == "provider" && len(b.Labels) == 1 && b.Labels[0] == "google" && b.Body.Attributes["project"] != nil:
			s.provider["google"], _ = s.text(b.Body.Attributes["project"].Expr, 0)
		}
	}
	return s
}

func lines(b block) (first, last int) { return b.TypeRange.Start.Line, b.CloseBraceRange.End.Line }

// plain takes in a block that is no resource: what is in body is used by it.
func (ix *index) plain(s *scope, b block, kind, address string, offer token, body *hclsyntax.Body) *object {
	o := &object{format: "terraform", kind: kind, address: address, path: b.path}
	o.line, o.end = lines(b)
	if offer != "" {
		o.offer(offer)
	}
	if body != nil {
		o.uses = s.uses(body, 0)
	}
	ix.tf.resources = append(ix.tf.resources, &tfResource{folder: s.folder, plain: o})
	return o
}

func (ix *index) locals(s *scope, b block) {
	names := make([]string, 0, len(b.Body.Attributes))
	for name := range b.Body.Attributes {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		a := b.Body.Attributes[name]
		o := ix.plain(s, b, "local", "local."+name, token("local:"+s.folder+":"+name), nil)
		o.line, o.end = a.SrcRange.Start.Line, a.SrcRange.End.Line
		o.uses = s.expression(nil, a.Expr, name, 0)
	}
}

// call takes in a call of a module: each input offers the module's variable.
func (ix *index) call(s *scope, b block) {
	name, source := b.Labels[0], s.sources[b.Labels[0]]
	if source == "" { // from a registry: who it is is all that is known
		o := ix.plain(s, b, "module", "module."+name, "", b.Body)
		o.consumer, o.label = "module", name
		return
	}
	c := call{name: name, folder: s.folder, inputs: map[string]string{}}
	names := make([]string, 0, len(b.Body.Attributes))
	for input := range b.Body.Attributes {
		names = append(names, input)
	}
	slices.Sort(names)
	for _, input := range names {
		a := b.Body.Attributes[input]
		if v, ok := s.text(a.Expr, 0); ok {
			c.inputs[input] = v
		}
		o := ix.plain(s, b, "module", "module."+name, token("var:"+c.instance(source)+":"+input), nil)
		o.line, o.end = a.SrcRange.Start.Line, a.SrcRange.End.Line
		o.uses = s.expression(nil, a.Expr, input, 0)
	}
	if len(ix.tf.calls[source]) < maxFacts {
		ix.tf.calls[source] = append(ix.tf.calls[source], c)
	}
}

// provider takes in a provider: the credentials that are written into it, the
// tags that it gives everything, the account that it works in.
func (ix *index) provider(s *scope, b block) {
	o := ix.plain(s, b, "provider", "provider."+b.Labels[0], "", b.Body)
	o.consumer, o.label = "terraform provider", b.Labels[0]
	if e := b.Body.Attributes["allowed_account_ids"]; e != nil {
		if t, ok := e.Expr.(*hclsyntax.TupleConsExpr); ok && len(t.Exprs) == 1 {
			if id, ok := s.settled(t.Exprs[0]); ok {
				ix.account[s.folder] = id
			}
		}
	}
	settled := func(t tag) {
		t.value = settle(t.value)
		o.tag(t)
	}
	for _, sub := range b.Body.Blocks {
		if sub.Type == "assume_role" && sub.Body.Attributes["role_arn"] != nil && ix.account[s.folder] == "" {
			arn, _ := s.settled(sub.Body.Attributes["role_arn"].Expr)
			if m := awsARN.FindStringSubmatch(arn); m != nil {
				ix.account[s.folder] = m[1]
			}
		}
		if sub.Type == "default_tags" && sub.Body.Attributes["tags"] != nil {
			s.tags(sub.Body.Attributes["tags"].Expr, settled)
		}
	}
	if e := b.Body.Attributes["default_labels"]; e != nil {
		s.tags(e.Expr, settled)
	}
}

func (s *scope) tags(e hclsyntax.Expression, each func(tag)) {
	s.object(e, 0, func(k string, v hclsyntax.Expression) {
		if t, ok := s.text(v, 0); ok {
			each(tag{key: k, value: t, line: v.Range().Start.Line, path: v.Range().Filename})
		}
	})
}

// hasVariable reports whether a value waits for a variable.
func hasVariable(v string) bool { return strings.IndexByte(v, 0) >= 0 }
