package gitpack

import (
	"cmp"
	"slices"
)

// plan reads all headers and builds the tree of deltas.
func (p *pack) plan() {
	n := p.idx.count
	p.sort()
	// Backwards, so that each list of children is in pack order.
	for pos := n - 1; pos >= 0; pos-- {
		p.nodes[pos].parent = p.link(pos)
		if base := p.nodes[pos].parent; base >= 0 {
			p.nodes[pos].sibling, p.nodes[base].child = p.nodes[base].child, int32(pos)
		}
	}
	p.arrange()
}

// sort makes the nodes, with offset and entry. The offsets are spread nearly evenly over
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
	p.nodes = make([]node, n)
	next := slices.Clone(p.bucket)
	for i := range n {
		offset, _ := p.idx.offset(i)
		at := &next[p.bucketOf(offset)]
		if int(*at) < n { // the index may change while we read it
			p.nodes[*at] = node{offset: offset, entry: uint32(i), child: -1, sibling: -1}
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
	slices.SortFunc(p.nodes[from:to], func(a, b node) int {
		return cmp.Or(cmp.Compare(a.offset, b.offset), cmp.Compare(a.entry, b.entry))
	})
}

// position returns the position of the entry that starts at an offset.
func (p *pack) position(offset uint64) (int, bool) {
	b := p.bucketOf(offset)
	lo, hi := int(p.bucket[b]), int(p.bucket[b+1])
	if hi-lo > 32 {
		i, ok := slices.BinarySearchFunc(p.nodes[lo:hi], offset, func(n node, o uint64) int { return cmp.Compare(n.offset, o) })
		return lo + i, ok
	}
	for ; lo < hi; lo++ {
		if p.nodes[lo].offset >= offset {
			return lo, p.nodes[lo].offset == offset
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
	for pos := range p.nodes {
		if p.nodes[pos].parent == isRoot {
			order = append(order, int32(pos))
		}
	}
	for i := 0; i < len(order); i++ {
		base := order[i]
		for at := p.nodes[base].child; at >= 0; at = p.nodes[at].sibling {
			p.nodes[at].kind = p.nodes[base].kind
			order = append(order, at)
		}
	}
	size := make([]int32, len(p.nodes))
	for _, pos := range slices.Backward(order) {
		size[pos]++
		if base := p.nodes[pos].parent; base >= 0 {
			size[base] += size[pos]
		}
	}
	for _, pos := range order {
		p.heaviestLast(pos, size)
	}
}

func (p *pack) heaviestLast(base int32, size []int32) {
	first := p.nodes[base].child
	if first < 0 || p.nodes[first].sibling < 0 {
		return
	}
	before, heavy, last, prev := int32(-1), first, first, int32(-1)
	for at := first; at >= 0; at = p.nodes[at].sibling {
		if size[at] > size[heavy] {
			before, heavy = prev, at
		}
		prev, last = at, at
	}
	if heavy == last {
		return
	}
	if before < 0 {
		p.nodes[base].child = p.nodes[heavy].sibling
	} else {
		p.nodes[before].sibling = p.nodes[heavy].sibling
	}
	p.nodes[last].sibling, p.nodes[heavy].sibling = heavy, -1
}

// whyLost tells for each entry whose base cannot be reached why that is.
func (p *pack) whyLost(tell func(pos int, err error)) {
	known := map[int32]error{}
	for pos := range p.nodes {
		if p.nodes[pos].kind != 0 {
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
			switch at = p.nodes[at].parent; at {
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
