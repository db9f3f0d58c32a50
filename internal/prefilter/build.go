package prefilter

import "math/bits"

// Kinds of windows that pass looks for.
const (
	six  = iota // six bytes
	four        // four bytes
	head        // three bytes
	tail        // three bytes, and any before them
	kinds
)

// known is which bytes of a window of a kind are known.
var known = [kinds]struct{ from, to int }{six: {0, 6}, four: {0, 4}, head: {0, 3}, tail: {1, 4}}

// minWindow is the length of the shortest literal that has windows.
const minWindow = 3

// choice is a window of a literal and its bucket.
type choice struct {
	kind, off, bucket int
	cost              float32
}

// dear is how much more it costs to look at a window than at a place that
// passes without one.
const dear = 8

// builder collects the windows of the literals.
type builder struct {
	f       *Filter
	entries []entry
	hashes  []uint64
	firsts  []byte // of the windows of sieve
}

// Compile builds a filter. Empty literals never match. It takes about 0.6
// microseconds a literal.
func Compile(lits []Literal) *Filter { return compile(lits, haveSieve) }

// compile can be told whether to use byte sets or pairs.
func compile(lits []Literal, bySets bool) *Filter {
	each := 2 // windows of a literal
	if bySets {
		each = 1
	}
	f := &Filter{literals: make([]literal, len(lits)), same: make([]int32, len(lits))}
	b := &builder{f: f, entries: make([]entry, 0, each*len(lits)), hashes: make([]uint64, 0, each*len(lits))}
	sets, pairs := (*setBuilder)(nil), (*pairBuilder)(nil)
	if bySets {
		sets = newSetBuilder(f)
	} else {
		pairs = newPairBuilder(f, lits)
	}
	u := newUnique(len(lits))
	offs := make([]int32, len(lits)) // of the windows of sieve; 0 is as good
	var a anchor
	for i := range lits {
		l := &lits[i]
		f.literals[i], f.same[i] = newLiteral(*l), -1
		if len(l.Text) < minWindow {
			if l.Text != "" {
				f.addTiny(int32(i))
			}
			continue
		}
		if first, ok := u.seen(f, int32(i)); ok {
			f.back = max(f.back, f.literals[i].full-int(offs[first]))
			continue
		}
		a.of(l)
		if bySets {
			c := sets.choose(&a)
			b.firsts = append(b.firsts, a.chars[c.off])
			b.add(&a, int32(i), c, slotHash(&a, c))
			offs[i] = int32(c.off)
			continue
		}
		for odd := range 2 {
			c := pairs.choose(&a, odd)
			b.add(&a, int32(i), c, hash(a.window(c.off, known[c.kind].from, known[c.kind].to), c.bucket))
		}
	}
	if bySets {
		f.fill(b)
		return f
	}
	b.sort(64 - 1 - bits.Len(uint(len(b.entries))))
	b.bloom()
	pairs.spread()
	return f
}

// addTiny notes a literal that is too short for a window.
func (f *Filter) addTiny(lit int32) {
	f.tiny, f.longTiny = append(f.tiny, lit), max(f.longTiny, f.literals[lit].full)
}

// add notes the window of a literal and its hash.
func (b *builder) add(a *anchor, lit int32, c choice, h uint64) {
	b.entries = append(b.entries, entry{tag: tag(h, c.bucket), lit: lit, off: int32(c.off)})
	b.hashes = append(b.hashes, h)
	b.f.back, b.f.ahead = max(b.f.back, b.f.literals[lit].full-c.off), max(b.f.ahead, c.off)
}

// window returns the bytes from one to another of a window, in lower case.
func (a *anchor) window(off, from, to int) (w uint64) {
	for i := from; i < to; i++ {
		w |= uint64(a.chars[off+i]|fold&0xff) << (8 * i)
	}
	return w
}

// mask returns the bytes of a window of a kind that are known.
func mask(kind int) uint64 {
	return ^uint64(0) >> (64 - 8*known[kind].to) &^ (1<<(8*known[kind].from) - 1)
}

// bloom makes the bloom filter of the hashes.
func (b *builder) bloom() {
	f := b.f
	// 64 to 128 bits a literal: with 16 of those a tenth of the time went to
	// windows that are none.
	f.bloomShift = uint8(64 - 6 - bits.Len(uint(len(f.literals))))
	f.bloom = make([]uint64, 1<<(64-f.bloomShift)/64)
	for _, h := range b.hashes {
		bit := h >> f.bloomShift
		f.bloom[bit/64] |= 1 << (bit % 64)
	}
}

// sort sorts the entries by what shift leaves of their hashes.
func (b *builder) sort(shift int) {
	f := b.f
	f.startShift = uint8(shift)
	f.start = make([]uint32, 1<<(64-shift)+1)
	for _, h := range b.hashes {
		f.start[h>>shift]++
	}
	sum := uint32(0)
	for i, n := range f.start {
		sum += n
		f.start[i] = sum // where those that begin with i end
	}
	f.entries = make([]entry, len(b.entries))
	for i := len(b.entries) - 1; i >= 0; i-- {
		k := b.hashes[i] >> shift
		f.start[k]--
		f.entries[f.start[k]] = b.entries[i]
	}
}
