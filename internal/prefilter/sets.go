package prefilter

import "math"

// setBuilder chooses windows for sieve, and buckets for them.
type setBuilder struct {
	sets *sets
	odds [len(sets{})][perKind]float32 // of the bytes in a set
	all  [3][perKind]float32           // the products: how many places the bucket passes
}

func newSetBuilder(f *Filter) *setBuilder {
	f.sifter = new(sifter)
	for kind := range setOf {
		f.sifter.key[kind] = mask(kind)
		f.sifter.fold[kind] = fold&mask(kind) | uint64(kind)<<58
	}
	return &setBuilder{sets: &f.sifter.sets}
}

// candidates is how many windows of a literal are tried with all buckets. With
// 4 a fifth more places pass, with 16 a tenth less, and Compile takes a third
// longer.
const candidates = 8

// choose takes the window that makes the fewest places pass.
func (b *setBuilder) choose(a *anchor) choice {
	// The rarest ones, in order.
	var best [candidates + 1]choice
	n := 0
	for kind := range setOf {
		size := known[kind].to
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
	for k := range known[w.kind].to {
		set := setOf[w.kind] + k
		has := b.sets[set][a.chars[w.off+k]&0x7f]
		add := [2]float32{a.bytes[w.off+k], 0}
		odds := &b.odds[set]
		for i := range all {
			all[i] *= odds[i] + add[has>>i&1]
		}
	}
	for i := range all {
		if cost := w.cost + all[i] - b.all[w.kind][i]; cost < c.cost {
			*c = choice{kind: w.kind, off: w.off, bucket: i, cost: cost}
		}
	}
}

// add puts a window into its bucket.
func (b *setBuilder) add(a *anchor, c choice) {
	all, bit := float32(1), byte(1)<<c.bucket
	for k := range known[c.kind].to {
		set := setOf[c.kind] + k
		x, y := a.chars[c.off+k]&0x7f, a.other[c.off+k]&0x7f
		if b.sets[set][x]&bit == 0 {
			b.odds[set][c.bucket] += a.bytes[c.off+k]
		}
		b.sets[set][x] |= bit
		b.sets[set][y] |= bit
		all *= b.odds[set][c.bucket]
	}
	b.all[c.kind][c.bucket] = all
}
