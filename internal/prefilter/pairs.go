package prefilter

import (
	"math"
	"math/bits"
)

// pairBuilder chooses windows for pass, and buckets for them.
//
// pass looks for a window in two pairs of bytes, and at each second place only.
// So each literal has two windows, one that starts at an even and one that
// starts at an odd byte of it. Four bytes of a literal are not always to be had
// there; then it is three, and any byte before or behind them. The last two of
// six bytes are only in the hash.
type pairBuilder struct {
	f        *Filter
	from, to [kinds]int // buckets of each kind
	// odds are how many places have a first, a second pair of the windows in a
	// bucket. Both together are the places that it passes.
	odds      [2][buckets]float32
	low, high [256]uint32 // what pairs gets for all pairs with that first, second byte
}

func newPairBuilder(f *Filter, lits []Literal) *pairBuilder {
	b := &pairBuilder{f: f}
	f.pairs = new([1 << 16]uint32)
	b.divide(lits)
	return b
}

// divide gives each kind of windows some of the buckets, so that all are about
// as full: a bucket passes the places that have any first with any second pair.
func (b *pairBuilder) divide(lits []Literal) {
	share := demand(lits)
	total, left := 0.0, 0 // kinds that still need a bucket
	for _, x := range share {
		if total += x; x > 0 {
			left++
		}
	}
	next := 0
	for k := kinds - 1; k >= 0; k-- {
		b.from[k] = next
		if share[k] > 0 {
			left--
			next += min(max(1, int(share[k]/total*buckets+.5)), buckets-next-left)
		}
		b.to[k] = next
		for i := b.from[k]; i < next; i++ {
			b.f.care[i] = mask(k)
		}
	}
}

// demand estimates how many places windows of each kind would make pass.
func demand(lits []Literal) (n [kinds]float64) {
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
	for k, x := range n {
		x *= 2e-4                       // odds of a pair
		n[k] = math.Sqrt(x * min(1, x)) // all first with all second pairs
		if known[k].to-known[k].from == 3 {
			n[k] = math.Sqrt(x) // nearly all bytes are there
		}
	}
	return n
}

// choose takes the window that makes the fewest places pass, of those that
// start at an even byte or, with odd 1, at an odd one.
func (b *pairBuilder) choose(a *anchor, odd int) choice {
	c := choice{cost: math.MaxFloat32}
	for i := odd; i+4 <= a.size; i += 2 {
		has0, has1 := b.f.pairs[a.pair(i)], b.f.pairs[a.pair(i+2)]>>second
		if i+6 <= a.size {
			b.consider(&c, choice{kind: six, off: i, cost: dear * a.chain(i, i+5)}, a.pairs[i], a.pairs[i+2], has0, has1)
		}
		b.consider(&c, choice{kind: four, off: i, cost: dear * a.chain(i, i+3)}, a.pairs[i], a.pairs[i+2], has0, has1)
	}
	if i := odd; i+3 <= a.size && c.cost == math.MaxFloat32 {
		b.consider(&c, choice{kind: head, off: i}, a.pairs[i], a.bytes[i+2], b.f.pairs[a.pair(i)], b.low[a.chars[i+2]]>>second)
	}
	if odd == 1 && a.size <= 4 {
		b.consider(&c, choice{kind: tail, off: -1}, a.bytes[0], a.pairs[1], b.high[a.chars[0]], b.f.pairs[a.pair(1)]>>second)
	}
	b.add(a, &c)
	return c
}

// consider puts the better one of c and w into c, with the best bucket for w.
// odds0 and odds1 are those of w's pairs, has0 and has1 the buckets that have
// them already.
func (b *pairBuilder) consider(c *choice, w choice, odds0, odds1 float32, has0, has1 uint32) {
	new0, new1 := [2]float32{odds0, 0}, [2]float32{odds1, 0}
	for i := b.from[w.kind]; i < b.to[w.kind]; i++ {
		d0, d1 := new0[has0>>i&1], new1[has1>>i&1]
		if cost := w.cost + d0*b.odds[1][i] + d1*b.odds[0][i] + d0*d1; cost < c.cost {
			c.kind, c.off, c.bucket, c.cost = w.kind, w.off, i, cost
		}
	}
}

// add puts a window into its bucket.
func (b *pairBuilder) add(a *anchor, c *choice) {
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
func (b *pairBuilder) addPair(a *anchor, i, half int, bit uint32) {
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

// spread writes what stands for any byte.
func (b *pairBuilder) spread() {
	f := b.f
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
