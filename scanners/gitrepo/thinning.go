package gitrepo

import (
	"hash/fnv"
	"strings"
)

// A blob that is there under 200,000 names, in 2,000 versions of their folder, makes 400
// million edges out of a pack of a megabyte. A report lists some thousand places of a
// credential at most, so such a blob is followed under some of its names only: under
// those, in all trees. What is told of a place is then as right as without a bound, and
// nothing looks as if it had come or gone. Which names are kept depends on the names
// alone, as far as possible, and not on which tree was read first.

// Bounds on edges, of 8 bytes each; where they lead to a path, it is there once more in
// its skeleton. They grow with what is read, of which an edge needs some: all of Linux
// has some 50 million in packs of more than a gigabyte, git/git as it comes from GitHub
// one in 67 bytes, and gitleaks' history, which is full of hits, one to them in 500.
const (
	maxTreeEdges = 8 << 20 // of trees, and one for each edgeBytes of packs
	maxHitEdges  = 2 << 20 // of those, to hits; one more for each hitEdgeBytes
	edgeBytes    = 16
	hitEdgeBytes = 32
	mostEdges    = 1 << 28 // however large packs are; 2 GB
	fewEdges     = 1024    // a hit that has no more keeps them, unless there are a great many
	lastLevel    = 32
)

// edgeBounds are how many edges are kept of packs of a size, and of those how many to hits.
func edgeBounds(packs int64) (trees, hits int) {
	return int(min(maxTreeEdges+packs/edgeBytes, mostEdges)), int(min(maxHitEdges+packs/hitEdgeBytes, mostEdges/2))
}

// thinner knows under which names hits are followed. The zero value: under all.
type thinner struct {
	edges int     // to hits, that are kept
	most  int     // that may be
	level int     // names are kept if their hash is less than 1<<(lastLevel-level)
	least []int32 // by hit: the name of the least hash, which is always kept, plus one
	seen  []int32 // by hit: edges that came, up to fewEdges+1
	lost  []bool  // by hit: it has edges that are not kept
}

// hashOf spreads names. Whoever makes names whose hashes are small gains nothing: then
// the level rises until the least is left.
func hashOf(name string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(name))
	x := h.Sum32() // its upper bits change little with a name's last letter
	x ^= x >> 16
	x *= 0x85ebca6b
	x ^= x >> 13
	x *= 0xc2b2ae35
	return x ^ x>>16
}

// meet takes notice of edges.
func (h *thinner) meet(edges []edge, in *interner) {
	for _, e := range edges {
		if e.child >= 0 {
			continue
		}
		hit := -1 - e.child
		if h.seen[hit] <= fewEdges {
			h.seen[hit]++
		}
		if was := h.least[hit] - 1; was < 0 || was != e.name && in.before(e.name, was) {
			h.least[hit] = e.name + 1
		}
	}
}

// before compares names by their hashes.
func (in *interner) before(a, b int32) bool {
	if in.hashes[a] != in.hashes[b] {
		return in.hashes[a] < in.hashes[b]
	}
	return strings.Compare(in.names[a], in.names[b]) < 0
}

// keep drops the edges that are not followed, in place, once they were met.
func (h *thinner) keep(edges []edge, in *interner) []edge {
	kept := edges[:0]
	for _, e := range edges {
		if e.child < 0 {
			hit := -1 - e.child
			few := h.seen[hit] <= fewEdges && h.level <= lastLevel/2
			if !few && e.name+1 != h.least[hit] && uint64(in.hashes[e.name]) >= 1<<(lastLevel-h.level) {
				h.lost[hit] = true
				continue
			}
		}
		kept = append(kept, e)
	}
	return kept
}

// toHits counts edges that lead to hits.
func toHits(edges []edge) (n int) {
	for _, e := range edges {
		if e.child < 0 {
			n++
		}
	}
	return n
}

// thin follows hits under fewer names, until there is room for so many edges.
func (f *forest) thin(room int, in *interner) {
	h := &f.hits
	for h.edges+room > h.most && h.level < lastLevel {
		if h.level++; h.level == 1 {
			h.least, h.seen, h.lost = make([]int32, f.wanted), make([]int32, f.wanted), make([]bool, f.wanted)
			for _, b := range f.blocks {
				h.meet(b, in)
			}
		}
		f.pack(in)
		room = 0 // it is thinned too
	}
}

// pack puts the edges that are kept into new blocks.
func (f *forest) pack(in *interner) {
	old := f.blocks
	f.blocks, f.stored, f.hits.edges = nil, 0, 0
	f.packed++
	to := 0
	for i, b := range old {
		old[i] = nil
		for from := 0; from < len(b); {
			end := from
			for b[end].name != treeEnds {
				end++
			}
			tree := b[end].child
			f.at[tree] = 0
			if kept := f.hits.keep(b[from:end], in); len(kept) > 0 {
				b[from+len(kept)] = edge{tree, treeEnds}
				to = f.put(tree, b[from:from+len(kept)+1], to)
			}
			from = end + 1
		}
	}
}

// put stores a tree's edges in a block, or a new one if it has no room. It returns its
// number, plus one.
func (f *forest) put(tree int32, edges []edge, block int) int {
	if block == 0 || len(f.blocks[block-1])+len(edges) > blockSize {
		f.blocks = append(f.blocks, make([]edge, 0, max(blockSize, len(edges))))
		block = len(f.blocks)
	}
	b := &f.blocks[block-1]
	f.at[tree] = uint32((block-1)*blockSize+len(*b)) + 1
	*b = append(*b, edges...)
	f.stored += len(edges)
	f.hits.edges += toHits(edges)
	return block
}

// lostHits counts the hits that are followed under some of their names only.
func (f *forest) lostHits() (n int64) {
	for _, lost := range f.hits.lost {
		if lost {
			n++
		}
	}
	return n
}
