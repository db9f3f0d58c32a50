package gitpack

import (
	"cmp"
	"slices"
)

// plan reads all headers and builds the tree of deltas.
func (p *pack) plan() {
	n := p.idx.count
	p.sort()
	ordered := true // bases stand before what is built on them
	for pos := range n {
		base := p.link(pos)
		p.nodes[pos].parent = base
		if int(base) > pos {
			ordered = false
		} else if base >= 0 {
			p.nodes[pos].kind = p.nodes[base].kind
		}
	}
	if ordered {
		p.arrange(n, func(i int) int32 { return int32(i) })
		return
	}
	order := p.order()
	p.arrange(len(order), func(i int) int32 { return order[i] })
}

// sort makes the nodes, with offset and entry. The offsets are spread nearly
// evenly over the pack, so that as many buckets as there are entries hold about
// one each: they are sorted by counting, and found again without a search.
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

// order returns the entries that a root leads to, bases before what is built on
// them, and gives each its root's type.
func (p *pack) order() []int32 {
	first, next := make([]int32, len(p.nodes)), make([]int32, len(p.nodes))
	var order []int32
	for pos := range p.nodes {
		first[pos] = -1
		if p.nodes[pos].parent == isRoot {
			order = append(order, int32(pos))
		} else {
			p.nodes[pos].kind = 0
		}
	}
	for pos := len(p.nodes) - 1; pos >= 0; pos-- {
		if base := p.nodes[pos].parent; base >= 0 {
			next[pos], first[base] = first[base], int32(pos)
		}
	}
	for i := 0; i < len(order); i++ {
		base := order[i]
		for at := first[base]; at >= 0; at = next[at] {
			p.nodes[at].kind = p.nodes[base].kind
			order = append(order, at)
		}
	}
	return order
}

// arrange counts what is built on each entry, and makes lists of it. The delta with the
// most on top of it is the last of its list: with the others done, its base is
// not needed any more; so a walk never holds more bases at once than the
// logarithm of the number of objects, however long a chain is.
//
// at(i) for i from 0 to n are the entries, bases before what is built on them.
func (p *pack) arrange(n int, at func(i int) int32) {
	size := make([]int32, len(p.nodes))  // entries on top, once they have been seen
	heavy := make([]int32, len(p.nodes)) // heaviest delta so far, plus one; not in the list yet
	last := make([]int32, len(p.nodes))  // end of the list, plus one
	for i := n - 1; i >= 0; i-- {
		pos := at(i)
		node := &p.nodes[pos]
		if h := heavy[pos]; h > 0 && last[pos] > 0 {
			p.nodes[last[pos]-1].sibling = h - 1
		} else {
			node.child = h - 1
		}
		node.built = size[pos]
		base := node.parent
		if base < 0 {
			continue
		}
		size[base] += size[pos] + 1
		light := pos
		if h := heavy[base]; h == 0 || size[pos] >= size[h-1] {
			heavy[base], light = pos+1, h-1
		}
		if light < 0 {
			continue
		}
		if last[base] == 0 {
			last[base] = light + 1
		}
		p.nodes[light].sibling, p.nodes[base].child = p.nodes[base].child, light
	}
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
