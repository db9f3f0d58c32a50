package gitpack

import (
	"cmp"
	"slices"
)

// plan reads all headers and builds the tree of deltas.
func (p *pack) plan() {
	n := p.idx.count
	p.offsets, p.entry = make([]uint64, n), make([]uint32, n)
	order := make([]uint32, n)
	unsorted := make([]uint64, n)
	for i := range n {
		unsorted[i], _ = p.idx.offset(i) // 0, where no object is, if it is bad
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(unsorted[a], unsorted[b]), cmp.Compare(a, b))
	})
	for pos, i := range order {
		p.offsets[pos], p.entry[pos] = unsorted[i], i
	}
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
