package gitrepo

// treeSet is a set of trees by object number.
type treeSet []uint64

func (s treeSet) has(n int32) bool { return s[n>>6]>>(n&63)&1 == 1 }
func (s treeSet) add(n int32)      { s[n>>6] |= 1 << (n & 63) }

// What a tree leads to, at any depth.
const (
	toHit     = 1 << iota // a blob that has hits
	toMissing             // something that is not there
	toAll     = toHit | toMissing
)

// leads says by object number what trees lead to, two bits for each.
type leads []uint64

func (l leads) of(n int32) uint64      { return l[n>>5] >> (uint(n&31) * 2) & toAll }
func (l leads) add(n int32, to uint64) { l[n>>5] |= to << (uint(n&31) * 2) }

// maxPasses bounds the work on trees that are nested by the thousand.
const maxPasses = 64

// lead finds out what trees lead to. Most of a history lead to nothing that is looked
// for; those who go down the others need not look at them, which are all over the
// memory.
//
// The edges are passed over in the order in which they are stored, again and
// again until nothing changes: about as often as folders are nested. That is
// much cheaper than it looks, and much cheaper than going up from each tree.
func (f *forest) lead() leads {
	set := make(leads, len(f.at)/32+1)
	for _, trees := range f.missing {
		for _, t := range trees {
			set.add(t, toMissing)
		}
	}
	for range maxPasses {
		changed := false
		for _, block := range f.blocks {
			to := uint64(0)
			for _, e := range block {
				switch {
				case e.name == treeEnds:
					if to&^set.of(e.child) != 0 {
						set.add(e.child, to)
						changed = true
					}
					to = 0
				case e.child < 0:
					to |= toHit
				default:
					to |= set.of(e.child)
				}
			}
		}
		if !changed {
			return set
		}
	}
	for i := range set { // too deep: then all are looked at
		set[i] = ^uint64(0)
	}
	return set
}

func (f *forest) noTrees() treeSet { return make(treeSet, len(f.at)/64+1) }

// below adds trees and all that is in them to seen, which is by object number,
// as far as they lead to something missing.
func (f *forest) below(todo []int32, among leads, seen treeSet) {
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
			if e.child >= 0 && among.of(e.child)&toMissing != 0 {
				todo = append(todo, e.child)
			}
		}
	}
}
