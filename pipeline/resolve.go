package pipeline

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
	"github.com/whosekey/whosekey/scanners"
)

// credential is a distinct secret of a rule, with all its matches. The first
// describes it.
type credential struct {
	matches []leak.Match
	also    []string
	named   []*leak.Hit // of the same bytes, by their names: say whose it is where the rule knows a form only

	n     int // how many matches there will be
	first int // rank of the kind of the first
}

// resolver decides which match of the same bytes counts, and groups those that
// do by rule and value.
type resolver struct {
	*collector
	refs []leak.Ref
	cred []*credential // of each kind, once one of them counts
	// wins and tells rank the kinds: who wins the same bytes, and who describes a
	// credential. The first is 0.
	wins, tells []int32
	byKey       map[string]*credential
	reach       []reach // scratch
}

// reach is how far the pieces of a sighting reach.
type reach struct {
	lo, hi int64
	i      int32
}

// credentials returns all credentials. Their order depends on nothing but the
// content.
func (c *collector) credentials(ctx context.Context) ([]*credential, error) {
	r := &resolver{collector: c, cred: make([]*credential, len(c.kinds)), byKey: map[string]*credential{}}
	r.refs = slices.Sorted(maps.Keys(c.byRef))
	r.wins, r.tells = c.rank(c.winsOver), c.rank(c.tellsMore)
	each := func(do func(ref leak.Ref)) error {
		for i, ref := range r.refs {
			if i%1024 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			do(ref)
		}
		return nil
	}
	if err := each(r.decide); err != nil {
		return nil, err
	}
	if err := each(r.fill); err != nil {
		return nil, err
	}
	r.foldGeneric()
	c.settle()
	out := make([]*credential, 0, len(r.byKey))
	for _, cred := range r.byKey {
		slices.Sort(cred.also)
		cred.also = slices.Compact(cred.also)
		out = append(out, cred)
	}
	slices.SortFunc(out, func(a, b *credential) int {
		x, y := a.matches[0], b.matches[0]
		return cmp.Or(cmp.Compare(x.Ref, y.Ref), cmp.Compare(x.Span.Start, y.Span.Start), strings.Compare(x.Rule, y.Rule), strings.Compare(x.Encoding, y.Encoding))
	})
	return out, nil
}

// rank numbers the kinds in an order. Those that are equal in it are told apart by
// their values, so that it does not depend on who was first to find them.
func (c *collector) rank(order func(a, b *kind) int) []int32 {
	by := make([]int32, len(c.kinds))
	for i := range by {
		by[i] = int32(i)
	}
	slices.SortFunc(by, func(a, b int32) int { return order(&c.kinds[a], &c.kinds[b]) })
	rank := make([]int32, len(by))
	for i, n := range by {
		rank[n] = int32(i)
	}
	return rank
}

// winsOver: of the same bytes the surer rule wins, then the one that has further secret
// pieces, of which others may have found one alone, then the one that needs no section around
// its field, then the longer match, then the one that knows the provider, then the one with more parts.
func (c *collector) winsOver(a, b *kind) int {
	if x := cmp.Or(c.surer(a, b), further(a, b), c.bySection(a, b), cmp.Compare(b.len, a.len), c.ofProvider(a, b), cmp.Compare(len(b.Parts), len(a.Parts)), strings.Compare(a.Rule, b.Rule)); x != 0 {
		return x
	}
	return says(a, b)
}

// further compares two matches by whether they have secret pieces beside the secret: the
// one that has comes first.
func further(a, b *kind) int {
	alone := func(k *kind) int {
		if k.lo < 0 || k.hi > k.len {
			return 0
		}
		return 1
	}
	return alone(a) - alone(b)
}

// bySection compares two matches by whether a rule of a provider matches only with the name
// of a section before that of its field: the one that does comes second.
func (c *collector) bySection(a, b *kind) int {
	by := func(k *kind) int {
		if k.Field == "" || rules.Form(c.rules[k.Rule].Provider) || k.Rule == rules.KubernetesSecret {
			return 0
		}
		return 1
	}
	return by(a) - by(b)
}

// tellsMore: what a surer rule says, and what says most, describes a finding.
func (c *collector) tellsMore(a, b *kind) int {
	if x := cmp.Or(c.surer(a, b), c.ofProvider(a, b)); x != 0 {
		return x
	}
	if x := says(a, b); x != 0 {
		return x
	}
	return cmp.Or(strings.Compare(a.Rule, b.Rule), cmp.Compare(a.len, b.len))
}

// surer compares how sure the rules of two matches are: the surer comes first.
func (c *collector) surer(a, b *kind) int {
	if a.Rule == b.Rule {
		return 0
	}
	return cmp.Compare(c.sure(b.Rule), c.sure(a.Rule))
}

// ofProvider compares two matches by whether their rules know whose credential it is: the
// one that does comes first.
func (c *collector) ofProvider(a, b *kind) int {
	form := func(k *kind) int {
		if rules.Form(c.rules[k.Rule].Provider) {
			return 1
		}
		return 0
	}
	return form(a) - form(b)
}

// sure is 0 for the rule that knows nothing but the name of a field: every other one
// knows more.
func (c *collector) sure(rule string) int {
	switch sure := c.rules[rule].Sure; {
	case c.rules[rule].Named:
		return 4
	case sure == leak.High:
		return 3
	case sure == leak.Medium:
		return 2
	case rule == rules.Generic:
		return 0
	}
	return 1
}

// says sorts what was found: what says most comes first, and what says as much in
// an order that does not depend on who was first to find it.
func says(a, b *kind) int {
	if x := cmp.Or(cmp.Compare(len(b.Parts), len(a.Parts)), cmp.Compare(len(a.Loose), len(b.Loose)), strings.Compare(a.Encoding, b.Encoding), slices.Compare(a.Why, b.Why)); x != 0 {
		return x
	}
	return cmp.Or(strings.Compare(a.values(), b.values()), slices.Compare(a.Loose, b.Loose), slices.CompareFunc(a.Pieces, b.Pieces, compareSpans), strings.Compare(a.Field, b.Field))
}

// values depends on nothing but the values of the parts. To compute it is not cheap.
func (k *kind) values() string {
	if k.hashed == "" {
		for _, name := range slices.Sorted(maps.Keys(k.Parts)) {
			k.hashed += k.Parts[name].Fingerprint(nil, name)
		}
	}
	return k.hashed
}

func compareSpans(a, b leak.Span) int {
	return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End))
}

// decide resolves overlaps within a blob: the same bytes are one finding. Most
// credentials have their bytes for themselves.
func (r *resolver) decide(ref leak.Ref) {
	all, rs := r.byRef[ref], r.reach[:0]
	if !slices.IsSortedFunc(all, compareSightings) {
		slices.SortFunc(all, compareSightings) // it came in chunks
	}
	sorted := true
	for i, s := range all {
		k := &r.kinds[s.kind]
		rs = append(rs, reach{s.start + k.lo, s.start + k.hi, int32(i)})
		sorted = sorted && (i == 0 || rs[i-1].lo <= rs[i].lo)
	}
	r.reach = rs
	if !sorted {
		slices.SortFunc(rs, func(a, b reach) int { return cmp.Compare(a.lo, b.lo) })
	}
	for len(rs) > 0 {
		n, end := 1, rs[0].hi
		for n < len(rs) && rs[n].lo < end {
			end = max(end, rs[n].hi)
			n++
		}
		if n == 1 {
			r.count(all[rs[0].i])
		} else {
			r.contest(ref, all, rs[:n])
		}
		rs = rs[n:]
	}
}

// contest decides among sightings of which each shares bytes with another one.
func (r *resolver) contest(ref leak.Ref, all []sighting, rs []reach) {
	slices.SortFunc(rs, func(a, b reach) int {
		x, y := all[a.i], all[b.i]
		return cmp.Or(cmp.Compare(r.wins[x.kind], r.wins[y.kind]), cmp.Compare(x.start, y.start))
	})
	taken := newSpanSet(len(rs))
	for _, at := range rs {
		s := &all[at.i]
		k := &r.kinds[s.kind]
		span := leak.Span{Start: s.start, End: s.start + k.len}
		if winner, ok := taken.find(span, k.Hit); ok {
			s.also = true
			if w := &r.kinds[winner]; w.Rule != k.Rule {
				r.of(winner).lost(k, rules.Form(r.rules[w.Rule].Provider))
			}
			continue
		}
		taken.add(span, s.kind, k.Hit)
		for _, p := range k.Pieces {
			taken.add(leak.Span{Start: s.start + p.Start, End: s.start + p.End}, s.kind, k.Hit)
		}
		r.count(*s)
	}
}

// count counts a sighting that counts.
func (r *resolver) count(s sighting) {
	cred := r.of(s.kind)
	r.kinds[s.kind].counts = true
	if cred.n++; cred.first < 0 || r.tells[s.kind] < int32(cred.first) {
		cred.first = int(r.tells[s.kind])
	}
}

// of returns the credential of a kind.
func (r *resolver) of(n int32) *credential {
	cred := r.cred[n]
	if cred == nil {
		k := &r.kinds[n]
		key := k.Parts[leak.SecretPart].Fingerprint(r.salt, k.Rule)
		if cred = r.byKey[key]; cred == nil {
			cred = &credential{first: -1}
			r.byKey[key] = cred
		}
		r.cred[n] = cred
	}
	return cred
}

// fill gives the credentials their matches in a blob.
func (r *resolver) fill(ref leak.Ref) {
	for _, s := range r.byRef[ref] {
		if s.also {
			continue
		}
		cred := r.cred[s.kind]
		if cred.matches == nil {
			cred.matches = make([]leak.Match, 0, cred.n)
		}
		cred.matches = append(cred.matches, r.match(ref, s))
		if last := len(cred.matches) - 1; cred.first == int(r.tells[s.kind]) {
			cred.matches[0], cred.matches[last] = cred.matches[last], cred.matches[0]
			cred.first = -1 // the first of its kind it is
		}
	}
}

// How many places are listed: of one credential, and of all if there are more.
const (
	maxPlaces    = 10_000
	maxAllPlaces = 500_000
)

// toLocate are the matches of which the source is asked for the place: all, or of
// each credential as many as people can look at.
func (cfg *Config) toLocate(creds []*credential, cov *scanners.Coverage) [][]leak.Match {
	out, total := make([][]leak.Match, len(creds)), 0
	for i, cred := range creds {
		out[i] = cred.matches
		total += len(cred.matches)
	}
	if _, ok := cfg.Source.(scanners.Versioned); ok {
		return out
	}
	most := maxPlaces
	if total > maxAllPlaces {
		most = min(most, max(1, maxAllPlaces/len(creds)))
	}
	for i, ms := range out {
		if len(ms) > most {
			out[i] = ms[:most]
			cov.LeaveOut("credential in more places than whosekey lists", "", "")
		}
	}
	return out
}

// foldGeneric gives the matches of a low-confidence rule to a surer rule that
// found the same value elsewhere; of several to the surest, then by id.
func (r *resolver) foldGeneric() {
	surest, values := map[string]*credential{}, make(map[*credential]string, len(r.byKey))
	for _, cred := range r.byKey {
		m := &cred.matches[0]
		v := m.Parts[leak.SecretPart].Fingerprint(r.salt, "")
		values[cred] = v
		if old := surest[v]; old == nil || cmp.Or(r.sure(old.matches[0].Rule)-r.sure(m.Rule), strings.Compare(m.Rule, old.matches[0].Rule)) < 0 {
			surest[v] = cred
		}
	}
	for key, cred := range r.byKey {
		best := surest[values[cred]]
		if mine := r.sure(cred.matches[0].Rule); best != cred && mine <= 1 && r.sure(best.matches[0].Rule) > mine {
			best.also = append(append(best.also, cred.also...), cred.matches[0].Rule)
			best.matches = append(best.matches, cred.matches...)
			delete(r.byKey, key)
		}
	}
}
