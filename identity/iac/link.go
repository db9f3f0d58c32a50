package iac

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

// Bounds of following one credential.
const (
	maxHops     = 6
	maxReached  = 500
	maxConsumer = 50
)

// A link is what is found out about one credential.
type link struct {
	r       *Resolver
	ix      *index
	q       *identity.Query
	hidden  [][]byte // texts that must not get into an answer
	starts  []start
	holders []holder
	chart   []*object // whose values hold the credential
	servers []*object // that it opens
	matches []match
	several bool               // the matches are different identities: one of them it is
	basis   leak.EvidenceClass // of what is matched, or said, right now

	consumers []leak.Consumer
	users     []*object // that consumers were made of
	grants    []grant
	pointer   []leak.Evidence // what names around it say of a match
	keys      []*object       // that make keys of an identity which is not declared
	built     string          // where it is an argument of an image's build
	reached   map[*object]bool
}

// A start is what the place of a credential offers.
type start struct {
	path   string
	line   int
	keys   []string
	entry  string // of the Secret that it was put into
	called string // the last of keys, or the name that an entry of a list has
	tokens []token
	sure   float64 // that what is found from there uses the credential
}

func (s *start) add(t token) {
	if t != "" {
		s.tokens = append(s.tokens, t)
	}
}

// A holder is an object that the credential stands in.
type holder struct {
	*object
	from start
}

// A match is a declared identity.
type match struct {
	*object
	weight float64
	by     string             // for people
	value  string             // the name that matched
	basis  leak.EvidenceClass // of what it was matched on
}

// weak reports whether it is a database user of whom hardly more than the name is
// known: nobody owns the credential's because of that.
func (m match) weak() bool { return m.identity == leak.DatabaseUser && m.weight <= unsure }

// A grant is a role that code gives the identity.
type grant struct {
	role, ref, by string // by is for people
	weight        float64
	basis         leak.EvidenceClass
}

func newLink(r *Resolver, q *identity.Query) *link {
	return &link{r: r, ix: r.ix, q: q, reached: map[*object]bool{}}
}

// hide keeps a credential, or a line of it, out of the answer.
func (l *link) hide(secret []byte) {
	for _, line := range bytes.Split(secret, []byte("\n")) {
		if line = bytes.TrimSpace(line); len(line) >= 4 && len(l.hidden) < 1000 {
			l.hidden = append(l.hidden, line)
		}
	}
}

func (l *link) hold(o *object, from start) {
	if len(l.holders) >= maxFacts || slices.ContainsFunc(l.holders, func(h holder) bool { return h.object == o }) {
		return
	}
	l.holders = append(l.holders, holder{o, from})
	if o.identity != "" && l.fitsProvider(o) {
		l.match(o, .8, "it stands in "+o.address, "")
	}
	sure := .8
	if o.format == "terraform-state" {
		sure = .9
	}
	for _, t := range o.of {
		l.owner(o, t, sure, "it stands in "+o.address+", a credential of this")
	}
	if o.format == "terraform-state" { // what the resource is called in code
		address := o.address
		if i := strings.Index(address, "["); i > 0 {
			address = address[:i]
		}
		for _, d := range l.ix.offers[token("tf:"+dir(o.path)+":"+address)] {
			l.hold(d, from)
		}
	}
}

// owner matches the identities that a token leads to, a credential of which is o.
func (l *link) owner(o *object, t token, weight float64, by string) {
	for range 4 { // through locals and outputs
		var next token
		for _, d := range l.ix.offers[t] {
			switch {
			case d.identity != "" && (d.provider == o.provider || d.provider == "" || strings.HasPrefix(string(t), "tf:")):
				l.match(d, weight, by, "")
			case (d.kind == "local" || d.kind == "output") && len(d.uses) > 0:
				next = d.uses[0].token
			}
		}
		if next == "" {
			return
		}
		t = next
	}
}

func (l *link) match(o *object, weight float64, by, value string) {
	for i, m := range l.matches {
		if m.object == o {
			if weight > m.weight {
				l.matches[i] = match{o, weight, by, value, l.basis}
			}
			return
		}
	}
	if len(l.matches) < maxFacts {
		l.matches = append(l.matches, match{o, weight, by, value, l.basis})
	}
}

// follow goes from the places, and from the identities that were matched, to
// what uses them.
func (l *link) follow() {
	for _, s := range l.starts {
		for _, t := range s.tokens {
			l.users1(t, nil, s, 0)
		}
	}
	for _, h := range l.holders {
		if h.consumer != "" && h.consumer != "resource" {
			l.consume(h.object, h.from.line, via(h.from.called), stands)
			if slices.ContainsFunc(h.built, func(lines [2]int) bool { return lines[0] <= h.from.line && h.from.line <= lines[1] }) {
				l.built = ref(h.path, h.from.line)
			}
		}
		l.reached[h.object] = true
		for _, t := range h.offers {
			l.users1(t, h.object, h.from, 0)
		}
		l.into(h.object, h.from, 1)
	}
	l.settle()
	for _, m := range l.matches {
		l.reached[m.object], l.basis = true, m.basis
		l.give(m.object, m.line, min(.8, m.weight))
		for _, t := range m.tokens() {
			for _, u := range l.ix.users[t] {
				l.identityUser(u, t, m.weight, false)
			}
		}
	}
	l.basis = ""
	l.mentioned()
	slices.SortFunc(l.consumers, func(a, b leak.Consumer) int {
		return cmp.Or(cmp.Compare(a.Ref, b.Ref), cmp.Compare(a.Name, b.Name), cmp.Compare(b.Via, a.Via))
	})
}

// stands is how sure it is that what a credential stands in uses it.
const stands = 0.95

// leads is how sure it is that what refers to something by a token means this one:
// variables of the same name are set in many places.
func leads(t token) float64 {
	switch kind, _, _ := strings.Cut(string(t), ":"); kind {
	case "env":
		return 0.55
	case "made":
		return 0.5
	}
	return 0.9
}

func via(key string) string {
	if key == "" {
		return ""
	}
	return "value of " + key
}

// tokens are all that an identity can be referred to by.
func (m match) tokens() []token {
	out := slices.Clone(m.offers)
	for _, n := range m.names {
		out = append(out, named(n))
	}
	return out
}

// users1 takes in what uses a token, and goes on from there. from is the object
// that offers it, nil for a place.
func (l *link) users1(t token, from *object, s start, hops int) {
	if hops > maxHops || len(l.reached) > maxReached {
		return
	}
	s.sure = min(s.sure, leads(t))
	for _, u := range l.ix.users[t] {
		use := u.object.uses[u.use]
		switch {
		case u.object == from || u.gives():
			continue
		case from != nil && from.namespace != "" && u.namespace != "" && from.namespace != u.namespace, l.ix.another(t, from, u.object), !l.ix.takenIn(from, u.object):
			continue
		case strings.HasPrefix(string(t), "secret:") && use.key != "" && (s.entry != "" && s.entry != use.key || hops == 0 && from != nil && len(s.keys) > 1 && !slices.Contains(s.keys, use.key)):
			continue // another entry of the Secret
		case strings.HasPrefix(string(t), "env:") && !related(dir(s.path), dir(u.path)):
			continue
		}
		if strings.HasPrefix(string(t), "made:") {
			l.dependent(u, s.sure)
			continue // states name all that depend on it, however far away
		}
		if u.identity != "" && isPassword(use.via) && l.fitsProvider(u.object) {
			l.match(u.object, .75, "its "+use.via+" comes from here", "")
		}
		if u.consumer != "" {
			l.consume(u.object, use.line, use.via, s.sure)
		}
		if l.reached[u.object] {
			continue
		}
		l.reached[u.object] = true
		on := s
		on.entry = use.entry
		for _, next := range u.offers {
			l.users1(next, u.object, on, hops+1)
		}
		l.into(u.object, on, hops+1)
	}
}

// buildArg begins the Via of what uses a value as an argument of an image's build.
const buildArg = "build arg "

// into goes on from what an object puts its value into: a secret in a store.
func (l *link) into(o *object, s start, hops int) {
	for _, t := range o.into {
		l.users1(t, o, s, hops)
		for _, d := range l.ix.offers[t] {
			for _, next := range d.offers {
				if next != t {
					l.users1(next, d, s, hops)
				}
			}
		}
	}
}

// isPassword reports whether an attribute of a resource is a credential of it.
func isPassword(attribute string) bool {
	a := strings.ToLower(attribute)
	return hasSuffix(a, "password", "password_wo", "secret", "passwd") || a == "administratorloginpassword" || a == "masteruserpassword"
}

// related reports whether one of two folders is above the other, or both are
// the same.
func related(a, b string) bool {
	return a == b || a == "" || b == "" || strings.HasPrefix(a, b+"/") || strings.HasPrefix(b, a+"/")
}

func (l *link) consume(o *object, line int, via string, sure float64) {
	if via = strings.TrimSpace(via); strings.HasPrefix(via, buildArg) {
		l.built = ref(o.path, line)
	}
	if !slices.Contains(l.users, o) && len(l.consumers) < 4*maxConsumer {
		l.consumers = append(l.consumers, leak.Consumer{Kind: o.consumer, Ref: ref(o.path, line), Name: o.label, Via: via, Confidence: sure})
		l.users = append(l.users, o)
	}
}

// settle leaves the best matches. Where several are as good, none is sure.
func (l *link) settle() {
	slices.SortStableFunc(l.matches, func(a, b match) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.format, b.format), cmp.Compare(a.path, b.path), cmp.Compare(a.line, b.line))
	})
	l.ofEnvironment()
	if len(l.matches) == 0 {
		return
	}
	best := l.matches[0]
	l.matches = slices.DeleteFunc(l.matches, func(m match) bool {
		return m.weight < best.weight-.05 && !(same(m.object, best.object) && m.address == best.address && related(dir(m.path), dir(best.path)))
	})
	for _, m := range l.matches[1:] {
		if !same(m.object, best.object) {
			l.several = true
			for i := range l.matches {
				l.matches[i].weight = min(l.matches[i].weight, .5)
			}
			return
		}
	}
}

// same reports whether two objects declare the same identity: in code and in
// the state, by a resource and by the data source for it.
func same(a, b *object) bool {
	if a.provider != b.provider && a.provider != "" && b.provider != "" {
		return false
	}
	if a.tenant.ID != "" && b.tenant.ID != "" && a.tenant.ID != b.tenant.ID {
		return false
	}
	if a.server != "" && b.server != "" && a.server != b.server && a.format == b.format {
		return false
	}
	for _, n := range a.names {
		if slices.Contains(b.names, n) {
			return true
		}
	}
	return a.path == b.path && a.address == b.address
}
