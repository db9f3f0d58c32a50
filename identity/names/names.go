// Package names reads what a credential is called and what stands beside it:
// the variable, the path, and the fields of the same block that say which
// account, tenant or server it is for. What it says is a hint; nothing of a
// value that may be secret gets into it.
package names

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/identity/around"
	"github.com/whosekey/whosekey/identity/decode"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// byName is the weight of what names say.
const byName = 0.3

// New returns the Resolver.
func New() identity.Resolver { return resolver{} }

type resolver struct{}

// Resolve implements identity.Resolver.
func (resolver) Resolve(ctx context.Context, q *identity.Query) (identity.Answer, error) {
	s := &search{q: q, best: map[string]leak.Evidence{}, away: map[string]int{}}
	for i := range q.Places {
		if err := ctx.Err(); err != nil {
			return identity.Answer{}, err
		}
		s.place(&q.Places[i])
	}
	s.paths()
	s.known()
	return identity.Answer{Evidence: s.evidence()}, nil
}

// search is the search for one credential.
type search struct {
	q     *identity.Query
	best  map[string]leak.Evidence // by class, claim and value
	away  map[string]int           // in how many lines from the credential, by the same
	lines int                      // the same of what is added
}

// add keeps the best evidence for a value: what is a witness of its own before what has
// a basis.
func (s *search) add(e leak.Evidence) {
	if e.Weight == 0 || decode.Shared(e.Value) { // of a program, and so of nobody
		return
	}
	key := string(e.Class) + "\x00" + e.Claim + "\x00" + e.Value
	old, ok := s.best[key]
	better := !ok || e.Weight > old.Weight || e.Weight == old.Weight && s.lines < s.away[key]
	if ok && (e.Basis == "") != (old.Basis == "") {
		better = e.Basis == ""
	}
	if better {
		e.Value = strings.Clone(e.Value) // without the text that it stands in
		s.best[key], s.away[key] = e, s.lines
	}
}

// evidence is what was found, in an order that depends on nothing else. Of
// fields with different values for one claim that count as much the nearest is
// taken, and is less sure: a file can hold the settings of several accounts.
func (s *search) evidence() []leak.Evidence {
	top := map[string]string{} // key of the best by claim
	rivals := map[string]bool{}
	for key, e := range s.best {
		if e.Class != leak.FromNeighbour {
			continue
		}
		old, ok := top[e.Claim]
		better := cmp.Or(cmp.Compare(s.best[old].Weight, e.Weight), cmp.Compare(s.away[key], s.away[old]), strings.Compare(key, old)) < 0
		rivals[e.Claim] = ok && s.best[old].Weight == e.Weight || rivals[e.Claim] && (!better || s.best[old].Weight == e.Weight)
		if !ok || better {
			top[e.Claim] = key
		}
	}
	var out []leak.Evidence
	for key, e := range s.best {
		if e.Class == leak.FromNeighbour && top[e.Claim] != key {
			continue
		}
		if e.Class == leak.FromNeighbour && rivals[e.Claim] {
			e.Weight = less(e.Weight)
		}
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b leak.Evidence) int {
		return cmp.Or(strings.Compare(string(a.Class), string(b.Class)), strings.Compare(a.Claim, b.Claim), cmp.Compare(b.Weight, a.Weight), strings.Compare(a.Value, b.Value))
	})
	return out
}

// less is the weight of what stands one step further away.
func less(weight float64) float64 {
	for _, w := range []float64{around.Near, around.InFile, around.Others} {
		if w < weight {
			return w
		}
	}
	return weight
}

func (s *search) place(p *identity.Place) {
	if len(p.Text) == 0 {
		return
	}
	seen := p.Around()
	if s.q.Finding.Rule.ID == rules.KubernetesSecret {
		decoded(seen)
	}
	ref := func(line int) string {
		if p.Path == "" {
			return ""
		}
		return fmt.Sprintf("%s:%d", p.Path, line)
	}
	s.name(seen.Key, ref)
	s.url(p, ref(seen.Own.Line))
	s.bareARN(p, ref(seen.Own.Line))
	b := beside{s: s, path: p.Path, seen: seen, ref: ref, own: owned(seen.Own.Name)}
	b.prefix, b.secret = without(plain(seen.Own.Name), secretEnds)
	b.secret = b.secret && takesUser(&s.q.Finding.Rule)
	if !b.secret && s.ofPerson() {
		b.prefix, b.person = without(Plain(seen.Own.Name), personEnds)
	}
	s.keyed(p, seen, ref(seen.Own.Line))
	for i := range neighbours {
		if n := &neighbours[i]; slices.Contains(n.providers, s.q.Finding.Rule.Provider) && s.q.Finding.Rule.ID != rules.KubernetesSecret { // it is of anything
			b.table = append(b.table, n)
		}
	}
	for i := range seen.Fields {
		b.field(&seen.Fields[i])
	}
	if takesUser(&s.q.Finding.Rule) {
		s.connection(p, ref(seen.Own.Line))
	}
	b.settings(p)
	if b.secret {
		b.server()
		b.client()
		b.ansibleHost(p)
		b.accessKey()
		b.image()
		b.kafka(p)
		b.snowflake(p)
	}
}

// name says what the credential's own name does.
func (s *search) name(k around.Key, ref func(int) string) {
	if k.Name != "" {
		if e := Environment(k.Name); e != "" {
			s.add(leak.Evidence{Class: leak.FromName, Claim: leak.ClaimEnvironment, Value: e, Weight: byName, Reason: "the name " + k.Name, Ref: ref(k.Line)})
		}
		if v := Service(k.Name, s.q.Finding.Rule.Provider); v != "" {
			s.add(leak.Evidence{Class: leak.FromName, Claim: leak.ClaimService, Value: v, Weight: byName, Reason: "the name " + k.Name, Ref: ref(k.Line)})
		}
	}
	for _, above := range k.Above {
		if e := blockEnvironment(above); e != "" {
			s.add(leak.Evidence{Class: leak.FromName, Claim: leak.ClaimEnvironment, Value: e, Weight: byName, Reason: "it stands under " + above, Ref: ref(k.Line)})
			break
		}
	}
}

// blockEnvironment is the environment that a section or a key above says: one
// that is called so, such as production or acme-prod, and no function that tests
// something.
func blockEnvironment(name string) string {
	words := Words(name)
	if len(words) == 0 || len(words) > 2 {
		return ""
	}
	e := environments[words[len(words)-1]]
	if e == "" {
		e = environments[words[0]]
	}
	if len(words) > 1 && e == "test" {
		return ""
	}
	return e
}

// paths says what the paths do.
func (s *search) paths() {
	paths, all := s.q.Paths()
	fixtures := true
	for i := range s.q.Finding.Locations {
		fixtures = fixtures && Fixture(s.q.In(&s.q.Finding.Locations[i]))
	}
	for _, path := range paths {
		if e, where := PathEnvironment(path); e != "" {
			s.add(leak.Evidence{Class: leak.FromName, Claim: leak.ClaimEnvironment, Value: e, Weight: byName, Reason: "the path has " + where, Ref: path})
		}
		if v := PathService(path); v != "" {
			s.add(leak.Evidence{Class: leak.FromName, Claim: leak.ClaimService, Value: v, Weight: byName, Reason: "the path", Ref: path})
		}
	}
	note := func(value, reason string) {
		s.add(leak.Evidence{Class: leak.FromName, Claim: leak.ClaimNote, Value: value, Weight: byName, Reason: reason})
	}
	if fixtures && len(paths) > 0 {
		note(identity.NoteTestFixture, "the paths of all its places")
	}
	if n := len(s.q.Places); all > n && n >= identity.MaxPlaces {
		note(fmt.Sprintf("the text around it was read in %d of the %d files that it is in", n, all), "it is in many files")
	}
	if all > len(paths) {
		note(fmt.Sprintf("what uses it was looked for by %d of its %d paths", len(paths), all), "it is in many files")
	}
}

// known looks for an environment in the names that others found: the project
// acme-prod, the host db.staging.acme.example.
func (s *search) known() {
	for _, e := range s.q.Known {
		switch e.Claim {
		case leak.ClaimTenant, leak.ClaimTenantName, leak.ClaimName, leak.ClaimServer, leak.ClaimLabel:
		default:
			continue
		}
		if strings.Contains(e.Value, "@") && !strings.HasSuffix(e.Value, ".gserviceaccount.com") {
			continue // an address must not get into a reason
		}
		env := Environment(e.Value)
		if low := strings.ToLower(e.Value); env == "" && slug.MatchString(low) && !strings.ContainsAny(low, "._-") {
			// Names of storage accounts have no room for a dash.
			if i := strings.Index(low, "prod"); i >= 0 && !strings.HasPrefix(low[i:], "produc") || strings.Contains(low, "production") {
				env = "prod"
			}
		}
		if env != "" {
			s.add(leak.Evidence{Class: leak.FromName, Claim: leak.ClaimEnvironment, Value: env, Weight: 0.4, Reason: fmt.Sprintf("the %s %s", strings.ReplaceAll(e.Claim, "_", " "), e.Value), Ref: e.Ref})
		}
	}
}
