package gitrepo

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/whosekey/whosekey/internal/gitpack"
	"github.com/whosekey/whosekey/leak"
)

// edge says that a tree has an entry. Trees are object numbers; a child that
// is a blob with hits is -1 minus its index among those.
type edge struct{ child, name int32 }

// treeEnds is in the place of a name in what ends a tree's edges: then child is
// the tree itself.
const treeEnds = -1

// forest is what one pass over all trees finds out.
type forest struct {
	// blocks hold the edges: those of one tree stand in a row in one block,
	// sorted by name. A history has tens of millions.
	blocks [][]edge
	at     []uint32 // by object number: where its edges are, plus one; 0 for none
	names  []string
	// missing are objects that trees name and that are not there, each with
	// some of the trees that name it.
	missing map[gitpack.ID][]int32
	links   int // submodules' entries
	stored  int // edges
	most    int // edges that may be stored
	dropped int // trees whose edges are too many
	wanted  int // hits
	hits    thinner
	thinned atomic.Bool // hits are followed under some of their names only
	packed  int         // how often the blocks were made anew
}

// blockSize is how many edges a block has room for; one tree can have more.
const blockSize = 1 << 16

// Bounds on what is remembered of a broken repository.
const (
	maxMissing      = 200_000
	maxMissingTrees = 16
)

// wanted is what is looked for in trees.
type wanted struct {
	hits  map[int32]int32  // indexes of blobs with hits, by object number
	names map[string]int32 // indexes of names with hits; nil for none
	list  bool             // all names of at least leak.MinName bytes, for names of the forest
	again bool             // it has been told what is wrong with the trees
	told  int              // trees that are known to be dropped
}

// readTrees passes over all trees.
func (r *Repo) readTrees(ctx context.Context, workers int, want wanted, done *atomic.Int64, lose func(gitpack.Problem)) (*forest, error) {
	f := &forest{missing: map[gitpack.ID][]int32{}, at: make([]uint32, r.store.Len()), wanted: len(want.hits)}
	f.most, f.hits.most = edgeBounds(r.store.Size())
	table := r.store.Table()
	in := interner{ids: map[string]int32{}}
	isHit := make([]bool, r.store.Len())
	for n := range want.hits {
		if n >= 0 { // else it is a name
			isHit[n] = true
		}
	}
	perWorker := make([]*treeReader, workers)
	for w := range perWorker {
		perWorker[w] = &treeReader{forest: f, table: table, wanted: want, isHit: isHit, shared: &in, local: map[string]int32{}, hash: r.store.HashLen()}
	}
	err := r.store.Walk(ctx, gitpack.WalkOptions{
		Workers: workers,
		Types:   []gitpack.Type{gitpack.Tree},
		Visit: func(w int, o *gitpack.Object) error {
			done.Add(1)
			if err := perWorker[w].read(int32(o.N), o); err != nil && !want.again {
				r.cov.Skip("unreadable tree", "check the repository with git fsck", r.store.ID(o.N).String())
			}
			return nil
		},
		Drop: func(w int, keep any) { perWorker[w].drop(keep.(*treeTrace)) },
		Skip: lose,
	})
	for _, t := range perWorker {
		t.flush()
		f.links += t.links
	}
	if f.names = in.names; f.thinned.Load() {
		f.pack(&in) // the last trees changed what is followed
	}
	if in.full.Load() && want.list {
		r.cov.Skip("names of files beyond those that whosekey remembers", "", "")
	}
	if f.dropped > want.told {
		r.cov.Skip("trees with more entries in all than whosekey follows", "", fmt.Sprintf("%d trees", f.dropped))
	}
	return f, err
}

// children returns a tree's edges.
func (f *forest) children(tree int32) []edge {
	edges := f.edgesFrom(tree)
	n := 0
	for n < len(edges) && edges[n].name != treeEnds {
		n++
	}
	return edges[:n]
}

// edgesFrom returns a tree's edges, one that ends them, and others.
func (f *forest) edgesFrom(tree int32) []edge {
	at := f.at[tree]
	if at == 0 {
		return nil
	}
	return f.blocks[(at-1)/blockSize][(at-1)%blockSize:]
}

// treeReader is the state of one worker.
type treeReader struct {
	forest *forest
	table  *gitpack.Table
	wanted
	isHit  []bool // by object number
	shared *interner
	local  map[string]int32
	hash   int
	edges  []edge // of the tree that is being read
	wait   toStore
	noted  []noted      // the same, with their positions
	traces []*treeTrace // to be used again
	block  int          // the block that is being filled, plus one
	packed int          // the forest's, when block was set
	met    bool         // the thinner has seen edges
	links  int
}

// read notes the edges of a tree.
func (t *treeReader) read(tree int32, o *gitpack.Object) error {
	var keep *treeTrace
	if o.HasDeltas && len(o.Data) >= minTrace {
		keep = t.trace()
	}
	err := t.entries(o, keep)
	if keep != nil && err == nil {
		keep.starts = append(keep.starts, int32(len(o.Data)))
		keep.noted = append(keep.noted, t.noted...)
		o.Keep = keep
	}
	t.edges = t.edges[:0]
	for _, n := range t.noted {
		if n.missing {
			t.miss(tree, o.Data[n.at:])
		} else {
			t.edges = append(t.edges, n.edge)
		}
	}
	if t.met = t.forest.thinned.Load(); t.met {
		t.thin()
	}
	if len(t.edges) > 0 {
		slices.SortFunc(t.edges, func(a, b edge) int {
			return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.child, b.child))
		})
		t.edges = append(t.edges, edge{tree, treeEnds})
		t.store(tree)
	}
	return err
}

// entry notes an entry that starts at a position, if there is something to it.
func (t *treeReader) entry(at int, e gitpack.TreeEntry) {
	if len(e.Name) >= leak.MinName {
		t.long(at, e.Name)
	}
	if e.Mode == gitpack.ModeGitlink {
		t.links++
		return
	}
	n, ok := t.table.Find(e.ID)
	switch {
	case !ok:
		t.noted = append(t.noted, noted{at: int32(at), missing: true})
	case e.Mode == gitpack.ModeTree:
		t.noted = append(t.noted, noted{at: int32(at), edge: edge{int32(n), t.name(e.Name)}})
	case t.isHit[n]:
		t.noted = append(t.noted, noted{at: int32(at), edge: edge{-1 - t.hits[int32(n)], t.name(e.Name)}})
	}
}

// ofName ends the names of those entries of a forest that stand for a name with hits, and
// not for what is called so. No name of git's has it.
const ofName = "\x00"

// long looks at a name in which there can be a credential.
func (t *treeReader) long(at int, name []byte) {
	if t.list && !t.shared.full.Load() {
		t.name(name)
	}
	if hit, ok := t.names[string(name)]; ok {
		t.noted = append(t.noted, noted{at: int32(at), edge: edge{-1 - hit, t.name(append(bytes.Clone(name), ofName...))}})
	}
}

// thin drops edges to hits that are not followed under these names.
func (t *treeReader) thin() {
	t.shared.mu.Lock()
	defer t.shared.mu.Unlock()
	h := &t.forest.hits
	h.meet(t.edges, t.shared)
	t.edges = h.keep(t.edges, t.shared)
}

// toStore are the edges of trees, one behind the other, that wait for the forest.
type toStore struct {
	edges []edge
	trees []waiting
}

type waiting struct {
	tree int32
	end  int  // of its edges
	met  bool // the thinner has seen them
}

// fewWait is how many edges wait at most but for one tree's: a lock for each tree costs two
// workers a thirtieth of their time.
const fewWait = 1 << 12

// store keeps the edges of a tree, which end with one that says so.
func (t *treeReader) store(tree int32) {
	w := &t.wait
	w.edges = append(w.edges, t.edges...)
	w.trees = append(w.trees, waiting{tree, len(w.edges), t.met})
	if len(w.edges) >= fewWait {
		t.flush()
	}
}

// flush hands what waits to the forest.
func (t *treeReader) flush() {
	t.shared.mu.Lock()
	defer t.shared.mu.Unlock()
	from, w := 0, &t.wait
	for _, tree := range w.trees {
		t.plant(tree.tree, w.edges[from:tree.end:tree.end], tree.met)
		from = tree.end
	}
	w.edges, w.trees = w.edges[:0], w.trees[:0]
}

// plant keeps the edges of a tree.
func (t *treeReader) plant(tree int32, edges []edge, met bool) {
	f := t.forest
	n := toHits(edges)
	if n > 0 && f.hits.edges+n > f.hits.most && f.hits.level < lastLevel {
		f.thinned.Store(true)
		f.thin(n, t.shared)
	}
	if n > 0 && f.hits.level > 0 {
		if !met {
			f.hits.meet(edges, t.shared)
		}
		if edges = f.hits.keep(edges, t.shared); len(edges) == 1 {
			return
		}
	}
	if f.dropped > 0 || f.stored+len(edges) > f.most {
		f.dropped++
		return
	}
	if t.packed != f.packed {
		t.block, t.packed = 0, f.packed
	}
	t.block = f.put(tree, edges, t.block)
}

// miss notes that a tree names what is not there, in the entry at the front of a
// part of it.
func (t *treeReader) miss(tree int32, from []byte) {
	e, _, err := gitpack.NextEntry(from, t.hash)
	if err != nil {
		return // it was read before
	}
	t.shared.mu.Lock()
	defer t.shared.mu.Unlock()
	key := gitpack.MakeID(e.ID)
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

// maxNames bounds the bytes of the names that are listed.
const maxNames = 256 << 20

// interner numbers names.
type interner struct {
	mu     sync.Mutex
	ids    map[string]int32
	names  []string
	hashes []uint32
	bytes  int
	full   atomic.Bool // there are more than maxNames
}

func (in *interner) id(s string) int32 {
	in.mu.Lock()
	defer in.mu.Unlock()
	id, ok := in.ids[s]
	if !ok {
		id = int32(len(in.names))
		in.ids[s] = id
		in.names, in.hashes = append(in.names, s), append(in.hashes, hashOf(s))
		in.bytes += len(s)
		if in.bytes > maxNames {
			in.full.Store(true)
		}
	}
	return id
}
