package gitpack

import (
	"slices"
	"sort"
)

// plan reads all headers and builds the tree of deltas.
func (p *pack) plan() {
	n := p.idx.count
	p.sort()
	p.parent, p.kind = make([]int32, n), make([]Type, n)
	p.child, p.sibling = make([]int32, n), make([]int32, n)
	for i := range n {
		p.child[i], p.sibling[i] = -1, -1
	}
	// Backwards, so that each list of children is in pack order.
	for pos := n - 1; pos >= 0; pos-- {
		p.parent[pos] = p.link(pos)
		if base := p.parent[pos]; base >= 0 {
			p.sibling[pos], p.child[base] = p.child[base], int32(pos)
		}
	}
	p.arrange()
}

// sort fills in offsets and entry. The offsets are spread nearly evenly over
// the pack, so that as many buckets as there are entries hold about one each:
// they are sorted by counting, and found again without a search.
func (p *pack) sort() {
	n := p.idx.count
	for p.shift = 0; len(p.raw)>>p.shift > n; p.shift++ {
	}
	p.bucket = make([]uint32, len(p.raw)>>p.shift+2)
	for i := range n {
		offset, _ := p.idx.offset(i) // 0, where no object is, if it is bad
		p.bucket[p.bucketOf(offset)+1]++
	}
	for b := 1; b < len(p.bucket); b++ {
		p.bucket[b] += p.bucket[b-1]
	}
	p.offsets, p.entry = make([]uint64, n), make([]uint32, n)
	next := slices.Clone(p.bucket)
	for i := range n {
		offset, _ := p.idx.offset(i)
		at := &next[p.bucketOf(offset)]
		if int(*at) < n { // the index may change while we read it
			p.offsets[*at], p.entry[*at] = offset, uint32(i)
			*at++
		}
	}
	for b := 1; b < len(p.bucket); b++ {
		p.sortBucket(int(p.bucket[b-1]), int(p.bucket[b]))
	}
}

func (p *pack) bucketOf(offset uint64) int {
	return int(min(offset>>p.shift, uint64(len(p.bucket)-2)))
}

// sortBucket sorts a bucket by offset, and equal ones, which only a broken
// index has, by entry.
func (p *pack) sortBucket(from, to int) {
	if to-from < 2 {
		return
	}
	if to-from > 32 {
		sort.Sort(byOffset{p.offsets[from:to], p.entry[from:to]})
		return
	}
	s := byOffset{p.offsets, p.entry}
	for i := from + 1; i < to; i++ {
		for j := i; j > from && s.Less(j, j-1); j-- {
			s.Swap(j, j-1)
		}
	}
}

// byOffset sorts entries.
type byOffset struct {
	offsets []uint64
	entry   []uint32
}

func (s byOffset) Len() int { return len(s.offsets) }
func (s byOffset) Less(i, j int) bool {
	return s.offsets[i] < s.offsets[j] || s.offsets[i] == s.offsets[j] && s.entry[i] < s.entry[j]
}
func (s byOffset) Swap(i, j int) {
	s.offsets[i], s.offsets[j] = s.offsets[j], s.offsets[i]
	s.entry[i], s.entry[j] = s.entry[j], s.entry[i]
}

// position returns the position of the entry that starts at an offset.
func (p *pack) position(offset uint64) (int, bool) {
	b := p.bucketOf(offset)
	lo, hi := int(p.bucket[b]), int(p.bucket[b+1])
	if hi-lo > 32 {
		i, ok := slices.BinarySearch(p.offsets[lo:hi], offset)
		return lo + i, ok
	}
	for ; lo < hi; lo++ {
		if p.offsets[lo] >= offset {
			return lo, p.offsets[lo] == offset
		}
	}
	return lo, false
}

// arrange gives each root's type to all that is built on it, and puts the
// delta with the most on top of it last in its list. With the others done,
// its base is not needed any more; so a walk never holds more bases at once
// than the logarithm of the number of objects, however long a chain is.
func (p *pack) arrange() {
	var order []int32 // bases before what is built on them
	for pos, parent := range p.parent {
		if parent == isRoot {
			order = append(order, int32(pos))
		}
	}
	for i := 0; i < len(order); i++ {
		base := order[i]
		for at := p.child[base]; at >= 0; at = p.sibling[at] {
			p.kind[at] = p.kind[base]
			order = append(order, at)
		}
	}
	size := make([]int32, len(p.parent))
	for _, pos := range slices.Backward(order) {
		size[pos]++
		if base := p.parent[pos]; base >= 0 {
			size[base] += size[pos]
		}
	}
	for _, pos := range order {
		p.heaviestLast(pos, size)
	}
}

func (p *pack) heaviestLast(base int32, size []int32) {
	first := p.child[base]
	if first < 0 || p.sibling[first] < 0 {
		return
	}
	before, heavy, last, prev := int32(-1), first, first, int32(-1)
	for at := first; at >= 0; at = p.sibling[at] {
		if size[at] > size[heavy] {
			before, heavy = prev, at
		}
		prev, last = at, at
	}
	if heavy == last {
		return
	}
	if before < 0 {
		p.child[base] = p.sibling[heavy]
	} else {
		p.sibling[before] = p.sibling[heavy]
	}
	p.sibling[last], p.sibling[heavy] = heavy, -1
}

// whyLost tells for each entry whose base cannot be reached why that is.
func (p *pack) whyLost(tell func(pos int, err error)) {
	known := map[int32]error{}
	for pos, kind := range p.kind {
		if kind != 0 {
			continue
		}
		var path []int32
		at, err := int32(pos), error(nil)
		for err == nil {
			if known[at] != nil {
				err = known[at]
				break
			}
			known[at] = errCycle // if we come here again on this path
			path = append(path, at)
			switch at = p.parent[at]; at {
			case isThin:
				err = errNoBase
			case isBroken, isRoot:
				err = errCorrupt
			}
		}
		for _, at := range path {
			known[at] = err
		}
		tell(pos, err)
	}
}
