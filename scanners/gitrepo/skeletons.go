package gitrepo

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// skeletons are trees cut down to the paths that lead to blobs with hits. Two
// trees with the same paths to the same blobs have the same skeleton, so that
// most commits share theirs with their parents.
type skeletons struct {
	f     *forest
	lead  leads
	memo  []int32    // tree -> skeleton plus one; 0 if it is not known yet
	nodes [][]branch // 0 is the empty one
	known map[string]int32
	node  []branch // of the trees that are being looked at, one behind the other
	key   []byte
	depth int
	deep  bool // a tree was nested too deeply, or in itself
}

// branch is an entry of a skeleton: to is a skeleton, or -1 minus a hit.
type branch struct{ name, to int32 }

// maxDepth bounds how deeply folders nest. Paths of 4096 bytes have no more.
const maxDepth = 2048

func newSkeletons(f *forest, lead leads) *skeletons {
	return &skeletons{f: f, lead: lead, memo: make([]int32, len(f.at)), nodes: [][]branch{nil}, known: map[string]int32{}}
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
	key := s.key[:0]
	for _, b := range node {
		key = binary.LittleEndian.AppendUint32(key, uint32(b.name))
		key = binary.LittleEndian.AppendUint32(key, uint32(b.to))
	}
	s.key = key
	id, ok := s.known[string(key)]
	if !ok {
		id = int32(len(s.nodes))
		s.known[string(key)] = id
		s.nodes = append(s.nodes, slices.Clone(node))
	}
	return id
}

// diff calls differ for each hit in skeleton a that skeleton b does not have
// at the same path, until it returns false.
func (s *skeletons) diff(a, b int32, path []int32, differ func(path []int32, hit int32) bool) bool {
	if a == b {
		return true
	}
	for _, e := range s.nodes[a] {
		other := s.entry(b, e.name)
		if other == e.to {
			continue
		}
		at := append(path, e.name)
		if e.to < 0 {
			if !differ(at, -1-e.to) {
				return false
			}
		} else if !s.diff(e.to, max(0, other), at, differ) {
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
