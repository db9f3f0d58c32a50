package prefilter

import (
	"math"
	"math/bits"
)

// A window is looked for in two pairs of bytes, and pass looks at each second
// place only. So each literal has two windows, one that starts at an even and
// one that starts at an odd byte of it. Four bytes of a literal are not always
// to be had there; then it is three, and any byte before or behind them.
const (
	six  = iota // four bytes, and two more behind them that only the hash tells
	four        // four bytes
	head        // three bytes, and any behind them
	tail        // three bytes, and any before them
	kinds
)

// known is which bytes of a window of a kind are known.
var known = [kinds]struct{ from, to int }{six: {0, 6}, four: {0, 4}, head: {0, 3}, tail: {1, 4}}

// minWindow is the length of the shortest literal that has windows.
const minWindow = 3

// builder chooses windows and buckets one literal after the other.
type builder struct {
	f        *Filter
	from, to [kinds]int // buckets of each kind
	// odds are how many places have a first, a second pair of the windows in a
	// bucket. Both together are the places that it passes.
	odds      [2][buckets]float32
	low, high [256]uint32 // what pairs gets for all pairs with that first, second byte
	entries   []entry
	hashes    []uint64
}

// Compile builds a filter. Empty literals never match. It takes about 0.2
// microseconds a literal.
func Compile(lits []Literal) *Filter {
	f := &Filter{pairs: new([1 << 16]uint32), literals: make([]literal, len(lits))}
	b := &builder{f: f, entries: make([]entry, 0, 2*len(lits)), hashes: make([]uint64, 0, 2*len(lits))}
	b.divide(lits)
	var a anchor
	for i := range lits {
		l := &lits[i]
		f.literals[i] = newLiteral(*l)
		if len(l.Text) < minWindow {
			if l.Text != "" {
				f.tiny = append(f.tiny, int32(i))
			}
			continue
		}
		a.of(l)
		for odd := range 2 {
			c := b.choose(&a, odd)
			b.add(&a, &c)
			b.entries = append(b.entries, entry{tag: tag(c.hash, c.bucket), lit: int32(i), off: int32(c.off)})
			b.hashes = append(b.hashes, c.hash)
			f.back, f.ahead = max(f.back, len(l.Text)-c.off), max(f.ahead, c.off)
		}
	}
	b.finish()
	return f
}

// divide gives each kind of windows some of the buckets, so that all are about
// as full: a bucket passes the places that have any first with any second pair.
func (b *builder) divide(lits []Literal) {
	var n [kinds]float64
	for i := range lits {
		switch size := len(lits[i].Text); {
		case size >= 7:
			n[six]++
			n[four]++
		case size >= 5:
			n[four] += 2
		case size == 4:
			n[four]++
			n[head]++
			n[tail]++
		case size == 3:
			n[head]++
			n[tail]++
		}
	}
	const rare = 2e-4     // odds of a pair
	total, left := 0.0, 0 // kinds that still need a bucket
	for k, x := range n {
		x *= rare
		n[k] = math.Sqrt(x * min(1, x)) // all first with all second pairs
		if known[k].to-known[k].from == 3 {
			n[k] = math.Sqrt(x) // nearly all bytes are there
		}
		if total += n[k]; x > 0 {
			left++
		}
	}
	next := 0
	for k := kinds - 1; k >= 0; k-- {
		b.from[k], b.to[k] = next, next
		if n[k] > 0 {
			left--
			next += min(max(1, int(n[k]/total*buckets+.5)), buckets-next-left)
			b.to[k] = next
		}
	}
	for k := range kinds {
		mask := ^uint64(0) >> (64 - 8*known[k].to) &^ (1<<(8*known[k].from) - 1)
		for i := b.from[k]; i < b.to[k]; i++ {
			b.f.care[i] = mask
		}
	}
}

// choice is a window of a literal and its bucket.
type choice struct {
	kind, off, bucket int
	cost              float32
	hash              uint64
}

// choose takes the window that makes the fewest places pass, of those that
// start at an even byte or, with odd 1, at an odd one.
func (b *builder) choose(a *anchor, odd int) choice {
	c := choice{cost: math.MaxFloat32}
	for i := odd; i+4 <= a.size; i += 2 {
		has0, has1 := b.f.pairs[a.pair(i)], b.f.pairs[a.pair(i+2)]>>second
		if i+6 <= a.size {
			b.consider(&c, choice{kind: six, off: i, cost: dear * a.chain(i, i+5)}, a.pairs[i], a.pairs[i+2], has0, has1)
		}
		b.consider(&c, choice{kind: four, off: i, cost: dear * a.chain(i, i+3)}, a.pairs[i], a.pairs[i+2], has0, has1)
	}
	if c.cost < math.MaxFloat32 {
		return c
	}
	if i := odd; i+3 <= a.size {
		b.consider(&c, choice{kind: head, off: i}, a.pairs[i], a.bytes[i+2], b.f.pairs[a.pair(i)], b.low[a.chars[i+2]]>>second)
	}
	if odd == 1 {
		b.consider(&c, choice{kind: tail, off: -1}, a.bytes[0], a.pairs[1], b.high[a.chars[0]], b.f.pairs[a.pair(1)]>>second)
	}
	return c
}

// dear is how much more it costs to look at a window than at a place that
// passes without one.
const dear = 8

// consider puts the better one of c and w into c, with the best bucket for w.
// odds0 and odds1 are those of w's pairs, has0 and has1 the buckets that have
// them already.
func (b *builder) consider(c *choice, w choice, odds0, odds1 float32, has0, has1 uint32) {
	new0, new1 := [2]float32{odds0, 0}, [2]float32{odds1, 0}
	for i := b.from[w.kind]; i < b.to[w.kind]; i++ {
		d0, d1 := new0[has0>>i&1], new1[has1>>i&1]
		if cost := w.cost + d0*b.odds[1][i] + d1*b.odds[0][i] + d0*d1; cost < c.cost {
			c.kind, c.off, c.bucket, c.cost = w.kind, w.off, i, cost
		}
	}
}

// add puts a window into its bucket.
func (b *builder) add(a *anchor, c *choice) {
	var key uint64
	for i := known[c.kind].from; i < known[c.kind].to; i++ {
		key |= uint64(a.chars[c.off+i]|fold&0xff) << (8 * i)
	}
	c.hash = hash(key, c.bucket)
	first, next := uint32(1)<<c.bucket, uint32(1)<<c.bucket<<second
	if c.kind == tail {
		x, y := a.chars[0], a.other[0]
		if b.high[x]&first == 0 {
			b.odds[0][c.bucket] += a.bytes[0]
		}
		b.high[x] |= first
		b.high[y] |= first
	} else {
		b.addPair(a, c.off, 0, first)
	}
	if c.kind == head {
		x, y := a.chars[c.off+2], a.other[c.off+2]
		if b.low[x]&next == 0 {
			b.odds[1][c.bucket] += a.bytes[c.off+2]
		}
		b.low[x] |= next
		b.low[y] |= next
	} else {
		b.addPair(a, c.off+2, 1, next)
	}
}

// addPair sets a bit for two bytes of a literal, in all cases.
func (b *builder) addPair(a *anchor, i, half int, bit uint32) {
	t := b.f.pairs
	if p := a.pair(i); t[p]&bit == 0 {
		b.odds[half][bits.TrailingZeros32(bit)%buckets] += a.pairs[i]
		t[p] |= bit
	}
	u, v := uint16(a.other[i]), uint16(a.other[i+1])<<8
	t[u|uint16(a.chars[i+1])<<8] |= bit
	t[uint16(a.chars[i])|v] |= bit
	t[u|v] |= bit
}

// finish sorts the entries by their hashes, and writes what stands for any
// byte.
func (b *builder) finish() {
	f, n := b.f, bits.Len(uint(len(b.entries)))
	f.bloomShift, f.startShift = uint8(64-max(6, n+4)), uint8(64-n-1)
	f.bloom, f.start = make([]uint64, 1<<(64-f.bloomShift)/64), make([]uint32, 1<<(64-f.startShift)+1)
	for _, h := range b.hashes {
		bit := h >> f.bloomShift
		f.bloom[bit/64] |= 1 << (bit % 64)
		f.start[h>>f.startShift]++
	}
	sum := uint32(0)
	for i, n := range f.start {
		sum += n
		f.start[i] = sum // where those that begin with i end
	}
	f.entries = make([]entry, len(b.entries))
	for i := len(b.entries) - 1; i >= 0; i-- {
		k := b.hashes[i] >> f.startShift
		f.start[k]--
		f.entries[f.start[k]] = b.entries[i]
	}
	var lows []int
	for x, has := range b.low {
		if has != 0 {
			lows = append(lows, x)
		}
	}
	for y := range 256 {
		row := f.pairs[y<<8:][:256]
		for _, x := range lows {
			row[x] |= b.low[x]
		}
		if has := b.high[y]; has != 0 {
			for x := range row {
				row[x] |= has
			}
		}
	}
}
