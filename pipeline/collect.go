package pipeline

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"hash/maphash"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/internal/fault"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
	"github.com/whosekey/whosekey/scanners"
)

// collector gathers matches while a source is scanned. A history has each
// credential in thousands of versions of a file, so it keeps of a place no more
// than where it is and what stands there. See resolve.go for what becomes of them.
type collector struct {
	set  *detectors.Set
	salt []byte // of this run: keys here are never shown
	seed maphash.Seed
	most int // see maxSightings
	many func()

	mu     sync.Mutex
	kinds  []kind
	known  map[*leak.Hit]int32 // its kind; some of them
	alike  map[uint64][]int32  // kinds by Sum
	lesser map[lesser]int32    // kinds that lose wherever they were seen
	byRef  map[leak.Ref][]sighting
	n      int            // sightings
	ofRule map[string]int // kinds
	rules  map[string]leak.RuleInfo

	piecesOf map[string]*leak.Hit // see onlyPieces
	all      []leak.Parts         // see told
	masks    *leak.Redactor       // see redactor
	spare    sync.Pool            // of *batch
	dropped  int64                // places over the bound, of credentials that are kept
	lost     int64                // matches of credentials that are not
	packed   atomic.Int64
	broken   atomic.Int64 // texts that were not searched to their end
}

// kind is a hit, with the length of the credential.
type kind struct {
	*leak.Hit
	len    int64
	lo, hi int64 // from where to where its pieces reach, from its start
	counts bool  // at some place it won
	hashed string
}

// sighting is a place of a kind.
type sighting struct {
	start int64
	kind  int32
	also  bool // another match of the same bytes counts
}

// Bounds on what a source makes us hold. A sighting costs 16 bytes here, and up to
// three times as much in the course of Locate. Beyond the bounds only new
// credentials are kept, then none; what is left out is counted.
const (
	maxSightings = 4 << 20
	many         = 1 << 16
	maxKnown     = 1 << 17
)

// Bounds on different credentials, each of which costs some kilobytes until it is
// reported: of all, and of one rule, so that a file of nothing else leaves room for
// what stands beside it.
var (
	maxKinds  = 100_000
	maxOfRule = 50_000
)

func newCollector(set *detectors.Set) *collector {
	c := &collector{set: set, seed: maphash.MakeSeed(), most: maxSightings, known: map[*leak.Hit]int32{}, alike: map[uint64][]int32{}, lesser: map[lesser]int32{}, ofRule: map[string]int{},
		byRef: map[leak.Ref][]sighting{}, rules: map[string]leak.RuleInfo{}}
	c.salt = make([]byte, 16)
	rand.Read(c.salt)
	for _, info := range set.Rules() {
		c.rules[info.ID] = info
	}
	c.spare.New = func() any {
		b := &batch{}
		b.take = func(m leak.Match) { b.matches = append(b.matches, m) }
		return b
	}
	return c
}

// batch is what is found in a chunk.
type batch struct {
	matches   []leak.Match
	best      []int32 // of each match the one that outdoes it, or itself
	fate      []fate  // of each match
	order     []int32 // scratch
	sightings []sighting
	take      func(leak.Match)
}

// scan searches a chunk.
func (c *collector) scan(chunk *leak.Chunk) {
	b := c.spare.Get().(*batch)
	chunk.At = chunk.At[:0]
	if chunk.Name {
		chunk.Place = inName
	}
	c.search(chunk, b.take)
	if chunk.Name {
		b.matches = slices.DeleteFunc(b.matches, c.notOfName)
		chunk.Found = len(b.matches)
	}
	if chunk.Packed > 0 {
		c.packed.Add(int64(chunk.Packed))
	}
	if len(b.matches) > 0 {
		c.add(b)
		for i := range b.matches {
			chunk.At = append(chunk.At, b.matches[i].Span)
		}
		clear(b.matches)
		b.matches = b.matches[:0]
	}
	c.spare.Put(b)
}

func inName(s leak.Span) (leak.Span, string) { return leak.InName(s), "" }

// notOfName reports whether a match in a name counts for nothing. There is no text around
// it that says what it is, and names are full of hashes and ids: only what shows by itself
// what it is counts.
func (c *collector) notOfName(m leak.Match) bool {
	return m.Encoding != "" || m.Rule == rules.Generic || m.Rule == rules.KubernetesSecret || c.rules[m.Rule].Sure != leak.High
}

// search searches a chunk. A bug that one text brings to light costs that text, not
// the scan; what was found in it so far counts.
func (c *collector) search(chunk *leak.Chunk, take func(leak.Match)) {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		if _, ok := r.(interface{ Addr() uintptr }); ok {
			panic(r) // a file that shrank while it was read: the source knows what to do
		}
		if c.broken.Add(1) == 1 {
			slog.Error("a detector failed: please report this bug, with what --log-level debug prints", "why", fault.Of(r))
		}
		slog.Debug("a detector failed", "why", fault.Of(r), "stack", string(debug.Stack()))
	}()
	c.set.Scan(chunk, take)
}

// add takes the matches of a chunk.
func (c *collector) add(b *batch) {
	b.sightings = b.sightings[:0]
	c.outdone(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	full := c.n >= c.most
	b.fate = b.fate[:0]
	for i := range b.matches {
		m := &b.matches[i]
		if int(b.best[i]) != i {
			b.fate = append(b.fate, isKept) // see below
			continue
		}
		k, isNew := c.kindOf(m)
		switch {
		case k < 0:
			b.fate = append(b.fate, isLost)
		case full && !isNew:
			b.fate = append(b.fate, isDropped)
		default:
			b.fate = append(b.fate, isKept)
			b.sightings = append(b.sightings, sighting{start: m.Span.Start, kind: k})
		}
	}
	for i := range b.matches {
		switch best := int(b.best[i]); b.fate[best] {
		case isLost:
			c.lost++
		case isDropped:
			c.dropped++
		default:
			if best != i {
				b.sightings = append(b.sightings, sighting{start: b.matches[i].Span.Start, kind: c.lesserOf(&b.matches[i])})
			}
		}
	}
	if len(b.sightings) == 0 {
		return
	}
	// A match can have its literal twice.
	if !slices.IsSortedFunc(b.sightings, compareSightings) {
		slices.SortFunc(b.sightings, compareSightings)
	}
	b.sightings = slices.Compact(b.sightings)
	ref := b.matches[0].Ref
	old := c.byRef[ref]
	if c.n += len(b.sightings); c.n > many && c.many != nil {
		c.many()
		c.many = nil
	}
	if old == nil {
		c.byRef[ref] = slices.Clone(b.sightings)
		return
	}
	c.byRef[ref] = append(old, b.sightings...)
}

func compareSightings(a, b sighting) int {
	return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.kind, b.kind))
}

// kindOf returns the number of what was matched, or -1 if there are too many. What
// a version of a file inherits from another one is known by its address.
func (c *collector) kindOf(m *leak.Match) (n int32, isNew bool) {
	length := m.Span.End - m.Span.Start
	n, ok := c.known[m.Hit]
	if ok && c.kinds[n].len == length {
		return n, false
	}
	sum := m.Hit.Sum(c.seed)
	for _, n := range c.alike[sum] {
		if k := &c.kinds[n]; k.len == length && k.Same(m.Hit) {
			c.remember(m.Hit, n)
			return n, false
		}
	}
	if len(c.kinds) >= maxKinds || c.ofRule[m.Rule] >= maxOfRule {
		return -1, true
	}
	c.ofRule[m.Rule]++
	n = int32(len(c.kinds))
	c.kinds = append(c.kinds, kindOf(m.Hit, length))
	c.alike[sum] = append(c.alike[sum], n)
	c.remember(m.Hit, n)
	return n, true
}

func kindOf(h *leak.Hit, length int64) kind {
	k := kind{Hit: h, len: length, hi: length}
	for _, p := range h.Pieces {
		k.lo, k.hi = min(k.lo, p.Start), max(k.hi, p.End)
	}
	return k
}

func (c *collector) remember(h *leak.Hit, n int32) {
	if len(c.known) >= maxKnown {
		clear(c.known)
	}
	c.known[h] = n
}

// tell adds what was left out to the coverage.
func (c *collector) tell(cov *scanners.Coverage) {
	cov.LeaveOutMany(c.packed.Load(), "text in base64 or hex that unpacks to too much or is encoded more than three times", "decode it yourself, and search that")
	cov.SkipMany(c.broken.Load(), "text that a bug of whosekey kept from being searched", "report it, with what --log-level debug prints: https://github.com/whosekey/whosekey/issues")
	cov.SkipMany(c.dropped, "place of a credential that has too many to remember them all: where it is now, and since when, may be wrong",
		"scan less at once: whosekey git --range, or one folder after the other")
	cov.SkipMany(c.lost, fmt.Sprintf("match of a credential beyond the first %d, or the first %d of one rule", maxKinds, maxOfRule), "scan less at once: whosekey git --range, or one folder after the other")
}

// pieces are all places in a blob that hold a piece of some credential, those
// included that lost to others: what is shown of the blob masks them.
func (c *collector) pieces(ref leak.Ref) []leak.Span {
	var out []leak.Span
	for _, s := range c.byRef[ref] {
		m := c.match(ref, s)
		out = append(append(out, m.Span), m.Places()...)
	}
	return out
}

// parts are the pieces of all credentials that count, also of those without a
// place.
func (c *collector) parts() (all []leak.Parts) {
	if c.all != nil {
		return c.all
	}
	for i := range c.kinds {
		if c.kinds[i].counts {
			all = append(all, c.kinds[i].Parts)
		}
	}
	return all
}

// redactor knows them. It is made when it is first asked for, which is after the search.
func (c *collector) redactor() *leak.Redactor {
	if c.masks == nil {
		c.masks = redactor(c.parts())
	}
	return c.masks
}

func (c *collector) match(ref leak.Ref, s sighting) leak.Match {
	k := &c.kinds[s.kind]
	return leak.Match{Hit: k.Hit, Ref: ref, Span: leak.Span{Start: s.start, End: s.start + k.len}}
}
