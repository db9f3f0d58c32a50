package iac

import (
	"slices"
	"strings"
)

// groupToken is the token of a group of users of AWS by its name.
func groupToken(name string) token { return token("awsgroup:" + strings.ToLower(name)) }

// policies takes in the policies that a resource of Terraform holds.
func (ix *index) policies(s *scope, r *resource, in *body) {
	k, _ := kindOf(r.kind)
	if r.kind == "aws_iam_policy_document" {
		s.document(&r.rights, in)
	}
	for _, name := range k.policy {
		if e := in.attr(name); e != nil {
			s.policy(&r.rights, e, 0)
		}
	}
	for _, b := range in.blocks { // inline_policy of a role
		if b.kind == "inline_policy" && r.kind == "aws_iam_role" {
			s.policy(&r.rights, b.body.attr("policy"), 0)
		}
	}
	ix.policyFile(&r.rights)
	if r.rights.lost {
		ix.note(r.path, "line %d: more than %d statements or %d actions: the rest is left out", r.line, maxAllowing, maxFacts)
	}
}

// giving fills in what a resource gives to whom.
func (r *resource) giving(o *object, k kind) {
	o.rights = r.rights
	values, refs := r.all(k.group)
	for _, v := range values {
		refs = append(refs, groupToken(v))
	}
	isGrant := len(k.role) > 0 || len(k.policy) > 0
	switch {
	case len(k.to) == 0 && len(k.group) == 0 || k.identity != "":
		o.rights.groups = refs
		if r.kind == "aws_iam_group" {
			for _, n := range r.attr["name"] {
				o.offer(groupToken(n))
			}
			for _, p := range r.attr["managed_policy_arns"] {
				o.rights.allow(p, r.line)
			}
		}
	case isGrant:
		o.rights.giver = true
		for _, t := range refs {
			o.use(t, r.line, "")
		}
	default:
		o.rights.giver, o.rights.groups = true, refs
	}
	_, policies := r.all(append(slices.Clone(k.role), k.perm...))
	for _, t := range policies {
		if !slices.Contains(o.rights.from, t) {
			o.rights.from = append(o.rights.from, t)
		}
	}
}

// give notes what an object gives to an identity: a role by its name, or what is
// written out of it. line is that of the use, weight how sure it is.
func (l *link) give(o *object, line int, weight float64) {
	g := giving{link: l, weight: weight, seen: map[*object]bool{}}
	if o.kind == "RoleBinding" && o.namespace != "" {
		g.narrow = " on namespace " + o.namespace
	}
	if !g.of(o, 0) && o.grants != "" {
		l.grant(o.grants, ref(o.path, line), "the code gives it this role", weight)
	}
}

func (l *link) grant(role, ref, by string, weight float64) {
	if len(l.grants) < maxGiven {
		l.grants = append(l.grants, grant{role: role, ref: ref, by: by, weight: weight, basis: l.basis})
	}
}

type giving struct {
	*link
	weight float64
	narrow string // what all of everything is less than
	seen   map[*object]bool
}

// of notes what an object allows, and what it passes on of others; false for nothing.
func (g *giving) of(o *object, depth int) (any bool) {
	if g.seen[o] || depth > maxGiving || len(g.seen) > maxFacts {
		return false
	}
	g.seen[o] = true
	for _, a := range o.rights.allowed {
		if strings.HasPrefix(a.what, "* ") && !strings.Contains(a.what, " on ") {
			a.what += g.narrow
		}
		g.grant(a.what, ref(o.path, a.line), "a policy in the code allows it", g.weight)
		any = true
	}
	for _, t := range o.rights.from {
		for _, d := range g.ix.offers[t] {
			switch {
			case g.of(d, depth+1):
				any = true
			case d.grants != "":
				g.grant(d.grants, ref(d.path, d.line), "the code gives it this role", g.weight)
				any = true
			}
		}
	}
	for _, t := range o.rights.groups {
		any = g.group(t, o, depth) || any
	}
	return any
}

// group notes what the members of a group have.
func (g *giving) group(t token, member *object, depth int) (any bool) {
	for _, u := range g.ix.users[t] {
		if !u.gives() || len(u.rights.groups) > 0 || !related(dir(u.path), dir(member.path)) || g.seen[u.object] {
			continue
		}
		if !g.of(u.object, depth+1) && u.grants != "" {
			g.grant(u.grants, ref(u.path, u.object.uses[u.use].line), "the code gives its group this role", g.weight)
		}
		any = true
	}
	for _, d := range g.ix.offers[t] {
		any = g.of(d, depth+1) || any
	}
	return any
}

// cloudFormationPolicies reads the policies that a resource of a template holds:
// docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IAM.html
func (c *cfn) policies(properties *node) {
	read := func(doc *node) {
		c.r.rights.policyNode(doc, 0, func(n *node) string {
			if v := c.value(n); v != "" {
				return v
			}
			for _, u := range c.references(n) {
				_, name, _ := strings.Cut(string(u.token), c.path+":")
				return name
			}
			return ""
		})
	}
	switch c.r.kind {
	case "aws_iam_user", "aws_iam_role", "aws_iam_group":
		for i, p := range list(get(properties, "Policies")) {
			if i < maxAllowing {
				read(get(p, "PolicyDocument"))
			}
		}
	case "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::UserPolicy", "AWS::IAM::RolePolicy", "AWS::IAM::GroupPolicy":
		read(get(properties, "PolicyDocument"))
	}
}

// roleRules reads what a Role or ClusterRole of Kubernetes allows:
// kubernetes.io/docs/reference/access-authn-authz/rbac/
func roleRules(o *object, doc *node) {
	texts := func(n *node) string {
		var out []string
		for i, e := range list(n) {
			if i < maxFacts {
				out = append(out, cut(text(e)))
			}
		}
		return strings.Join(out, ",")
	}
	for i, rule := range list(get(doc, "rules")) {
		if i == maxAllowing {
			o.rights.lost = true
			break
		}
		verbs, only := texts(get(rule, "verbs")), ""
		if names := texts(get(rule, "resourceNames")); names != "" {
			only = " on " + names
		}
		for _, what := range list(get(rule, "resources")) {
			o.rights.allow(verbs+" "+text(what)+only, what.Line)
		}
	}
}

// roleToken is the token of a Role or ClusterRole.
func roleToken(kind, namespace, name string) token {
	if name == "" {
		return ""
	}
	if kind == "ClusterRole" {
		namespace = ""
	}
	return token("role:" + kind + "/" + namespace + "/" + name)
}
