package iac

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

func ref(path string, line int) string { return fmt.Sprintf("%s:%d", path, line) }

// answer puts together what was found out.
func (l *link) answer() identity.Answer {
	a := identity.Answer{Evidence: l.pointer}
	for _, m := range l.matches {
		l.declared(&a, m)
	}
	for _, k := range l.keys {
		a.Declared = append(a.Declared, leak.Declaration{Kind: k.format, Address: l.public(k.address), Ref: ref(k.path, k.line)})
		l.owners(&a, k, .8)
	}
	for _, h := range l.holders {
		sure := .5
		if h.format == "terraform-state" { // it is this credential
			sure = .9
		}
		l.facts(&a, h.object, sure, "it stands in "+h.address)
		before := len(a.Owners)
		l.owners(&a, h.object, .95)
		for i := before; i < len(a.Owners); i++ {
			a.Owners[i].Holder = h.identity == "" && h.format != "terraform-state"
		}
	}
	for _, s := range l.servers {
		l.facts(&a, s, .5, s.address+" declares the server")
		l.owners(&a, s, .75)
	}
	for _, c := range l.chart {
		for _, t := range c.owners {
			o := t.owner(ref(c.path, t.line), .5)
			o.Source, o.Reason = identity.OwnerMaintains, "maintainer of the chart whose value it is"
			l.addOwner(&a, o)
		}
	}
	l.consumerFacts(&a)
	for _, c := range l.consumers {
		if c.Name, c.Via = l.public(c.Name), l.public(c.Via); len(a.Consumers) < maxConsumer {
			a.Consumers = append(a.Consumers, c)
		}
	}
	l.permissions(&a)
	if l.built != "" {
		a.Evidence = append(a.Evidence, leak.Evidence{Class: leak.FromIaC, Claim: leak.ClaimNote, Value: identity.NoteBuildArgument, Weight: .6, Reason: "a build takes it as an argument", Ref: l.built})
	}
	return a
}

// declared says what an identity's declaration says.
func (l *link) declared(a *identity.Answer, m match) {
	l.basis = m.basis
	defer func() { l.basis = "" }()
	where := ref(m.path, m.line)
	if l.agree(func(o match) string { return o.path }) {
		a.Declared = append(a.Declared, leak.Declaration{Kind: m.format, Address: l.public(m.address), Ref: where, Weak: m.weak()})
	}
	reason := fmt.Sprintf("declared as %s: %s", m.address, m.by)
	say := func(claim, value string, weight float64) { l.say(a, claim, value, weight, reason, where) }
	name := m.name
	if strings.Contains(m.value, "@") && gcpMail.MatchString(strings.ToLower(m.value)) {
		name = m.value
	}
	if l.agree(func(o match) string { return o.name }) {
		say(leak.ClaimName, name, m.weight)
	}
	if m.identity != leak.UnknownIdentity {
		say(leak.ClaimType, string(m.identity), m.weight)
	}
	say(leak.ClaimProvider, m.provider, m.weight)
	if l.several || m.weak() { // what else is said of one of them is not of the others
		return
	}
	say(leak.ClaimID, m.id, m.weight)
	if m.tenant.ID != "" {
		say(leak.ClaimTenant, m.tenant.ID, m.weight)
		say(leak.ClaimTenantKind, m.tenant.Kind, m.weight)
	}
	if acc := l.ix.accountOf(m.object); acc != "" && m.tenant.ID == "" && m.provider == "aws" {
		say(leak.ClaimTenant, acc, m.weight)
		say(leak.ClaimTenantKind, "account", m.weight)
	}
	if m.identity == leak.DatabaseUser {
		say(leak.ClaimServer, m.server, min(m.weight, .6))
	}
	l.facts(a, m.object, m.weight, reason)
	l.owners(a, m.object, m.weight/.8)
	if t, ok := l.ix.owners[m.format+":"+dir(m.path)]; ok && len(m.owners) == 0 {
		o := t.owner(ref(m.path, m.line), min(.6, m.weight*.75))
		o.Source, o.Of = identity.OwnerFolderTag, where
		o.Reason = "everything else in the folder with a tag is theirs: " + t.key
		l.addOwner(a, o)
	}
}

// agree reports whether there is one identity, or all that it may be have
// something in common.
func (l *link) agree(of func(match) string) bool {
	return !l.several || !slices.ContainsFunc(l.matches, func(m match) bool { return of(m) != of(l.matches[0]) })
}

// say adds evidence, if it may be said.
func (l *link) say(a *identity.Answer, claim, value string, weight float64, reason, where string) {
	if value = l.public(value); value == "" {
		return
	}
	e := leak.Evidence{Class: leak.FromIaC, Claim: claim, Value: value, Weight: weight, Reason: l.public(reason), Ref: where, Basis: l.basis}
	if !slices.Contains(a.Evidence, e) && len(a.Evidence) < 200 {
		a.Evidence = append(a.Evidence, e)
	}
}

// facts says what an object claims of itself.
func (l *link) facts(a *identity.Answer, o *object, weight float64, reason string) {
	for _, f := range o.facts {
		w := weight
		if f.claim == leak.ClaimService {
			w = min(w, .4)
		}
		l.say(a, f.claim, f.value, w, reason, ref(o.path, o.line))
	}
}

// consumerFacts says what those agree on who use the credential.
func (l *link) consumerFacts(a *identity.Answer) {
	envs, owners := map[string]*object{}, map[string]tag{}
	at := map[string]*object{}
	for _, u := range l.users {
		for _, f := range u.facts {
			if f.claim == leak.ClaimEnvironment {
				envs[f.value] = u
			}
		}
		for _, t := range u.owners {
			if _, seen := owners[t.value]; !seen {
				owners[t.value], at[t.value] = t, u
			}
		}
	}
	said := slices.ContainsFunc(a.Evidence, func(e leak.Evidence) bool { return e.Claim == leak.ClaimEnvironment })
	if len(envs) == 1 && !said {
		for e, u := range envs {
			l.say(a, leak.ClaimEnvironment, e, .4, u.address+" uses it", ref(u.path, u.line))
		}
	}
	l.service(a)
	confidence := .55
	if len(owners) > 1 {
		confidence = .4
	}
	for v, t := range owners {
		o := t.owner(ref(cmp.Or(t.path, at[v].path), t.line), min(confidence, ownerKeys[ownerKey(t.key)]))
		o.Source = identity.OwnerConsumerTag
		o.Reason = fmt.Sprintf("%s, which uses it, has the tag %s", at[v].address, t.key)
		l.addOwner(a, o)
	}
	slices.SortStableFunc(a.Owners, func(x, y leak.Owner) int {
		return cmp.Or(cmp.Compare(y.Confidence, x.Confidence), cmp.Compare(x.Name, y.Name))
	})
}

// service names what uses the credential, if that is one thing.
func (l *link) service(a *identity.Answer) {
	name, at := "", ""
	for _, u := range l.users {
		switch u.consumer {
		case "secret", "configmap", "ci secret", "ci variable", "image", "resource", "terraform provider", "service account":
			continue
		}
		of := u.label[strings.LastIndexByte(u.label, '/')+1:]
		for _, f := range u.facts {
			if f.claim == leak.ClaimService {
				of = f.value
			}
		}
		if name != "" && of != name {
			return
		}
		name, at = of, ref(u.path, u.line)
	}
	if name != "" {
		l.say(a, leak.ClaimService, name, .4, "it is what uses it", at)
	}
}

// owners says whom the tags of an object name. scale lowers how sure that is.
func (l *link) owners(a *identity.Answer, o *object, scale float64) {
	for _, t := range o.owners {
		line := t.line
		if line == 0 {
			line = o.line
		}
		w := t.owner(ref(cmp.Or(t.path, o.path), line), min(1, scale)*ownerKeys[ownerKey(t.key)])
		w.Reason, w.Of = fmt.Sprintf("%s has the tag %s", o.address, t.key), ref(o.path, o.line)
		l.addOwner(a, w)
	}
}

func (l *link) addOwner(a *identity.Answer, o leak.Owner) {
	o.Reason = l.public(o.Reason)
	if o.Name = l.public(o.Name); o.Name == "" || l.isHidden(o.Email) || looksSecret(o.Name) || len(o.Name) > 100 || len(a.Owners) >= maxFacts {
		return
	}
	for i, old := range a.Owners {
		if old.Name == o.Name && old.Email == o.Email {
			if o.Confidence > old.Confidence {
				a.Owners[i] = o
			}
			return
		}
	}
	a.Owners = append(a.Owners, o)
}

// permissions says which roles the code gives the identity.
func (l *link) permissions(a *identity.Answer) {
	slices.SortFunc(l.grants, func(x, y grant) int {
		return cmp.Or(cmp.Compare(x.role, y.role), cmp.Compare(y.weight, x.weight), cmp.Compare(x.ref, y.ref))
	})
	sameRole := func(x, y grant) bool { return x.role == y.role }
	for _, g := range slices.CompactFunc(l.grants, sameRole) {
		l.basis = g.basis
		l.say(a, leak.ClaimPermission, g.role, g.weight, g.by, g.ref)
	}
	l.basis = ""
}

var mail = lazy.New(`[\w.+-]+@[\w-]+(?:\.[\w-]+)+`)

// public is s if it may stand in a report: without the credential, without the
// addresses of people, on one line.
func (l *link) public(s string) string {
	if l.isHidden(s) {
		return ""
	}
	s = mail.ReplaceAllStringFunc(cut(s), func(m string) string {
		if gcpMail.MatchString(strings.ToLower(m)) || strings.HasSuffix(m, ".gserviceaccount.com") {
			return m
		}
		local, _, _ := strings.Cut(m, "@")
		return local
	})
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "")))
}

func (l *link) isHidden(s string) bool {
	for _, h := range l.hidden {
		if len(s) >= len(h) && strings.Contains(s, string(h)) {
			return true
		}
	}
	return false
}

// looksSecret reports whether a text has a long run that is no word.
func looksSecret(s string) bool {
	run, digits, letters := 0, 0, 0
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '+' && r != '=' && r != '_' {
			run, digits, letters = 0, 0, 0
			continue
		}
		run++
		if unicode.IsDigit(r) {
			digits++
		} else if unicode.IsLetter(r) {
			letters++
		}
		if run >= 20 && digits >= 3 && letters >= 3 {
			return true
		}
	}
	return false
}
