package gitrepo

// treeSet is a set of trees by object number.
type treeSet []uint64

func (s treeSet) has(n int32) bool { return s[n>>6]>>(n&63)&1 == 1 }
func (s treeSet) add(n int32)      { s[n>>6] |= 1 << (n & 63) }

// maxPasses bounds the work on trees that are nested by the thousand.
const maxPasses = 64

// lead adds to a set every tree that holds one of its trees, at any depth.
// Most trees of a history lead to nothing that is looked for; those who go
// down the others need not look at them, which are all over the memory.
//
// The edges are passed over in the order in which they are stored, again and
// again until nothing changes: about as often as folders are nested. That is
// much cheaper than it looks, and much cheaper than going up from each tree.
func (f *forest) lead(set treeSet, hits bool) {
	for range maxPasses {
		changed := false
		for _, block := range f.blocks {
			in := false
			for _, e := range block {
				switch {
				case e.name == treeEnds:
					if in && !set.has(e.child) {
						set.add(e.child)
						changed = true
					}
					in = false
				case e.child < 0:
					in = in || hits
				default:
					in = in || set.has(e.child)
				}
			}
		}
		if !changed {
			return
		}
	}
	for i := range set { // too deep: then all are looked at
		set[i] = ^uint64(0)
	}
}

// leadToHits is the set of trees with a blob that has hits, at any depth.
func (f *forest) leadToHits() treeSet {
	set := f.noTrees()
	f.lead(set, true)
	return set
}

// leadToMissing is the set of trees that name something missing, at any depth.
func (f *forest) leadToMissing() treeSet {
	set := f.noTrees()
	for _, trees := range f.missing {
		for _, t := range trees {
			set.add(t)
		}
	}
	f.lead(set, false)
	return set
}

func (f *forest) noTrees() treeSet { return make(treeSet, len(f.at)/64+1) }

// below adds trees and all that is in them to seen, which is by object number,
// as far as they are in among.
func (f *forest) below(todo []int32, among, seen treeSet) {
	for len(todo) > 0 {
		t := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen.has(t) {
			continue
		}
		seen.add(t)
		for _, e := range f.edgesFrom(t) {
			if e.name == treeEnds {
				break
			}
			if e.child >= 0 && among.has(e.child) {
				todo = append(todo, e.child)
			}
		}
	}
}
