package gitrepo

import (
	"crypto/sha1" // the names of trees, not ours
	"crypto/sha256"
	"hash"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// indexTree is an index by folders, each with the name of the tree that it
// would become. To hash them all takes a millisecond for 20,000 files. Of the
// names that git keeps in the index only the root's is used, see nothingStaged.
type indexTree struct {
	entries []indexEntry  // sorted
	folders []indexFolder // each behind the one that it is in; the root is first
	tooMany bool          // there are more folders, or they are nested more deeply
	unnamed bool          // some have no name: what no git writes

	// shared is how much of its path an entry has in common with the one
	// before, so that paths are not compared again at each level.
	shared []int
	hash   hash.Hash
	text   []byte // the trees that are being put together, one in the other
}

// indexFolder is a run of entries.
type indexFolder struct {
	lo, hi int
	at     int // where the names in it begin in their paths
	next   int // the first folder behind it that is not in it
	id     gitpack.ID
	sparse bool // it is one entry: a tree
}

func plantIndex(entries []indexEntry, hashLen int) *indexTree {
	byPath := func(a, b indexEntry) int { return strings.Compare(a.path, b.path) }
	if !slices.IsSortedFunc(entries, byPath) { // a split index
		slices.SortStableFunc(entries, byPath)
	}
	t := &indexTree{entries: entries, shared: make([]int, len(entries)), hash: sha1.New()}
	if hashLen == sha256.Size {
		t.hash = sha256.New()
	}
	for i := 1; i < len(entries); i++ {
		a, b := entries[i-1].path, entries[i].path
		n := min(len(a), len(b))
		for t.shared[i] < n && a[t.shared[i]] == b[t.shared[i]] {
			t.shared[i]++
		}
	}
	t.plant(0, 0, 0)
	return t
}

// plant adds the folder that begins with an entry, and the folders in it. The
// order of an index is that of trees: there a folder's name counts as if it
// ended in a slash.
func (t *indexTree) plant(lo, at, depth int) {
	num, begin := len(t.folders), len(t.text)
	t.folders = append(t.folders, indexFolder{lo: lo, at: at})
	i := lo
	for i < len(t.entries) && (i == lo || t.shared[i] >= at) {
		e := &t.entries[i]
		name, _, folder := strings.Cut(e.path[at:], "/")
		t.unnamed = t.unnamed || name == ""
		if sub := len(t.folders); e.mode == gitpack.ModeTree && len(e.path) <= at+len(name)+1 {
			t.folders = append(t.folders, indexFolder{lo: i, hi: i + 1, at: len(e.path), next: sub + 1, id: e.id, sparse: true})
			t.add(e.mode, name, &e.id)
			i++
		} else if !folder {
			t.add(e.mode, name, &e.id)
			i++
		} else if sub >= maxFiles || depth >= maxDepth {
			t.tooMany = true
			t.add(0, name, &e.id) // so that it is the same as no tree
			i++
		} else {
			t.plant(i, at+len(name)+1, depth+1)
			t.add(gitpack.ModeTree, name, &t.folders[sub].id)
			i = t.folders[sub].hi
		}
	}
	f := &t.folders[num]
	f.hi, f.next = i, len(t.folders)
	f.id = t.nameOf(t.text[begin:])
	t.text = t.text[:begin]
}

// add adds an entry to the tree that is being put together.
func (t *indexTree) add(mode uint32, name string, id *gitpack.ID) {
	t.text = strconv.AppendUint(t.text, uint64(mode), 8)
	t.text = append(append(append(t.text, ' '), name...), 0)
	t.text = append(t.text, id.Bytes()...)
}

// nameOf returns the name of a tree.
func (t *indexTree) nameOf(tree []byte) gitpack.ID {
	var buf [64]byte
	head := append(strconv.AppendInt(append(buf[:0], "tree "...), int64(len(tree)), 10), 0)
	t.hash.Reset()
	t.hash.Write(head)
	t.hash.Write(tree)
	return gitpack.MakeID(t.hash.Sum(buf[:0]))
}

// find returns the folder that is called path, with a slash at its end, and would become
// a tree. It is false if there is none, and for any of an index that is not as git
// writes it.
func (t *indexTree) find(path string, tree gitpack.ID) (indexFolder, bool) {
	if t == nil || t.unnamed || t.tooMany {
		return indexFolder{}, false
	}
	num, ok := sort.Find(len(t.folders), func(i int) int {
		f := &t.folders[i]
		if f.at == 0 {
			return strings.Compare(path, "")
		}
		return strings.Compare(path, t.entries[f.lo].path[:f.at])
	})
	if !ok || t.folders[num].id != tree || t.folders[num].sparse {
		return indexFolder{}, false
	}
	return t.folders[num], true
}

// path returns the path of a folder, with a slash at its end; of the root, "".
func (t *indexTree) path(num int) string {
	f := &t.folders[num]
	if f.at == 0 {
		return ""
	}
	return strings.TrimSuffix(t.entries[f.lo].path[:f.at], "/") + "/"
}

// name returns the last part of a folder's path.
func (t *indexTree) name(num int) string {
	_, name := split(strings.TrimSuffix(t.path(num), "/"))
	return name
}
