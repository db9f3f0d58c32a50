package prefilter

import "math"

// setBuilder chooses windows for sieve, and buckets for them.
type setBuilder struct {
	t    *sifter
	odds [len(sifter{}.sets)][perKind]float32  // of the bytes in a set
	load [len(sifter{}.mixed)][perKind]float32 // of the hashes in a table
	all  [2][perKind]float32                   // the products: how many places the bucket passes
}

// mixOdds is how many hashes are any one.
const mixOdds = 1.0 / 128

func newSetBuilder(f *Filter) *setBuilder {
	f.sifter = &sifter{matrix: matrices}
	return &setBuilder{t: f.sifter}
}

// candidates is how many windows of a literal are tried with all buckets. With 16
// a twentieth fewer places pass; with 12 Compile takes a fifth longer already.
const candidates = 8

// choose takes the window that makes the fewest places pass.
func (b *setBuilder) choose(a *anchor) choice {
	// The rarest ones, in order.
	var best [candidates + 1]choice
	n := 0
	for kind, size := range widths {
		for i := 0; i+size <= a.size; i++ {
			c := choice{kind: kind, off: i, cost: dear * a.chain(i, i+size-1)}
			k := n
			for ; k > 0 && best[k-1].cost > c.cost; k-- {
				best[k] = best[k-1]
			}
			best[k] = c
			n = min(n+1, candidates)
		}
	}
	c := choice{cost: math.MaxFloat32}
	for i := 0; i < n && best[i].cost < c.cost; i++ {
		b.consider(a, &c, best[i])
	}
	b.add(a, c)
	c.bucket = c.kind // for the hash: all buckets of a kind are sieved into one list
	return c
}

// consider puts the better one of c and w into c, with the best bucket for w.
func (b *setBuilder) consider(a *anchor, c *choice, w choice) {
	var all [perKind]float32
	for i := range all {
		all[i] = 1
	}
	for k := range widths[w.kind] {
		set := setOf[w.kind] + k
		has := b.t.sets[set][a.chars[w.off+k]&0x7f]
		add := [2]float32{a.bytes[w.off+k], 0}
		odds := &b.odds[set]
		for i := range all {
			all[i] *= odds[i] + add[has>>i&1]
		}
	}
	for j, x := range mix(a.chars[w.off:]) {
		has, load := b.t.mixed[w.kind*mixes+j][x], &b.load[w.kind*mixes+j]
		add := [2]float32{mixOdds, 0}
		for i := range all {
			all[i] *= load[i] + add[has>>i&1]
		}
	}
	least, bucket := c.cost, -1
	for i, had := range &b.all[w.kind] {
		if cost := w.cost + all[i] - had; cost < least {
			least, bucket = cost, i
		}
	}
	if bucket >= 0 {
		*c = choice{kind: w.kind, off: w.off, bucket: bucket, cost: least}
	}
}

// add puts a window into its bucket.
func (b *setBuilder) add(a *anchor, c choice) {
	all, bit := float32(1), byte(1)<<c.bucket
	for k := range widths[c.kind] {
		set := setOf[c.kind] + k
		x, y := a.chars[c.off+k]&0x7f, a.other[c.off+k]&0x7f
		if b.t.sets[set][x]&bit == 0 {
			b.odds[set][c.bucket] += a.bytes[c.off+k]
		}
		b.t.sets[set][x] |= bit
		b.t.sets[set][y] |= bit
		all *= b.odds[set][c.bucket]
	}
	for j, x := range mix(a.chars[c.off:]) {
		i := c.kind*mixes + j
		if b.t.mixed[i][x]&bit == 0 {
			b.load[i][c.bucket] += mixOdds
		}
		b.t.mixed[i][x] |= bit
		all *= b.load[i][c.bucket]
	}
	b.all[c.kind][c.bucket] = all
}
