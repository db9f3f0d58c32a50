package gitrepo

import (
	"cmp"
	"context"
	"encoding/binary"
	"slices"
	"sync"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// edge says that a tree has an entry. Trees are object numbers; a child that
// is a blob with hits is -1 minus its index among those.
type edge struct{ tree, child, name int32 }

// forest is what one pass over all trees finds out.
type forest struct {
	edges []edge // sorted by tree
	names []string
	// missing are objects that trees name and that are not there, each with
	// some of the trees that name it.
	missing map[gitpack.ID][]int32
	links   int // submodules' entries
}

// Bounds on what is remembered of a broken repository.
const (
	maxMissing      = 200_000
	maxMissingTrees = 16
)

// readTrees passes over all trees. hits maps object numbers of blobs to their
// index.
func (r *Repo) readTrees(ctx context.Context, workers int, hits map[int32]int32, lose func(gitpack.Problem)) (*forest, error) {
	f := &forest{missing: map[gitpack.ID][]int32{}}
	table := r.store.Table()
	in := interner{ids: map[string]int32{}}
	perWorker := make([]*treeReader, workers)
	for w := range perWorker {
		perWorker[w] = &treeReader{forest: f, table: table, hits: hits, shared: &in, local: map[string]int32{}, hash: r.store.HashLen()}
	}
	err := r.store.Walk(ctx, gitpack.WalkOptions{
		Workers: workers,
		Types:   []gitpack.Type{gitpack.Tree},
		Visit: func(w int, o *gitpack.Object) error {
			if err := perWorker[w].read(int32(o.N), o.Data); err != nil {
				r.cov.Skip("unreadable tree", "check the repository with git fsck", r.store.ID(o.N).String())
			}
			return nil
		},
		Skip: lose,
	})
	for _, t := range perWorker {
		f.edges = append(f.edges, t.edges...)
		f.links += t.links
	}
	slices.SortFunc(f.edges, func(a, b edge) int {
		return cmp.Or(cmp.Compare(a.tree, b.tree), cmp.Compare(a.name, b.name), cmp.Compare(a.child, b.child))
	})
	f.names = in.names
	return f, err
}

// children returns a tree's edges.
func (f *forest) children(tree int32) []edge {
	lo, _ := slices.BinarySearchFunc(f.edges, tree, func(e edge, t int32) int { return cmp.Compare(e.tree, t) })
	hi := lo
	for hi < len(f.edges) && f.edges[hi].tree == tree {
		hi++
	}
	return f.edges[lo:hi]
}

// treeReader is the state of one worker.
type treeReader struct {
	forest *forest
	table  *gitpack.Table
	hits   map[int32]int32
	shared *interner
	local  map[string]int32
	hash   int
	edges  []edge
	links  int
}

func (t *treeReader) read(tree int32, data []byte) error {
	return gitpack.ParseTree(data, t.hash, func(mode uint32, name, id []byte) bool {
		if mode == gitpack.ModeGitlink {
			t.links++
			return true
		}
		n, ok := t.table.Find(id)
		if !ok {
			t.miss(tree, id)
			return true
		}
		if mode == gitpack.ModeTree {
			t.edges = append(t.edges, edge{tree, int32(n), t.name(name)})
		} else if hit, ok := t.hits[int32(n)]; ok {
			t.edges = append(t.edges, edge{tree, -1 - hit, t.name(name)})
		}
		return true
	})
}

func (t *treeReader) miss(tree int32, id []byte) {
	t.shared.mu.Lock()
	defer t.shared.mu.Unlock()
	key := gitpack.MakeID(id)
	trees, seen := t.forest.missing[key]
	if (seen || len(t.forest.missing) < maxMissing) && len(trees) < maxMissingTrees {
		t.forest.missing[key] = append(trees, tree)
	}
}

func (t *treeReader) name(b []byte) int32 {
	id, ok := t.local[string(b)]
	if !ok {
		id = t.shared.id(string(b))
		t.local[string(b)] = id
	}
	return id
}

// interner numbers names.
type interner struct {
	mu    sync.Mutex
	ids   map[string]int32
	names []string
}

func (in *interner) id(s string) int32 {
	in.mu.Lock()
	defer in.mu.Unlock()
	id, ok := in.ids[s]
	if !ok {
		id = int32(len(in.names))
		in.ids[s] = id
		in.names = append(in.names, s)
	}
	return id
}

// skeletons are trees cut down to the paths that lead to blobs with hits. Two
// trees with the same paths to the same blobs have the same skeleton, so that
// most commits share theirs with their parents.
type skeletons struct {
	f     *forest
	memo  map[int32]int32 // tree -> skeleton; 0 is the empty one
	nodes [][]branch
	known map[string]int32
	depth int
	deep  bool // a tree was nested too deeply, or in itself
}

// branch is an entry of a skeleton: to is a skeleton, or -1 minus a hit.
type branch struct{ name, to int32 }

// maxDepth bounds how deeply folders nest. Paths of 4096 bytes have no more.
const maxDepth = 2048

func newSkeletons(f *forest) *skeletons {
	return &skeletons{f: f, memo: map[int32]int32{}, nodes: [][]branch{nil}, known: map[string]int32{"": 0}}
}

// of returns the skeleton of a tree.
func (s *skeletons) of(tree int32) int32 {
	if id, ok := s.memo[tree]; ok {
		return id
	}
	if s.depth == maxDepth {
		s.deep = true
		return 0
	}
	s.memo[tree] = 0 // a tree that contains itself is no tree
	s.depth++
	var node []branch
	for _, e := range s.f.children(tree) {
		to := e.child
		if to >= 0 {
			if to = s.of(to); to == 0 {
				continue
			}
		}
		node = append(node, branch{e.name, to})
	}
	s.depth--
	id := s.intern(node)
	s.memo[tree] = id
	return id
}

func (s *skeletons) intern(node []branch) int32 {
	key := make([]byte, 0, 8*len(node))
	for _, b := range node {
		key = binary.LittleEndian.AppendUint32(key, uint32(b.name))
		key = binary.LittleEndian.AppendUint32(key, uint32(b.to))
	}
	id, ok := s.known[string(key)]
	if !ok {
		id = int32(len(s.nodes))
		s.known[string(key)] = id
		s.nodes = append(s.nodes, node)
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
