package gitrepo

import (
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"slices"
)

// skeletons are trees cut down to the paths that lead to blobs with hits. Two
// trees with the same paths to the same blobs have the same skeleton, so that
// most commits share theirs with their parents.
type skeletons struct {
	f     *forest
	lead  leads
	memo  []int32          // tree -> skeleton plus one; 0 if it is not known yet
	nodes [][]branch       // 0 is the empty one
	known map[uint64]int32 // by hash, one of those that have it
	twin  []int32          // by skeleton: another one with the same hash; 0 for none
	seed  maphash.Seed
	room  []branch // for the next nodes
	node  []branch // of the trees that are being looked at, one behind the other
	path  []int32  // of diff
	depth int
	deep  bool // a tree was nested too deeply, or in itself
}

// branch is an entry of a skeleton: to is a skeleton, or -1 minus a hit.
type branch struct{ name, to int32 }

// maxDepth bounds how deeply folders nest. Paths of 4096 bytes have no more.
const maxDepth = 2048

func newSkeletons(f *forest, lead leads) *skeletons {
	return &skeletons{f: f, lead: lead, memo: make([]int32, len(f.at)), nodes: [][]branch{nil}, twin: []int32{0}, known: map[uint64]int32{}, seed: maphash.MakeSeed()}
}

// of returns the skeleton of a tree.
func (s *skeletons) of(tree int32) int32 {
	if s.lead.of(tree)&toHit == 0 {
		return 0
	}
	if id := s.memo[tree]; id > 0 {
		return id - 1
	}
	if s.depth == maxDepth {
		s.deep = true
		return 0
	}
	s.memo[tree] = 1 // a tree that contains itself is no tree
	s.depth++
	from := len(s.node)
	for _, e := range s.f.edgesFrom(tree) {
		if e.name == treeEnds {
			break
		}
		to := e.child
		if to >= 0 {
			if to = s.of(to); to == 0 {
				continue
			}
		}
		s.node = append(s.node, branch{e.name, to})
	}
	s.depth--
	id := s.intern(s.node[from:])
	s.node = s.node[:from]
	s.memo[tree] = id + 1
	return id
}

func (s *skeletons) intern(node []branch) int32 {
	if len(node) == 0 {
		return 0
	}
	var h maphash.Hash
	h.SetSeed(s.seed)
	var b [8]byte
	for _, e := range node {
		binary.LittleEndian.PutUint32(b[:4], uint32(e.name))
		binary.LittleEndian.PutUint32(b[4:], uint32(e.to))
		h.Write(b[:])
	}
	hash := h.Sum64()
	first := s.known[hash]
	for id := first; id > 0; id = s.twin[id] {
		if slices.Equal(s.nodes[id], node) {
			return id
		}
	}
	id := int32(len(s.nodes))
	s.known[hash] = id
	s.nodes, s.twin = append(s.nodes, s.own(node)), append(s.twin, first)
	return id
}

// own copies a node to where many stand.
func (s *skeletons) own(node []branch) []branch {
	if len(node) > cap(s.room)-len(s.room) {
		s.room = make([]branch, 0, max(len(node), min(2*cap(s.room), blockSize), 64))
	}
	from := len(s.room)
	s.room = append(s.room, node...)
	return s.room[from:len(s.room):len(s.room)]
}

// diff calls differ for each hit in skeleton a that skeleton b does not have
// at the same path, until it returns false. The path is differ's as long as it runs.
func (s *skeletons) diff(a, b int32, differ func(path []int32, hit int32) bool) bool {
	if a == b {
		return true
	}
	s.path = append(s.path, 0)
	defer func() { s.path = s.path[:len(s.path)-1] }()
	for _, e := range s.nodes[a] {
		other := s.entry(b, e.name)
		if other == e.to {
			continue
		}
		s.path[len(s.path)-1] = e.name
		if e.to < 0 {
			if !differ(s.path, -1-e.to) {
				return false
			}
		} else if !s.diff(e.to, max(0, other), differ) {
			return false
		}
	}
	return true
}

// entry returns what a skeleton has under a name, 0 for nothing.
func (s *skeletons) entry(node, name int32) int32 {
	i, ok := slices.BinarySearchFunc(s.nodes[node], name, func(b branch, n int32) int { return cmp.Compare(b.name, n) })
	if !ok {
		return 0
	}
	return s.nodes[node][i].to
}

// lookup returns the hit at a path, or -1.
func (s *skeletons) lookup(node int32, path []int32) int32 {
	for i, name := range path {
		to := s.entry(node, name)
		if last := i == len(path)-1; to < 0 && last {
			return -1 - to
		}
		if to <= 0 {
			return -1
		}
		node = to
	}
	return -1
}
