package pipeline

import (
	"cmp"
	"crypto/rand"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/leak"
)

// collector gathers matches while a source is scanned, and makes credentials
// of them afterwards.
type collector struct {
	set  *detectors.Set
	salt []byte // of this run: keys here are never shown

	mu    sync.Mutex
	seen  map[sighting]int // index in byRef
	byRef map[leak.Ref][]leak.Match
	parts map[string]leak.Parts  // by their fingerprint, so that each value is kept once
	known map[uintptr]knownParts // by their address
	rules map[string]leak.RuleInfo
}

// sighting is what makes two matches the same.
type sighting struct {
	rule string
	ref  leak.Ref
	span leak.Span
}

// credential is a distinct secret of a rule, with all its matches.
type credential struct {
	matches []leak.Match
	also    []string
}

func newCollector(set *detectors.Set) *collector {
	c := &collector{set: set, seen: map[sighting]int{}, byRef: map[leak.Ref][]leak.Match{}, parts: map[string]leak.Parts{}, known: map[uintptr]knownParts{}, rules: map[string]leak.RuleInfo{}}
	c.salt = make([]byte, 16)
	rand.Read(c.salt)
	for _, info := range set.Rules() {
		c.rules[info.ID] = info
	}
	return c
}

func (c *collector) add(m leak.Match) {
	m.Parts = c.same(m.Parts)
	c.mu.Lock()
	defer c.mu.Unlock()
	at := sighting{m.Rule, m.Ref, m.Span}
	i, again := c.seen[at]
	switch {
	case !again:
		c.seen[at] = len(c.byRef[m.Ref])
		c.byRef[m.Ref] = append(c.byRef[m.Ref], m)
	case says(m, c.byRef[m.Ref][i]) < 0:
		c.byRef[m.Ref][i] = m // chunks overlap, and a match can have its literal twice
	}
}

// maxKnown bounds the memory for maps that are known by their address.
const maxKnown = 1 << 17

// same returns the one copy of these parts. What a version of a file inherits
// from another one has the very same map, which is known by its address; the
// values need not be hashed again.
func (c *collector) same(parts leak.Parts) leak.Parts {
	at := reflect.ValueOf(parts).Pointer()
	c.mu.Lock()
	k, ok := c.known[at]
	c.mu.Unlock()
	if ok {
		return k.one
	}
	key := c.fingerprint(parts)
	c.mu.Lock()
	defer c.mu.Unlock()
	one, ok := c.parts[key]
	if !ok {
		one = parts
		c.parts[key] = parts
	}
	if len(c.known) < maxKnown {
		c.known[at] = knownParts{parts, one}
	}
	return one
}

// knownParts keeps parts alive, so that nothing else gets their address.
type knownParts struct{ parts, one leak.Parts }

// fingerprint of all parts. It depends on nothing but them.
func (c *collector) fingerprint(parts leak.Parts) string {
	if secret, ok := parts[leak.SecretPart]; ok && len(parts) == 1 {
		return secret.Fingerprint(nil, leak.SecretPart)
	}
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		out.WriteString(parts[name].Fingerprint(nil, name))
	}
	return out.String()
}

// says sorts matches of the same secret: what says most comes first, and what
// says as much in an order that does not depend on who was first to find it.
func says(a, b leak.Match) int {
	if c := cmp.Or(cmp.Compare(len(b.Parts), len(a.Parts)), cmp.Compare(len(a.Loose), len(b.Loose)), strings.Compare(a.Encoding, b.Encoding), slices.Compare(a.Why, b.Why)); c != 0 {
		return c
	}
	if sameParts(a.Parts, b.Parts) {
		return slices.CompareFunc(a.Pieces, b.Pieces, compareSpans)
	}
	for _, name := range slices.Sorted(maps.Keys(a.Parts)) {
		x, y := a.Parts[name], b.Parts[name]
		if !x.Equal(y) {
			return strings.Compare(x.Fingerprint(nil, name), y.Fingerprint(nil, name))
		}
	}
	return slices.CompareFunc(a.Pieces, b.Pieces, compareSpans)
}

// sameParts is true for most that are compared: they are of one credential.
func sameParts(a, b leak.Parts) bool {
	for name, x := range a {
		if y, ok := b[name]; !ok || !x.Equal(y) {
			return false
		}
	}
	return len(a) == len(b)
}

// surer compares how sure the rules of two matches are: the surer comes first.
func (c *collector) surer(a, b *leak.Match) int {
	if a.Rule == b.Rule {
		return 0
	}
	return cmp.Compare(c.sure(*b), c.sure(*a))
}

func compareSpans(a, b leak.Span) int {
	return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End))
}

// pieces are all places in a blob that hold a piece of some credential, those
// included that lost to others: what is shown of the blob masks them.
func (c *collector) pieces(ref leak.Ref) []leak.Span {
	var out []leak.Span
	for _, m := range c.byRef[ref] {
		out = append(out, m.Span)
		out = append(out, m.Pieces...)
	}
	return out
}

// credentials decides which match of the same bytes counts, and groups those
// that do by rule and value. The order depends on nothing but the content.
func (c *collector) credentials() []*credential {
	byKey := map[string]*credential{}
	keys := map[string]map[uintptr]string{} // by rule and address of the parts, of which there is one copy
	refs := make([]leak.Ref, 0, len(c.byRef))
	for ref := range c.byRef {
		refs = append(refs, ref)
	}
	slices.Sort(refs)
	for _, ref := range refs {
		for _, w := range c.decide(c.byRef[ref]) {
			key := c.key(keys, &w.match)
			cred := byKey[key]
			if cred == nil {
				cred = &credential{}
				byKey[key] = cred
			}
			cred.matches = append(cred.matches, w.match)
			cred.also = append(cred.also, w.also...)
		}
	}
	c.foldGeneric(byKey)
	out := make([]*credential, 0, len(byKey))
	for _, cred := range byKey {
		slices.Sort(cred.also)
		cred.also = slices.Compact(cred.also)
		// What a surer rule says, and what says most, describes the finding.
		slices.SortFunc(cred.matches, func(a, b leak.Match) int {
			if x := c.surer(&a, &b); x != 0 {
				return x
			}
			if x := says(a, b); x != 0 {
				return x
			}
			return cmp.Or(strings.Compare(a.Rule, b.Rule), cmp.Compare(a.Ref, b.Ref), compareSpans(a.Span, b.Span))
		})
		out = append(out, cred)
	}
	slices.SortFunc(out, func(a, b *credential) int {
		x, y := a.matches[0], b.matches[0]
		return cmp.Or(cmp.Compare(x.Ref, y.Ref), cmp.Compare(x.Span.Start, y.Span.Start), strings.Compare(x.Rule, y.Rule))
	})
	return out
}

// key identifies the credential of a match.
func (c *collector) key(keys map[string]map[uintptr]string, m *leak.Match) string {
	byParts := keys[m.Rule]
	if byParts == nil {
		byParts = map[uintptr]string{}
		keys[m.Rule] = byParts
	}
	at := reflect.ValueOf(m.Parts).Pointer()
	key, ok := byParts[at]
	if !ok {
		key = m.Parts[leak.SecretPart].Fingerprint(c.salt, m.Rule)
		byParts[at] = key
	}
	return key
}

// winner is a match that counts, and the rules that matched the same bytes.
type winner struct {
	match leak.Match
	also  []string
}

// decide resolves overlaps within a blob: the same bytes are one finding. The
// surer rule wins, then the longer match, then the one with more parts.
func (c *collector) decide(ms []leak.Match) []winner {
	slices.SortFunc(ms, func(a, b leak.Match) int {
		if x := cmp.Or(
			c.surer(&a, &b),
			cmp.Compare(b.Span.End-b.Span.Start, a.Span.End-a.Span.Start),
			cmp.Compare(len(b.Parts), len(a.Parts)),
			strings.Compare(a.Rule, b.Rule),
			strings.Compare(a.Encoding, b.Encoding),
			cmp.Compare(a.Span.Start, b.Span.Start),
		); x != 0 {
			return x
		}
		return says(a, b)
	})
	var out []winner
	taken := newSpanSet()
	for _, m := range ms {
		if i, ok := taken.find(m.Span); ok {
			if rule := m.Rule; rule != out[i].match.Rule {
				out[i].also = append(out[i].also, rule)
			}
			continue
		}
		for _, p := range append(m.Pieces, m.Span) {
			taken.add(p, len(out))
		}
		out = append(out, winner{match: m})
	}
	return out
}

func (c *collector) sure(m leak.Match) int {
	switch c.rules[m.Rule].Sure {
	case leak.High:
		return 3
	case leak.Medium:
		return 2
	}
	return 1
}

// foldGeneric gives the matches of a low-confidence rule to a surer rule that
// found the same value elsewhere; of several to the surest, then by id.
func (c *collector) foldGeneric(byKey map[string]*credential) {
	surest := map[string]*credential{}
	value := func(cred *credential) string {
		return cred.matches[0].Parts[leak.SecretPart].Fingerprint(c.salt, "")
	}
	for _, cred := range byKey {
		v, m := value(cred), cred.matches[0]
		if old := surest[v]; old == nil || cmp.Or(c.sure(old.matches[0])-c.sure(m), strings.Compare(m.Rule, old.matches[0].Rule)) < 0 {
			surest[v] = cred
		}
	}
	for key, cred := range byKey {
		best := surest[value(cred)]
		if best != cred && c.sure(cred.matches[0]) == 1 && c.sure(best.matches[0]) > 1 {
			best.also = append(append(best.also, cred.also...), cred.matches[0].Rule)
			best.matches = append(best.matches, cred.matches...)
			delete(byKey, key)
		}
	}
}

// spanSet finds which of the spans in it overlaps another one. It keeps them
// by the 256-byte blocks that they touch: credentials are short, and there may
// be a million.
type spanSet struct{ blocks map[int64][]ownedSpan }

type ownedSpan struct {
	leak.Span
	owner int
}

const blockBits = 8

func newSpanSet() *spanSet { return &spanSet{map[int64][]ownedSpan{}} }

func (s *spanSet) add(span leak.Span, owner int) {
	for b := span.Start >> blockBits; b <= span.End>>blockBits; b++ {
		s.blocks[b] = append(s.blocks[b], ownedSpan{span, owner})
	}
}

func (s *spanSet) find(span leak.Span) (owner int, ok bool) {
	for b := span.Start >> blockBits; b <= span.End>>blockBits; b++ {
		for _, o := range s.blocks[b] {
			if o.Overlaps(span) {
				return o.owner, true
			}
		}
	}
	return 0, false
}
